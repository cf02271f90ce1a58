from collections.abc import Awaitable, Callable, Sequence
from random import Random

import attrs
import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from seawall.resilience import (
    SOCKET_BREAKER,
    Backoff,
    Breaker,
    BreakerSettings,
    BreakerState,
    CircuitOpen,
    ConnectionBudget,
    DialFailed,
    DialTimedOut,
    Limiter,
    Link,
    LinkLost,
    LinkState,
    LinkStateChanged,
    Liveness,
    Phase,
    Pulse,
    Reconnect,
    ReconnectSchedule,
    ReconnectStopped,
    none,
)
from seawall.resilience.verdicts import leaves

PLAIN = ReconnectSchedule(backoff=Backoff(jitter=none))

Step = Callable[[Link], Awaitable[None]]


class Refused(OSError):
    """The handshake was answered with a status."""

    def __init__(self, status: int, retry_after_s: float | None = None) -> None:
        super().__init__(status)
        self.status = status
        self.retry_after_s = retry_after_s


def fatal(error: BaseException) -> str | None:
    return f"refused with {error.status}" if isinstance(error, Refused) and error.status in {401, 403} else None


async def refuse(_link: Link) -> None:
    await trio.lowlevel.checkpoint()
    raise ConnectionRefusedError


async def hang(_link: Link) -> None:
    await trio.sleep_forever()


async def close(link: Link) -> None:
    await trio.lowlevel.checkpoint()
    link.serving()
    link.heard()


async def serve_for_ever(link: Link) -> None:
    await close(link)
    await trio.sleep_forever()


def serve(seconds: float, *, heard: bool = True) -> Step:
    """Serve for so long, then drop."""

    async def attempt(link: Link) -> None:
        await trio.lowlevel.checkpoint()
        link.serving()
        if heard:
            link.heard()
        await trio.sleep(seconds)
        raise ConnectionResetError

    return attempt


def fail_with(error: BaseException) -> Step:
    async def attempt(_link: Link) -> None:
        await trio.lowlevel.checkpoint()
        raise error

    return attempt


@attrs.define
class Peer:
    """Does what it is told, dial by dial, and the last of it for ever; remembers when it was dialled."""

    steps: Sequence[Step]
    dialled: list[float] = attrs.field(factory=list)

    async def __call__(self, link: Link) -> None:
        self.dialled.append(round(trio.current_time(), 6))
        await self.steps[min(len(self.dialled), len(self.steps)) - 1](link)


@attrs.define
class World:
    """One link with all that has a say in it."""

    peer: Peer
    schedule: ReconnectSchedule = PLAIN
    breaker: Breaker = attrs.field(factory=lambda: Breaker("venue", SOCKET_BREAKER))
    budget: ConnectionBudget = attrs.field(factory=ConnectionBudget)
    notices: list[object] = attrs.field(factory=list)

    def link(self, name: str = "public") -> Reconnect:
        return Reconnect(
            name,
            self.peer,
            schedule=self.schedule,
            breaker=self.breaker,
            budget=self.budget,
            rng=Random(1),
            probe=self.notices.append,
            fatal=fatal,
        )

    def phases(self) -> list[Phase]:
        return [notice.state.phase for notice in self.notices if isinstance(notice, LinkStateChanged)]

    def told(self, kind: type) -> list[object]:
        return [notice for notice in self.notices if isinstance(notice, kind)]


def world(*steps: Step, **changes: object) -> World:
    return World(Peer(steps), **changes)  # type: ignore[arg-type]  # tests vary them


async def run_for(seconds: float, link: Reconnect) -> None:
    with trio.move_on_after(seconds) as scope:
        await link.run()
    assert scope.cancelled_caught


# The schedule, played


async def test_attempts_at_once_then_with_growing_delays(autojump_clock: MockClock) -> None:
    """At 0, 0.5 and 1.0 s when refused at once; then 5, 10, 20, 40 s later. The very first connect is the first of them."""
    here = world(refuse)
    await run_for(100, here.link())

    assert here.peer.dialled == [0.0, 0.5, 1.0, 6.0, 16.0, 36.0, 76.0]


