"""The journal of a world keeps what it says it kept, and loses what a power cut takes."""

from collections.abc import Awaitable, Callable
from random import Random

import pytest
import trio

from seawall.drill.journal import JournalFile, open_world_journal
from seawall.model.errors import JournalFailed
from seawall.model.journal import NoteRecord
from seawall.sim.world.clocks import WallClock
from seawall.sim.world.disk import Disk
from seawall.sim.world.hosts import HostDied, Machine
from seawall.sim.world.schedule import VirtualClock


def note(text: str) -> NoteRecord:
    return NoteRecord("me", "said", text, 1)


def notes(file: JournalFile) -> list[str]:
    with file.reading() as connection:
        return [text for (text,) in connection.exec_driver_sql("SELECT text FROM notes ORDER BY seq")]


def run(main: Callable[[Machine], Awaitable[None]], disk: Disk | None = None) -> None:
    async def begin() -> None:
        await main(Machine("trader", WallClock(trio.current_time), disk or Disk(Random(1))))

    trio.run(begin, clock=VirtualClock())


def test_what_was_kept_is_there_in_the_next_life() -> None:
    file = JournalFile()

    async def main(machine: Machine) -> None:
        for life in (1, 2):
            host = machine.boot()
            with host.living():
                async with (
                    trio.open_nursery() as threads,
                    open_world_journal(file, host, threads, probe=lambda _: None, rng=Random(2)) as journal,
                ):
                    assert journal.replayed.run == life
                    began_s = trio.current_time()
                    await journal.keep([note(f"life {life}")])
                    assert trio.current_time() > began_s  # a disk takes its time
        assert notes(file) == ["life 1", "life 2"]

    run(main)


@pytest.mark.parametrize(("tears", "most"), [(False, 0), (True, 5)])
def test_a_power_cut_takes_what_was_not_synced_and_nothing_else(tears: bool, most: int) -> None:
    file = JournalFile()

    async def main(machine: Machine) -> None:
        host = machine.boot()
        with host.living():
            async with (
                trio.open_nursery() as threads,
                open_world_journal(file, host, threads, probe=lambda _: None, rng=Random(2)) as journal,
            ):
                await journal.keep([note("safe")])
                for number in range(5):
                    journal.note([note(str(number))])
                    await trio.sleep(0.01)
                assert notes(file) == ["safe", "0", "1", "2", "3", "4"]
                host.die("power cut")
                file.cut_power(machine.disk.left_after_power_cut)
        told = notes(file)
        assert told == ["safe", "0", "1", "2", "3", "4"][: len(told)]
        assert 1 <= len(told) <= 1 + most

    run(main, Disk(Random(4), tears=tears))


def test_a_process_that_dies_before_the_commit_leaves_nothing_and_after_it_everything() -> None:
    outlived: list[int] = []
    for point, left in ((2, []), (3, ["one"])):  # the first is its opening
        file = JournalFile()

        async def main(machine: Machine, file: JournalFile = file, left: list[str] = left, point: int = point) -> None:
            machine.die_at = point
            host = machine.boot()
            with host.living():
                async with (
                    trio.open_nursery() as threads,
                    open_world_journal(file, host, threads, probe=lambda _: None, rng=Random(2)) as journal,
                ):
                    await journal.keep([note("one")])
                    outlived.append(point)
            assert not host.alive
            assert notes(file) == left
            with pytest.raises(HostDied):
                host.io("anything")

        run(main)
    assert outlived == []


def test_a_disk_that_fails_breaks_the_journal() -> None:
    async def main(machine: Machine) -> None:
        host = machine.boot()
        told: list[object] = []
        with host.living():
            async with (
                trio.open_nursery() as threads,
                open_world_journal(JournalFile(), host, threads, probe=told.append, rng=Random(2)) as journal,
            ):
                machine.disk.is_full = True
                with pytest.raises(JournalFailed, match="No space left"):
                    await journal.keep([note("one")])
                machine.disk.heal()
                with pytest.raises(JournalFailed, match="broken"):
                    await journal.keep([note("two")])
        assert [type(notice).__name__ for notice in told] == ["JournalBroke"]

    run(main)


def test_a_disk_that_hangs_is_waited_for_and_left_at_the_end() -> None:
    async def main(machine: Machine) -> None:
        host = machine.boot()

        async def write() -> None:
            async with (
                trio.open_nursery() as threads,
                open_world_journal(JournalFile(), host, threads, probe=lambda _: None, rng=Random(2), drain_s=5) as journal,
            ):
                machine.disk.stalled = True
                journal.note([note("one")])
                await trio.sleep(1)

        with host.living(), pytest.RaisesGroup(pytest.RaisesExc(JournalFailed, match="had not taken")):
            await write()
        assert trio.current_time() > 5

    run(main)
