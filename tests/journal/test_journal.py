import resource
import sqlite3
import threading
from collections.abc import Callable, Generator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from seawall.journal import (
    JournalBroke,
    JournalInUse,
    RecordsLeftBehind,
    SqlJournal,
    open_journal,
    read_notes,
    read_orders,
)
from seawall.model.errors import JournalFailed
from seawall.model.journal import IntentRecord, Journal, NoteRecord

Planned = Callable[[str], IntentRecord]
Said = Callable[[str], NoteRecord]


def now_ns() -> int:
    return 1_700_000_000_000_000_000


@contextmanager
def disk_held_up(path: Path) -> Generator[Callable[[], None], None, None]:
    """A foreign program has the file locked: commits wait, as for a slow disk, until the call that is handed out."""
    with closing(sqlite3.connect(path, isolation_level=None)) as foreign:
        foreign.execute("BEGIN IMMEDIATE")

        def free() -> None:
            foreign.execute("ROLLBACK")

        yield free


@contextmanager
def disk_full(path: Path) -> Generator[None, None, None]:
    """No file of this process may grow beyond what the journal's log is now."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.with_name(f"{path.name}-wal").stat().st_size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


async def test_it_is_what_the_engine_asks_for(path: Path) -> None:
    async with open_journal(path, now_ns=now_ns) as journal:
        as_seen_by_the_engine: Journal = journal
        assert as_seen_by_the_engine.replayed.run == 1
    assert repr(journal) == f"<SqlJournal {path} run 1 (closed)>"


async def test_what_was_kept_is_on_the_disk_when_keep_returns(path: Path, planned: Planned) -> None:
    async with open_journal(path, now_ns=now_ns) as journal:
        await journal.keep([planned("c-1")])
        assert [order.intent for order in read_orders(path)] == [planned("c-1")]


async def test_what_was_noted_is_on_the_disk_before_what_is_kept_after_it(path: Path, said: Said) -> None:
    async with open_journal(path, now_ns=now_ns) as journal:
        journal.note([said("a"), said("b")])
        await journal.keep([said("c")])
        assert [note.text for note in read_notes(path)] == ["a", "b", "c"]


async def test_to_keep_nothing_is_to_wait_for_all_that_was_noted(path: Path, said: Said) -> None:
    async with open_journal(path, now_ns=now_ns) as journal:
        journal.note([said("a")])
        await journal.keep([])
        assert [note.text for note in read_notes(path)] == ["a"]


async def test_callers_who_wait_together_share_a_commit(path: Path, planned: Planned) -> None:
    async with open_journal(path, now_ns=now_ns) as journal:
        with disk_held_up(path) as free:
            async with trio.open_nursery() as nursery:
                for number in range(50):
                    nursery.start_soon(journal.keep, [planned(f"c-{number}")])
                await wait_all_tasks_blocked()
                assert journal.statistics().queued == 50
                free()
        numbers = journal.statistics()
    assert (numbers.kept, numbers.queued, numbers.most_queued) == (50, 0, 50)
    # The first may have set out alone, before the others came.
    assert numbers.commits <= 3
    assert len(read_orders(path)) == 50


async def test_the_order_of_all_records_is_the_order_of_the_calls(path: Path, said: Said) -> None:
    async def keeper(journal: SqlJournal, texts: range) -> None:
        for number in texts:
            journal.note([said(f"{number}")])
            calls.append(f"{number}")
            await trio.lowlevel.checkpoint()
            with trio.move_on_after(0):  # cancelled on its way: still in line
                calls.append(f"{number}k")
                await journal.keep([said(f"{number}k")])

    calls: list[str] = []
    async with open_journal(path, now_ns=now_ns) as journal, trio.open_nursery() as nursery:
        for worker in range(4):
            nursery.start_soon(keeper, journal, range(worker * 25, worker * 25 + 25))
    assert [note.text for note in read_notes(path)] == calls


async def test_a_cancelled_keep_holds_nobody_up_and_loses_nothing_of_the_others(path: Path, planned: Planned) -> None:
    async with open_journal(path, now_ns=now_ns) as journal:
        with disk_held_up(path) as free:
            async with trio.open_nursery() as nursery:
                given_up = trio.CancelScope()

                async def give_up() -> None:
                    with given_up:
                        await journal.keep([planned("c-1")])

                nursery.start_soon(give_up)
                nursery.start_soon(journal.keep, [planned("c-2")])
                await wait_all_tasks_blocked()
                given_up.cancel()
                await wait_all_tasks_blocked()
                assert given_up.cancelled_caught
                free()
        await journal.keep([planned("c-3")])
    assert sorted(order.intent.client_order_id for order in read_orders(path)) == ["c-1", "c-2", "c-3"]


async def test_closing_writes_what_was_noted_also_when_cancelled(path: Path, said: Said) -> None:
    with trio.CancelScope() as scope:
        async with open_journal(path, now_ns=now_ns) as journal:
            scope.cancel()
            journal.note([said(f"{number}") for number in range(500)])
            await trio.lowlevel.checkpoint()
    assert scope.cancelled_caught
    assert len(read_notes(path)) == 500


async def test_closing_leaves_no_thread_and_frees_the_lock(path: Path) -> None:
    before = set(threading.enumerate())
    for _ in range(3):
        async with open_journal(path, now_ns=now_ns):
            pass
    assert set(threading.enumerate()) == before


async def test_the_block_keeps_its_own_exceptions(path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        async with open_journal(path, now_ns=now_ns):
            raise ZeroDivisionError


async def test_a_disk_that_hangs_is_left_behind_and_says_so(path: Path, said: Said) -> None:
    notices: list[object] = []
    freeing: list[Callable[[], None]] = []
    with ExitStack() as held:

        async def note_on_a_disk_that_hangs() -> None:
            async with open_journal(path, now_ns=now_ns, probe=notices.append, drain_s=0.05) as journal:
                freeing.append(held.enter_context(disk_held_up(path)))
                journal.note([said("a"), said("b")])

        with pytest.raises(JournalFailed, match="had not taken the last records"):
            await note_on_a_disk_that_hangs()
        (free,) = freeing
        assert notices == [RecordsLeftBehind(str(path), records=2, waited_s=0.05)]
        with pytest.raises(JournalInUse):
            async with open_journal(path, now_ns=now_ns):
                pytest.fail("the thread that was left behind may still write")
        (left,) = [thread for thread in threading.enumerate() if thread.name.startswith("journal")]
        free()
        await trio.to_thread.run_sync(left.join)
    assert [note.text for note in read_notes(path)] == ["a", "b"]


async def test_a_full_disk_fails_those_who_wait_and_all_who_come(path: Path, planned: Planned, said: Said) -> None:
    notices: list[object] = []
    failures: list[JournalFailed] = []

    async def keep(journal: SqlJournal, name: str) -> None:
        with pytest.raises(JournalFailed, match=r"seawall.sqlite: the journal is broken") as caught:
            await journal.keep([planned(name)])
        failures.append(caught.value)

    async with open_journal(path, now_ns=now_ns, probe=notices.append) as journal:
        await journal.keep([planned("c-0")])
        with disk_full(path), trio.fail_after(5):
            async with trio.open_nursery() as nursery:
                for number in range(1, 4):
                    nursery.start_soon(keep, journal, f"c-{number}")
        # There is room again, but what came before is missing: it stays broken.
        await keep(journal, "c-4")
        with pytest.raises(JournalFailed):
            journal.note([said("too late")])
        assert journal.statistics().broken
        with pytest.raises(JournalInUse):
            async with open_journal(path, now_ns=now_ns):
                pytest.fail("the engine with the broken journal still cancels its orders")
    assert len(failures) == 4
    assert all(isinstance(failure.__cause__, sqlite3.OperationalError) for failure in failures)
    (notice,) = notices
    assert isinstance(notice, JournalBroke)
    assert 1 <= notice.records_lost <= 3
    assert [order.intent.client_order_id for order in read_orders(path)] == ["c-0"]


async def test_an_id_used_twice_breaks_the_journal_rather_than_being_sent_twice(path: Path, planned: Planned) -> None:
    async with open_journal(path, now_ns=now_ns) as journal:
        await journal.keep([planned("c-1")])
        with pytest.raises(JournalFailed, match="client_order_id"):
            await journal.keep([planned("c-1")])


async def test_a_full_queue_refuses_and_is_not_the_end(path: Path, said: Said) -> None:
    async with open_journal(path, now_ns=now_ns, queue_bound=2) as journal:
        with pytest.raises(JournalFailed, match="at most 2 may"):
            journal.note([said("a"), said("b"), said("c")])
        await journal.keep([said("a"), said("b")])
        await journal.keep([said("c")])
    assert len(read_notes(path)) == 3


async def test_after_closing_nothing_is_taken(path: Path, said: Said) -> None:
    async with open_journal(path, now_ns=now_ns) as journal:
        pass
    with pytest.raises(JournalFailed, match="closed"):
        await journal.keep([said("a")])
    with pytest.raises(JournalFailed, match="closed"):
        journal.note([said("a")])


async def test_an_opening_that_fails_raises_bare_and_tells_no_notice(path: Path) -> None:
    notices: list[object] = []
    path.write_text("my diary, " * 100)  # noqa: ASYNC240 - nothing else runs
    with pytest.raises(JournalFailed, match="is not a journal"):
        async with open_journal(path, now_ns=now_ns, probe=notices.append):
            pytest.fail("opened")
    assert notices == []


async def test_an_opening_that_is_cancelled_frees_the_journal(path: Path) -> None:
    with trio.CancelScope() as scope:
        scope.cancel()
        async with open_journal(path, now_ns=now_ns):
            pytest.fail("opened")
    async with open_journal(path, now_ns=now_ns) as journal:
        assert journal.replayed.run >= 1


async def test_two_names_of_one_journal_have_one_lock(path: Path) -> None:
    alias = path.with_name("alias.sqlite")
    alias.symlink_to(path)
    async with open_journal(path, now_ns=now_ns):
        with pytest.raises(JournalInUse):
            async with open_journal(alias, now_ns=now_ns):
                pytest.fail("opened twice")