async def test_a_silent_peer_is_given_up_after_the_dials_deadline(autojump_clock: MockClock) -> None:
    """Ten seconds each at first, thirty later; the deadline covers all until the link says that it serves."""
    here = world(hang)
    await run_for(150, here.link())

    assert here.peer.dialled == [0.0, 10.5, 21.0, 36.0, 76.0, 126.0]
    assert here.breaker.statistics().failures == 5
    assert all(isinstance(notice, DialFailed) and isinstance(notice.error, DialTimedOut) for notice in here.told(DialFailed))


async def test_a_link_that_serves_is_free_of_the_dials_deadline(autojump_clock: MockClock) -> None:
    here = world(serve_for_ever)
    link = here.link()
    await run_for(100_000, link)

    assert here.peer.dialled == [0.0]
    assert link.statistics().stable == 1


async def test_a_drop_before_the_subscription_is_acknowledged_is_a_failed_attempt(autojump_clock: MockClock) -> None:
    async def drop_in_the_middle(_link: Link) -> None:
        await trio.sleep(3)
        raise ConnectionResetError

    here = world(drop_in_the_middle)
    await run_for(25, here.link())

    assert here.peer.dialled == [0.0, 3.5, 7.0, 15.0]
    assert here.breaker.statistics().failures == 4
    assert Phase.LIVE not in here.phases()


async def test_a_stable_link_that_drops_is_dialled_at_once(autojump_clock: MockClock) -> None:
    """The instant attempts are armed again, delays begin anew, and the breaker's count is zero."""
    here = world(*[refuse] * 4, serve(40.0), refuse)
    link = here.link()
    await run_for(16 + 40 + 2, link)

    assert here.peer.dialled == [0.0, 0.5, 1.0, 6.0, 16.0, 56.0, 56.5, 57.0]
    assert here.breaker.statistics().failures_in_a_row == 3
    assert link.statistics().failures_in_a_row == 3


@pytest.mark.parametrize("drop", [serve(29.0), serve(300.0, heard=False)])
async def test_an_unstable_link_that_drops_is_a_failed_attempt(drop: Step, autojump_clock: MockClock) -> None:
    """Too short, or never heard: the schedule and the breaker go on where they were."""
    here = world(drop)
    link = here.link()
    await run_for(4 * 300 + 20, link)

    assert link.statistics().stable == 0
    gaps = [later - earlier for earlier, later in zip(here.peer.dialled, here.peer.dialled[1:], strict=False)]
    lived_s = min(gaps) - 0.5
    assert gaps[:4] == pytest.approx([lived_s + 0.5, lived_s + 0.5, lived_s + 5, lived_s + 10])
    assert here.breaker.statistics().successes == 0
    assert all(isinstance(notice, LinkLost) and not notice.stable for notice in here.told(LinkLost))


async def test_a_flapping_venue_does_not_cause_a_storm_of_dials(autojump_clock: MockClock) -> None:
    """Each handshake succeeds and the link drops at once: ten minutes see a handful of dials, not a thousand."""
    here = world(serve(0.01))
    await run_for(600, here.link())

    assert len(here.peer.dialled) < 20


async def test_a_link_heard_once_becomes_stable_without_a_further_word(autojump_clock: MockClock) -> None:
    here = world(serve_for_ever)
    link = here.link()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(link.run)
        await trio.sleep(29.9)
        assert link.state == LinkState(Phase.LIVE)
        await trio.sleep(0.2)
        assert link.state.phase is Phase.STABLE
        nursery.cancel_scope.cancel()


async def test_a_link_heard_late_becomes_stable_then(autojump_clock: MockClock) -> None:
    async def quiet_first(link: Link) -> None:
        await trio.lowlevel.checkpoint()
        link.serving()
        await trio.sleep(100)
        link.heard()
        await trio.sleep_forever()

    link = world(quiet_first).link()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(link.run)
        await trio.sleep(99)
        assert link.state == LinkState(Phase.LIVE)
        await trio.sleep(2)
        assert link.state.phase is Phase.STABLE
        assert link.statistics().last_heard_at == 100.0
        nursery.cancel_scope.cancel()


# Breaker and budget


