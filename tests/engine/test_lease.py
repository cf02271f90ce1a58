"""Whether the account is this engine's: believed for a while after each renewal, and no longer."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import attrs
import pytest
import trio
from support.lease import FakeLease
from trio.testing import MockClock

from seawall.engine.lease import (
    AccountTaken,
    LeaseConfirmed,
    LeaseDoubted,
    LeaseGone,
    LeaseTerms,
    LeaseWatch,
    StandbyWaiting,
    take_in_turn,
)
from seawall.model.errors import AccountLeased, LeaseLost


@attrs.define(eq=False)
class Bench:
    lease: FakeLease = attrs.field(factory=FakeLease)
    notices: list[object] = attrs.field(factory=list)
    lost: list[LeaseLost] = attrs.field(factory=list)
    suspended_s: float = 0.0
    """How far the wall clock has run ahead of the engine's."""
    watch: LeaseWatch = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        terms = LeaseTerms(self.lease, every_s=1.0, valid_s=4.0)
        self.watch = LeaseWatch(terms, self.lost.append, self.notices.append, self._now_ns)

    def _now_ns(self) -> int:
        return int((trio.current_time() + self.suspended_s) * 1e9)

    @asynccontextmanager
    async def watching(self) -> AsyncGenerator[None, None]:
        await self.watch.take()
        self.notices.clear()
        async with trio.open_nursery() as nursery:
            await nursery.start(self.watch.run)
            yield
            nursery.cancel_scope.cancel(reason="the test has ended")


@pytest.fixture
def bench() -> Bench:
    return Bench()


async def test_before_it_is_taken_it_is_doubted_and_then_it_is_not(bench: Bench, autojump_clock: MockClock) -> None:
    assert bench.watch.doubt() is not None
    await bench.watch.take()
    assert bench.watch.doubt() is None
    assert bench.notices == [AccountTaken("main", "bench on here, process 7, since 2026-01-05 09:30:00 UTC", 1)]


async def test_what_another_engine_has_is_not_taken(bench: Bench, autojump_clock: MockClock) -> None:
    bench.lease.held_by = "grid on there"
    with pytest.raises(AccountLeased, match=r"traded by another engine \(grid on there\)"):
        await bench.watch.take()
    assert bench.watch.doubt() is not None


async def test_it_is_renewed_for_as_long_as_it_is_watched(bench: Bench, autojump_clock: MockClock) -> None:
    async with bench.watching():
        for _ in range(100):
            await trio.sleep(1)
            assert bench.watch.doubt() is None
    assert bench.lease.calls.count("renew") > 90
    assert bench.notices == []


async def test_without_a_renewal_it_is_doubted_at_the_moment_that_it_runs_out(bench: Bench, autojump_clock: MockClock) -> None:
    await bench.watch.take()
    await trio.sleep(3.98)  # nobody watches: the loop may be held up, too
    assert bench.watch.doubt() is None
    await trio.sleep(0.02)
    assert "last confirmed 4.0 s ago, and is believed for 4 s" in str(bench.watch.doubt())


@pytest.mark.parametrize("trouble", ["fails", "hangs"])
async def test_while_nobody_can_say_it_is_doubted_once_and_confirmed_once(
    bench: Bench, autojump_clock: MockClock, trouble: str
) -> None:
    async with bench.watching():
        await trio.sleep(10)
        setattr(bench.lease, trouble, True)
        await trio.sleep(3)
        assert bench.watch.doubt() is None
        await trio.sleep(20)
        assert bench.watch.doubt() is not None
        setattr(bench.lease, trouble, False)
        await trio.sleep(6)
        assert bench.watch.doubt() is None
    assert [type(notice) for notice in bench.notices] == [LeaseDoubted, LeaseConfirmed]
    assert bench.lost == []


async def test_an_answer_counts_from_when_it_was_asked_for(bench: Bench, autojump_clock: MockClock) -> None:
    async with bench.watching():
        bench.lease.delay_s = 2.9
        await trio.sleep(8)  # asked, and answered 2.9 s later, and asked again 1 s after that
        assert bench.watch.doubt() is None
        bench.lease.hangs = True
        await trio.sleep(4)
        assert bench.watch.doubt() is not None


async def test_a_machine_that_was_suspended_doubts_before_it_has_asked(bench: Bench, autojump_clock: MockClock) -> None:
    async with bench.watching():
        await trio.sleep(10)
        bench.suspended_s = 3600
        assert "3600" in str(bench.watch.doubt())
        await trio.sleep(2)
        assert bench.watch.doubt() is None


async def test_a_wall_clock_that_is_set_back_makes_no_lease_older_or_younger(bench: Bench, autojump_clock: MockClock) -> None:
    await bench.watch.take()
    bench.suspended_s = -3600
    assert bench.watch.doubt() is None
    await trio.sleep(4)
    assert bench.watch.doubt() is not None


async def test_what_is_lost_is_told_once_and_never_believed_again(bench: Bench, autojump_clock: MockClock) -> None:
    async with bench.watching():
        bench.lease.lost = True
        await trio.sleep(2)
        bench.lease.lost = False
        await trio.sleep(10)
        assert bench.watch.doubt() == "the lease of the account is lost: a newer epoch has begun"
    assert bench.notices == [LeaseGone("main", "a newer epoch has begun")]
    assert [str(lost) for lost in bench.lost] == ["a newer epoch has begun"]


async def test_a_standby_takes_it_when_it_is_free_and_tells_what_it_waits_for_once(
    bench: Bench, autojump_clock: MockClock
) -> None:
    bench.lease.held_by = "grid on there"
    async with trio.open_nursery() as nursery:
        nursery.start_soon(take_in_turn, bench.watch, bench.notices.append)
        await trio.sleep(30)
        bench.lease.fails = True
        await trio.sleep(30)
        assert bench.watch.doubt() is not None
        bench.lease.fails, bench.lease.held_by = False, None
        with trio.fail_after(2):
            while bench.watch.doubt() is not None:  # noqa: ASYNC110 - no event is set for it
                await trio.sleep(0.1)
    waiting = [notice.reason for notice in bench.notices if isinstance(notice, StandbyWaiting)]
    assert len(waiting) == 2
    assert "grid on there" in waiting[0]
    assert "does not answer" in waiting[1]
