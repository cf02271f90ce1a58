"""Parts side by side: one that breaks is told and kept, and takes no other down."""

import attrs
import pytest
import trio
from trio.testing import MockClock

from seawall.engine.hosting import Hosting, in_words
from seawall.engine.notices import ServiceCrashed


@attrs.define(eq=False)
class Told:
    """What a hosting tells."""

    notices: list[object] = attrs.field(factory=list)
    crashed: list[str] = attrs.field(factory=list)

    def hosting(self, nursery: trio.Nursery) -> Hosting:
        return Hosting(nursery, self.notices.append, self.crashed.append)


async def serve(*, task_status: trio.TaskStatus[str]) -> None:
    task_status.started("ready")
    await trio.sleep_forever()


async def test_a_part_gives_what_it_has_once_it_serves() -> None:
    async with trio.open_nursery() as nursery:
        hosting = Told().hosting(nursery)
        part, given = await hosting.start("server", serve)

        assert given == "ready"
        assert hosting.left() == ("server",)
        await part.end("enough")
        assert hosting.left() == ()


async def test_ending_one_part_waits_for_it_and_leaves_the_other(autojump_clock: MockClock) -> None:
    order: list[str] = []

    async def slow(*, task_status: trio.TaskStatus[None]) -> None:  # noqa: ASYNC114 - started as a part
        task_status.started()
        try:
            await trio.sleep_forever()
        finally:
            with trio.move_on_after(5, shield=True):
                await trio.sleep(3)
            order.append("slow has ended")

    async with trio.open_nursery() as nursery:
        hosting = Told().hosting(nursery)
        part, _ = await hosting.start("slow", slow)
        other, _ = await hosting.start("other", serve)
        await part.end("enough")
        order.append("told so")
        assert hosting.left() == ("other",)
        await other.end("enough")

    assert order == ["slow has ended", "told so"]


async def test_what_fails_before_it_serves_is_raised_to_whoever_starts_it() -> None:
    async def broken(*, task_status: trio.TaskStatus[None]) -> None:  # noqa: ASYNC114, ASYNC128 - it never comes to serve
        await trio.lowlevel.checkpoint()
        raise KeyError("at the start")

    told = Told()
    with pytest.RaisesGroup(KeyError, flatten_subgroups=True):
        async with trio.open_nursery() as nursery:
            await told.hosting(nursery).start("broken", broken)

    assert told.crashed == []


@pytest.mark.parametrize("error", [KeyError("a bug"), SystemExit(3), KeyboardInterrupt(), ExceptionGroup("two", [KeyError()])])
async def test_a_crash_of_a_serving_part_is_kept_and_the_others_serve_on(error: BaseException) -> None:
    """A strategy that calls `sys.exit` must not cut the ground from under the orders of all others."""
    crash = trio.Event()

    async def fragile(*, task_status: trio.TaskStatus[None]) -> None:  # noqa: ASYNC114 - started as a part
        task_status.started()
        await crash.wait()
        raise error

    told = Told()
    async with trio.open_nursery() as nursery:
        hosting = told.hosting(nursery)
        part, _ = await hosting.start("fragile", fragile)
        other, _ = await hosting.start("other", serve)
        crash.set()
        await part.ended.wait()

        assert hosting.crashes == [error]
        assert told.crashed == ["fragile"]
        assert [type(notice) for notice in told.notices] == [ServiceCrashed]
        assert hosting.left() == ("other",)
        await other.end("enough")


async def test_a_stray_cancellation_is_a_crash_and_not_everybodys_end() -> None:
    """Libraries have let a `Cancelled` out of the scope it belonged to: it must not look like a wish to stop."""

    async def leaky(*, task_status: trio.TaskStatus[None]) -> None:  # noqa: ASYNC114 - started as a part
        task_status.started()
        await trio.lowlevel.checkpoint()
        with trio.CancelScope() as inner:
            inner.cancel()
            try:
                await trio.lowlevel.checkpoint()
            except trio.Cancelled as cancelled:  # noqa: ASYNC103 - the very fault that is tried
                stray.append(cancelled)
        raise stray[0]

    stray: list[trio.Cancelled] = []
    told = Told()
    left: tuple[str, ...] = ()
    async with trio.open_nursery() as nursery:
        hosting = told.hosting(nursery)
        part, _ = await hosting.start("leaky", leaky)
        other, _ = await hosting.start("other", serve)
        await part.ended.wait()
        left = hosting.left()
        await other.end("enough")

    assert left == ("other",)
    assert told.crashed == ["leaky"]
    (crash,) = hosting.crashes
    assert isinstance(crash, RuntimeError)
    assert crash.__cause__ is stray[0]


async def test_a_true_cancellation_passes(autojump_clock: MockClock) -> None:
    told = Told()
    with trio.move_on_after(1) as host:
        async with trio.open_nursery() as nursery:
            hosting = told.hosting(nursery)
            await hosting.start("server", serve)
            await trio.sleep_forever()

    assert host.cancelled_caught
    assert hosting.left() == ()
    assert told.crashed == []


async def test_a_bug_on_the_way_out_of_a_true_cancellation_is_not_lost(autojump_clock: MockClock) -> None:
    async def fails_at_the_end(*, task_status: trio.TaskStatus[None]) -> None:  # noqa: ASYNC114 - started as a part
        task_status.started()
        try:
            await trio.sleep_forever()
        finally:
            raise KeyError("at the end")

    told = Told()
    async with trio.open_nursery() as nursery:
        hosting = told.hosting(nursery)
        part, _ = await hosting.start("server", fails_at_the_end)
        await part.end("enough")

    assert [str(crash) for crash in hosting.crashes] == ["'at the end'"]


async def test_a_cancellation_in_words_names_no_object_in_memory() -> None:
    told: list[str] = []
    with trio.CancelScope() as scope:
        scope.cancel(reason="enough")
        try:
            await trio.sleep(1)
        except trio.Cancelled as cancelled:
            told.append(in_words(cancelled))
            raise

    assert told == ["cancelled"]