async def test_an_open_breaker_is_not_dialled_against(autojump_clock: MockClock) -> None:
    """No dial and no token until it says so; then exactly one; and no attempt of the schedule is used up by waiting."""
    breaker = Breaker("venue", BreakerSettings(failure_threshold=3, open_s=100.0))
    here = world(refuse, breaker=breaker)
    link = here.link()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(link.run)
        await trio.sleep(100)

        assert here.peer.dialled == [0.0, 0.5, 1.0]
        assert here.budget.statistics().taken == 3
        assert link.statistics().failures_in_a_row == 3
        assert (link.state.phase, link.state.reason) == (Phase.WAITING, "for its breaker")
        assert link.state.until == pytest.approx(101.0)

        await trio.sleep(99)
        assert here.peer.dialled == [0.0, 0.5, 1.0, 101.0]
        assert link.statistics().failures_in_a_row == 4
        nursery.cancel_scope.cancel()


async def test_a_breaker_forced_open_is_waited_for_until_reset(autojump_clock: MockClock) -> None:
    here = world(serve_for_ever)
    here.breaker.force_open()
    link = here.link()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(link.run)
        await trio.sleep(5000)
        assert link.state == LinkState(Phase.WAITING, until=float("inf"), reason="for its breaker")
        here.breaker.reset()
        await link.wait_live()
        assert here.peer.dialled == [5000.0]
        nursery.cancel_scope.cancel()


async def test_each_dial_takes_one_token_failed_ones_too(autojump_clock: MockClock) -> None:
    here = world(refuse, refuse, hang, serve(1.0), close)
    await here.link().run()

    assert len(here.peer.dialled) == 5
    assert here.budget.statistics().taken == 5


async def test_the_budget_holds_dials_back(autojump_clock: MockClock) -> None:
    here = world(refuse, budget=ConnectionBudget(2, 60.0))
    await run_for(61, here.link())

    assert here.peer.dialled == [0.0, 0.5, 60.0, 60.5 + 4.5][:3]


async def test_a_token_is_given_back_when_the_breaker_opens_meanwhile(autojump_clock: MockClock) -> None:
    """The link waited for its turn; by then another had opened the breaker they share."""
    breaker = Breaker("venue", BreakerSettings(failure_threshold=1, open_s=100.0))
    budget = ConnectionBudget(1, 60.0)
    await budget.take()
    here = world(serve_for_ever, breaker=breaker, budget=budget)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(here.link().run)
        await trio.sleep(59)
        breaker.acquire().failure()
        await trio.sleep(2)
        assert here.peer.dialled == []
        assert budget.statistics().left == 1

        await trio.sleep(200)
        assert here.peer.dialled == [159.0]
        nursery.cancel_scope.cancel()


async def test_cancelled_before_dialling_it_has_used_nothing(autojump_clock: MockClock) -> None:
    here = world(refuse)
    link = here.link()
    with trio.CancelScope() as scope:
        scope.cancel()
        await link.run()

    assert scope.cancelled_caught
    assert here.peer.dialled == []
    assert here.budget.statistics().taken == 0
    assert here.breaker.statistics().probes_in_flight == 0


async def test_two_links_share_breaker_and_budget(autojump_clock: MockClock) -> None:
    """One venue, one breaker: its failures add up, and one of them probes while the other waits."""
    breaker = Breaker("venue", BreakerSettings(failure_threshold=4, open_s=100.0, probe_lease_s=90.0))
    here = world(*[refuse] * 4, serve_for_ever, breaker=breaker)
    first, second = here.link("public"), here.link("private")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(first.run)
        nursery.start_soon(second.run)
        await trio.sleep(110)
        assert here.peer.dialled == [0.0, 0.0, 0.5, 0.5, 100.5]
        assert sorted([first.state.phase, second.state.phase]) == [Phase.LIVE, Phase.WAITING]
        assert here.budget.statistics().taken == 5

        await trio.sleep(30)
        assert here.peer.dialled[5:] == [130.5]  # at once when the probe has proved stable
        assert breaker.state is BreakerState.CLOSED
        nursery.cancel_scope.cancel()


async def test_the_breaker_hears_success_when_the_link_is_stable_not_when_it_closes(autojump_clock: MockClock) -> None:
    here = world(serve(10_000.0), refuse)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(here.link().run)
        await trio.sleep(29)
        assert here.breaker.statistics().successes == 0
        await trio.sleep(2)
        assert here.breaker.statistics().successes == 1
        await trio.sleep(9969.3)
        assert here.breaker.statistics().failures == 1  # the dial after it, not the drop
        nursery.cancel_scope.cancel()


async def test_closed_by_us_is_neutral(autojump_clock: MockClock) -> None:
    here = world(close)
    link = here.link()
    await link.run()

    statistics = here.breaker.statistics()
    assert (statistics.successes, statistics.failures, statistics.neutrals) == (0, 0, 1)
    assert link.state == LinkState(Phase.STOPPED, reason="closed by us")


async def test_an_open_breaker_inside_the_attempt_uses_up_no_attempt(autojump_clock: MockClock) -> None:
    """The token for a private socket comes by a request with a breaker of its own."""
    here = world(*[fail_with(CircuitOpen("rest", 7.0))] * 3, refuse)
    link = here.link()
    await run_for(22, link)

    assert here.peer.dialled == [0.0, 7.0, 14.0, 21.0, 21.5]
    assert here.breaker.statistics().failures == 2
    assert link.statistics().failures_in_a_row == 2


async def test_a_limiter_inside_the_attempt_is_waited_for(autojump_clock: MockClock) -> None:
    """Its refusal is a reason to come back, and no news of the venue."""
    limiter = Limiter("rest", capacity=1, refill_per_s=0.05)
    limiter.take_nowait()

    async def needs_a_token(link: Link) -> None:
        await limiter.take()
        await serve_for_ever(link)

    here = world(needs_a_token)
    async with trio.open_nursery() as nursery:
        link = here.link()
        nursery.start_soon(link.run)
        await link.wait_live()
        assert here.peer.dialled == [0.0, 20.0]
        assert here.breaker.statistics().failures == 0
        nursery.cancel_scope.cancel()


async def test_silence_of_data_redials_though_pongs_come(autojump_clock: MockClock) -> None:
    """The manual's composition: the subscription's own pulse is watched beside what reads the socket."""

    def give_up(pulse: Pulse, silent_s: float) -> None:
        raise TimeoutError(f"{pulse.name} is silent for {silent_s:g} s")

    async def data_then_pongs(link: Link) -> None:
        liveness = Liveness()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(liveness.run, give_up)
            socket, data = liveness.watch("socket", 15.0), liveness.watch("data", 40.0)
            link.serving()
            data.beat()
            while True:
                link.heard()
                socket.beat()
                await trio.sleep(10.0)

    here = world(data_then_pongs)
    await run_for(100.0, here.link())

    assert here.peer.dialled == [0.0, 40.0, 80.0]
    (first, *_) = here.told(LinkLost)
    assert isinstance(first, LinkLost)
    assert first.stable
    assert [type(leaf) for leaf in leaves(first.error)] == [TimeoutError]


# What ends it


@pytest.mark.parametrize("error", [Refused(401), ExceptionGroup("", [Refused(403), OSError()])])
async def test_a_fatal_refusal_stops_it_for_good(error: Exception, autojump_clock: MockClock) -> None:
    here = world(refuse, fail_with(error))
    link = here.link()

    with pytest.raises(ReconnectStopped, match="refused with 40") as caught:
        await link.run()

    assert caught.value.__cause__ is error
    assert len(here.peer.dialled) == 2
    assert link.state.phase is Phase.STOPPED
    assert link.state.reason == caught.value.reason
    with pytest.raises(ReconnectStopped):
        await link.wait_live()


@pytest.mark.parametrize(
    ("retry_after_s", "second_at"), [(20.0, 20.0), (0.1, 0.5), (1e9, 300.0), (-5.0, 0.5), (float("nan"), 0.5)]
)
async def test_a_refusal_that_names_a_time_is_obeyed_within_limits(
    retry_after_s: float, second_at: float, autojump_clock: MockClock
) -> None:
    """429 or 503 with Retry-After: later, but neither never nor in the past."""
    here = world(fail_with(Refused(503, retry_after_s)), close)
    await here.link().run()

    assert here.peer.dialled == [0.0, second_at]


async def test_it_may_stop_after_so_many_failures(autojump_clock: MockClock) -> None:
    here = world(refuse, schedule=attrs.evolve(PLAIN, max_failures=4))

    with pytest.raises(ReconnectStopped, match="4 attempts in a row") as caught:
        await here.link().run()

    assert isinstance(caught.value.__cause__, ConnectionRefusedError)
    assert len(here.peer.dialled) == 4


async def test_a_bug_comes_out_as_it_is(autojump_clock: MockClock) -> None:
    """Not in a group, and not dialled over: a handler that fails on each message would else be hidden for weeks."""
    bug = KeyError("a bug")
    here = world(fail_with(bug))
    link = here.link()

    with pytest.raises(KeyError) as caught:
        await link.run()

    assert caught.value is bug
    assert len(here.peer.dialled) == 1
    assert link.state.phase is Phase.STOPPED


async def test_a_group_of_the_attempts_own_comes_out_intact(autojump_clock: MockClock) -> None:
    group = ExceptionGroup("two", [KeyError("bug"), OSError("drop")])

    with pytest.RaisesGroup(KeyError, OSError) as caught:
        await world(fail_with(group)).link().run()

    assert caught.value is group


async def test_a_group_of_drops_is_a_drop(autojump_clock: MockClock) -> None:
    here = world(fail_with(ExceptionGroup("two", [ConnectionResetError(), OSError()])), close)
    await here.link().run()

    assert here.peer.dialled == [0.0, 0.5]


async def test_what_breaks_while_a_dial_is_cut_short_hides_neither_the_timeout_nor_a_bug(autojump_clock: MockClock) -> None:
    def breaks_when_cut(error: Exception) -> Step:
        async def attempt(_link: Link) -> None:
            async def child() -> None:
                try:
                    await trio.sleep_forever()
                finally:
                    raise error

            async with trio.open_nursery() as nursery:  # noqa: ASYNC112 - what a nursery makes of it is the case
                nursery.start_soon(child)

        return attempt

    here = world(breaks_when_cut(OSError("wreckage")), close)
    await here.link().run()
    failed = here.told(DialFailed)[0]
    assert isinstance(failed, DialFailed)
    assert isinstance(failed.error, DialTimedOut)

    with pytest.RaisesGroup(KeyError, flatten_subgroups=True):
        await world(breaks_when_cut(KeyError("bug"))).link().run()


async def test_a_mixed_group_from_a_dial_cut_short_is_a_timeout(autojump_clock: MockClock) -> None:
    """As a library may raise that gathers the cancellation with what broke on the way out."""

    async def gather(_link: Link) -> None:
        try:
            await trio.sleep_forever()
        except trio.Cancelled as cancelled:
            raise BaseExceptionGroup("on the way out", [cancelled, OSError("wreckage")]) from None  # noqa: ASYNC104 - raised within

    here = world(gather, close)
    await here.link().run()

    assert here.peer.dialled == [0.0, 10.5]
    assert here.breaker.statistics().failures == 1


async def test_a_bug_beside_a_cancellation_from_outside_is_not_lost(autojump_clock: MockClock) -> None:
    async def breaks_when_cancelled(_link: Link) -> None:
        try:
            await trio.sleep_forever()
        finally:
            raise KeyError("bug")

    with trio.move_on_after(3), pytest.raises(KeyError):
        await world(breaks_when_cancelled).link().run()


@pytest.mark.parametrize("step", [hang, serve_for_ever, refuse])
async def test_a_cancellation_passes_wherever_it_finds_the_link(step: Step, autojump_clock: MockClock) -> None:
    """In a dial, while serving, in a wait; the permit is given back, and nothing is counted."""
    here = world(step)
    link = here.link()
    failures = 3 if step is refuse else 0
    with trio.move_on_after(3) as scope:
        await link.run()

    assert scope.cancelled_caught
    assert here.breaker.statistics().failures == failures
    assert here.breaker.statistics().probes_in_flight == 0
    assert link.state.phase is Phase.STOPPED


async def test_a_goodbye_in_the_attempt_is_its_own_and_bounded(autojump_clock: MockClock) -> None:
    """What the attempt shields, with a deadline, delays the end by no more than that."""

    async def polite(link: Link) -> None:
        link.serving()
        try:
            await trio.sleep_forever()
        finally:
            with trio.move_on_after(2, shield=True):
                await trio.sleep_forever()

    await run_for(10, world(polite).link())

    assert trio.current_time() == 12.0


# Looking at it, and hurrying it


async def test_a_kick_cuts_a_wait_short(autojump_clock: MockClock) -> None:
    here = world(refuse)
    link = here.link()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(link.run)
        await trio.sleep(40)
        assert here.peer.dialled[-1] == 36.0
        link.kick()
        await wait_all_tasks_blocked()
        assert here.peer.dialled[-1] == 40.0
        nursery.cancel_scope.cancel()


async def test_a_kick_does_not_pass_an_open_breaker_but_an_early_probe_does(autojump_clock: MockClock) -> None:
    here = world(refuse, breaker=Breaker("venue", BreakerSettings(failure_threshold=3, open_s=300.0)))
    link = here.link()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(link.run)
        await trio.sleep(50)
        link.kick()
        await wait_all_tasks_blocked()
        assert len(here.peer.dialled) == 3

        here.breaker.probe_now()
        await wait_all_tasks_blocked()
        assert here.peer.dialled[3:] == [50.0]
        nursery.cancel_scope.cancel()


async def test_a_kick_of_a_link_that_serves_or_has_stopped_does_nothing(autojump_clock: MockClock) -> None:
    here = world(serve_for_ever)
    link = here.link()
    link.kick()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(link.run)
        await link.wait_live()
        link.kick()
        await trio.sleep(100)
        nursery.cancel_scope.cancel()
    link.kick()

    assert here.peer.dialled == [0.0]


async def test_the_states_are_told_in_order(autojump_clock: MockClock) -> None:
    here = world(refuse, serve(40.0), close)
    await here.link().run()

    assert here.phases() == [
        Phase.CONNECTING,
        Phase.WAITING,
        Phase.CONNECTING,
        Phase.LIVE,
        Phase.STABLE,
        Phase.CONNECTING,
        Phase.LIVE,
        Phase.STOPPED,
    ]
    lost = here.told(LinkLost)[0]
    assert isinstance(lost, LinkLost)
    assert (lost.stable, lost.lived_s, lost.delay_s) == (True, 40.0, 0.0)


async def test_changes_can_be_waited_for(autojump_clock: MockClock) -> None:
    here = world(refuse, serve(40.0), close)
    link = here.link()
    seen: list[Phase] = []
    async with trio.open_nursery() as nursery:
        nursery.start_soon(link.run)
        while (state := await link.wait_change()).phase is not Phase.STOPPED:
            seen.append(state.phase)

    assert [phase for phase in seen if phase in {Phase.WAITING, Phase.STABLE}] == [Phase.WAITING, Phase.STABLE]


async def test_waiting_for_a_link_that_stops_first_says_so(autojump_clock: MockClock) -> None:
    link = world(hang, fail_with(Refused(403))).link()

    async def waits() -> None:
        with pytest.raises(ReconnectStopped, match="403"):
            await link.wait_live()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(waits)
        await wait_all_tasks_blocked()
        with pytest.raises(ReconnectStopped):
            await link.run()


async def test_a_link_runs_once_at_a_time_and_may_run_again(autojump_clock: MockClock) -> None:
    here = world(hang)
    link = here.link()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(link.run)
        await wait_all_tasks_blocked()
        with pytest.raises(RuntimeError, match="already running"):
            await link.run()
        nursery.cancel_scope.cancel()
    assert link.state.phase is Phase.STOPPED

    await run_for(1, link)

    assert len(here.peer.dialled) == 2


async def test_a_probe_that_raises_drops_no_link(autojump_clock: MockClock, caplog: pytest.LogCaptureFixture) -> None:
    def broken(_notice: object) -> None:
        raise RuntimeError("broken probe")

    here = world(refuse, close)
    link = Reconnect("public", here.peer, breaker=here.breaker, budget=here.budget, rng=Random(1), probe=broken)
    await link.run()

    assert here.peer.dialled == [0.0, 0.5]
    assert "broken probe" in caplog.text


async def test_statistics_and_repr(autojump_clock: MockClock) -> None:
    here = world(refuse, serve(40.0), close)
    link = here.link()
    await link.run()

    statistics = link.statistics()
    assert (statistics.dials, statistics.served, statistics.stable, statistics.failures_in_a_row) == (3, 2, 1, 0)
    assert repr(link) == "<Reconnect 'public' stopped, 0 failures in a row, 3 dials>"
