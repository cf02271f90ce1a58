"""The breaker's heart, as plain functions on a clock that the test moves."""

import gc

import pytest
from trio.testing import MockClock

from seawall.resilience import (
    REST_BREAKER,
    SOCKET_BREAKER,
    Breaker,
    BreakerCause,
    BreakerClosed,
    BreakerDisabled,
    BreakerForcedOpen,
    BreakerHalfOpened,
    BreakerOpened,
    BreakerSettings,
    BreakerState,
    CallRejected,
    CircuitOpen,
    LateResultIgnored,
    Permit,
    ProbeLeaseEnded,
    Verdict,
)


@pytest.fixture
def breaker(manual: MockClock, notices: list[object]) -> Breaker:
    return Breaker("rest", REST_BREAKER, probe=notices.append, clock=manual.current_time)


def state_of(breaker: Breaker) -> BreakerState:
    """The state, in a way that no type checker takes for constant."""
    return breaker.state


def fail(breaker: Breaker, times: int = 1) -> None:
    for _ in range(times):
        breaker.acquire().failure()


def rejection(breaker: Breaker) -> CircuitOpen:
    with pytest.raises(CircuitOpen) as caught:
        breaker.acquire()
    return caught.value


# When it opens


def test_failures_are_counted_in_a_row(breaker: Breaker) -> None:
    """Four, a success, four: closed. Failures spread over a week do not add up."""
    fail(breaker, 4)
    breaker.acquire().success()
    fail(breaker, 4)
    assert state_of(breaker) is BreakerState.CLOSED

    fail(breaker)

    assert state_of(breaker) is BreakerState.OPEN


def test_neutral_results_neither_add_nor_reset(breaker: Breaker) -> None:
    """A cancel between failures leaves their count as it is, and any number of cancels opens nothing."""
    for _ in range(50):
        breaker.acquire().neutral()
    fail(breaker, 4)
    breaker.acquire().neutral()
    assert state_of(breaker) is BreakerState.CLOSED

    fail(breaker)

    assert state_of(breaker) is BreakerState.OPEN


def test_fifty_calls_failing_together_are_one_transition(breaker: Breaker, notices: list[object]) -> None:
    """Late failures neither open it twice nor lengthen the spell."""
    permits = [breaker.acquire() for _ in range(50)]
    for permit in permits:
        permit.failure()

    opened = [notice for notice in notices if isinstance(notice, BreakerOpened)]
    assert opened == [BreakerOpened("rest", BreakerState.CLOSED, BreakerCause.TOO_MANY_FAILURES, 60.0, 5, None)]
    assert breaker.statistics().late == 45


def test_a_late_failure_does_not_lengthen_an_open_spell(breaker: Breaker, manual: MockClock) -> None:
    straggler = breaker.acquire()
    fail(breaker, 5)
    manual.jump(59.0)

    straggler.failure()

    assert breaker.peek() == 1.0


# The open spell


def test_the_spell_ends_exactly_when_it_says(breaker: Breaker, manual: MockClock) -> None:
    """Rejected up to its last instant; at its end one probe is admitted."""
    fail(breaker, 5)
    manual.jump(59.75)
    assert rejection(breaker).retry_after_s == 0.25

    manual.jump(0.25)

    assert breaker.acquire().lease is not None
    assert state_of(breaker) is BreakerState.HALF_OPEN


def test_reading_moves_nothing(breaker: Breaker, manual: MockClock) -> None:
    """State, statistics, repr and peek consume no permit and make no transition."""
    fail(breaker, 5)
    manual.jump(60.0)

    for _ in range(3):
        assert breaker.peek() == 0.0
        assert state_of(breaker) is BreakerState.OPEN
        assert breaker.effective_state is BreakerState.HALF_OPEN
        assert breaker.statistics().state is BreakerState.OPEN
        assert "open" in repr(breaker)

    assert breaker.acquire().lease is not None


def test_a_rejection_says_who_and_when(breaker: Breaker, manual: MockClock) -> None:
    fail(breaker, 5)
    manual.jump(20.0)

    error = rejection(breaker)

    assert (error.name, error.retry_after_s, error.advice) == ("rest", 40.0, "wait")


def test_each_rejection_is_a_new_exception(breaker: Breaker) -> None:
    """One kept exception would gather a traceback for each rejection, for ever."""
    fail(breaker, 5)

    errors = [rejection(breaker) for _ in range(100)]

    def depth(error: BaseException) -> int:
        frames, trace = 0, error.__traceback__
        while trace is not None:
            frames, trace = frames + 1, trace.tb_next
        return frames

    assert len({id(error) for error in errors}) == 100
    assert {depth(error) for error in errors} == {depth(errors[0])}


@pytest.mark.parametrize("rounds", [1, 100, 2000])
def test_open_spells_grow_to_their_limit_and_start_anew(manual: MockClock, rounds: int) -> None:
    """30, 60, 120, 240, 300, 300 ...: finite after any number of rounds, and 30 again after a close."""
    breaker = Breaker("socket", SOCKET_BREAKER, clock=manual.current_time)
    fail(breaker, 10)
    spells = [breaker.peek()]
    for _ in range(rounds):
        manual.jump(spells[-1])
        fail(breaker)
        spells.append(breaker.peek())

    assert spells == [min(30.0 * 2 ** min(n, 10), 300.0) for n in range(rounds + 1)]

    manual.jump(spells[-1])
    breaker.acquire().success()
    fail(breaker, 10)
    assert breaker.peek() == pytest.approx(30.0)


def test_without_growth_every_spell_is_the_same(manual: MockClock) -> None:
    """The maximum bounds growth alone: a long constant spell is what was asked for."""
    breaker = Breaker("slow", BreakerSettings(failure_threshold=1, open_s=900.0), clock=manual.current_time)
    for _ in range(3):
        fail(breaker)
        assert breaker.peek() == 900.0
        manual.jump(900.0)


# Half open


@pytest.fixture
def probing(breaker: Breaker, manual: MockClock) -> Permit:
    """The only probe of a breaker that is half open."""
    fail(breaker, 5)
    manual.jump(60.0)
    return breaker.acquire()


def test_the_call_that_half_opens_is_itself_the_probe(breaker: Breaker, probing: Permit) -> None:
    """One probe is in flight, not one more than allowed, however many ask."""
    for _ in range(20):
        assert rejection(breaker).retry_after_s == 60.0  # what is left of the probe's lease
    assert breaker.statistics().probes_in_flight == 1


def test_a_good_probe_closes(breaker: Breaker, probing: Permit, notices: list[object]) -> None:
    probing.success()

    assert state_of(breaker) is BreakerState.CLOSED
    assert BreakerClosed("rest", BreakerState.HALF_OPEN, BreakerCause.PROBES_SUCCEEDED) in notices


def test_a_bad_probe_reopens_for_a_whole_spell(
    breaker: Breaker, probing: Permit, manual: MockClock, notices: list[object]
) -> None:
    """One failure is enough, the spell starts when the probe failed, and it is told once."""
    manual.jump(10.0)
    notices.clear()

    probing.failure()

    assert state_of(breaker) is BreakerState.OPEN
    assert breaker.peek() == 60.0
    assert notices == [BreakerOpened("rest", BreakerState.HALF_OPEN, BreakerCause.PROBE_FAILED, 60.0, 1, None)]


def test_a_neutral_probe_gives_its_place_back_and_decides_nothing(breaker: Breaker, probing: Permit) -> None:
    probing.neutral()

    assert state_of(breaker) is BreakerState.HALF_OPEN
    assert breaker.acquire().lease is not None


def test_a_dropped_probe_gives_its_place_back(breaker: Breaker, manual: MockClock) -> None:
    """A two-step permit that nobody settles is neutral once nobody holds it."""
    fail(breaker, 5)
    manual.jump(60.0)
    breaker.acquire()
    gc.collect()

    assert breaker.statistics().probes_in_flight == 0
    assert breaker.peek() == 0.0


def test_a_hung_probe_loses_its_place_and_its_say(
    breaker: Breaker, probing: Permit, manual: MockClock, notices: list[object]
) -> None:
    """When its lease is over the next caller probes; the late success of the hung one closes nothing."""
    manual.jump(59.0)
    assert rejection(breaker).retry_after_s == 1.0
    manual.jump(1.0)

    second = breaker.acquire()
    assert ProbeLeaseEnded("rest", 1) in notices
    probing.success()

    assert state_of(breaker) is BreakerState.HALF_OPEN
    assert LateResultIgnored("rest", Verdict.SUCCESS) in notices

    second.success()
    assert state_of(breaker) is BreakerState.CLOSED


def test_a_hung_probe_that_fails_late_does_not_reopen(breaker: Breaker, probing: Permit, manual: MockClock) -> None:
    manual.jump(60.0)
    second = breaker.acquire()

    probing.failure()
    second.success()

    assert state_of(breaker) is BreakerState.CLOSED


def test_only_the_hung_of_several_probes_lose_their_place(manual: MockClock) -> None:
    """The cap on probes in flight holds for the ones that are alive."""
    settings = BreakerSettings(failure_threshold=1, probes=2, successes_to_close=2)
    breaker = Breaker("two", settings, clock=manual.current_time)
    fail(breaker)
    manual.jump(60.0)
    hung = breaker.acquire()
    manual.jump(30.0)
    alive = breaker.acquire()
    manual.jump(30.0)

    third = breaker.acquire()
    assert rejection(breaker).retry_after_s == 30.0

    hung.success()
    alive.success()
    assert state_of(breaker) is BreakerState.HALF_OPEN
    third.success()
    assert state_of(breaker) is BreakerState.CLOSED


@pytest.mark.parametrize(
    ("results", "state"),
    [("ssf", BreakerState.OPEN), ("sss", BreakerState.CLOSED), ("ssn", BreakerState.HALF_OPEN), ("f", BreakerState.OPEN)],
)
def test_several_successes_may_be_asked_for(manual: MockClock, results: str, state: BreakerState) -> None:
    settings = BreakerSettings(probes=2, successes_to_close=3)
    breaker = Breaker("three", settings, clock=manual.current_time)
    fail(breaker, 5)
    manual.jump(60.0)
    for result in results:
        {"s": Permit.success, "f": Permit.failure, "n": Permit.neutral}[result](breaker.acquire())

    assert state_of(breaker) is state


def test_no_more_probes_than_allowed_are_in_flight(manual: MockClock) -> None:
    breaker = Breaker("three", BreakerSettings(probes=2, successes_to_close=3), clock=manual.current_time)
    fail(breaker, 5)
    manual.jump(60.0)

    first, second = breaker.acquire(), breaker.acquire()
    rejection(breaker)
    first.success()
    third = breaker.acquire()

    assert {first.lease, second.lease, third.lease} == {1, 2, 3}


# Permits and generations


def test_the_first_settlement_wins(breaker: Breaker) -> None:
    permit = breaker.acquire()
    permit.success()
    for _ in range(10):
        permit.failure()
        permit.neutral()

    assert permit.settled is Verdict.SUCCESS
    assert breaker.statistics().failures == 0
    assert breaker.statistics().successes == 1


def test_a_stale_success_does_not_close(breaker: Breaker, notices: list[object]) -> None:
    """It was admitted before the breaker opened, and says nothing about now."""
    stale = breaker.acquire()
    fail(breaker, 5)

    stale.success()

    assert state_of(breaker) is BreakerState.OPEN
    assert notices[-1] == LateResultIgnored("rest", Verdict.SUCCESS)


def test_a_stale_success_does_not_zero_the_count(breaker: Breaker) -> None:
    stale = breaker.acquire()
    breaker.reset()
    fail(breaker, 4)
    stale.success()

    assert breaker.statistics().failures_in_a_row == 4
    assert breaker.statistics().late == 1


def test_a_stale_failure_does_not_disturb_a_probe(breaker: Breaker, manual: MockClock) -> None:
    stale = breaker.acquire()
    fail(breaker, 5)
    manual.jump(60.0)
    probe = breaker.acquire()

    stale.failure()
    assert state_of(breaker) is BreakerState.HALF_OPEN
    probe.success()

    assert state_of(breaker) is BreakerState.CLOSED


def test_a_stale_neutral_frees_no_place(breaker: Breaker, manual: MockClock) -> None:
    """Nor can a permit of the closed state raise the number of probes above the cap."""
    stale = breaker.acquire()
    fail(breaker, 5)
    manual.jump(60.0)
    probe = breaker.acquire()

    stale.neutral()

    rejection(breaker)
    assert probe.settled is None


def test_a_probe_of_an_earlier_round_does_not_count_in_a_later_one(manual: MockClock) -> None:
    settings = BreakerSettings(failure_threshold=1, probes=2, successes_to_close=1)
    breaker = Breaker("rounds", settings, clock=manual.current_time)
    fail(breaker)
    manual.jump(60.0)
    straggler, failing = breaker.acquire(), breaker.acquire()
    failing.failure()
    manual.jump(60.0)
    breaker_probe = breaker.acquire()

    straggler.success()

    assert state_of(breaker) is BreakerState.HALF_OPEN
    assert breaker.statistics().probes_in_flight == 1
    assert breaker_probe.settled is None


def test_a_permit_is_settled_when_known_not_when_the_call_ends(breaker: Breaker, manual: MockClock) -> None:
    """A connection that opened an hour ago may be called good after thirty seconds."""
    fail(breaker, 4)
    permit = breaker.acquire()
    manual.jump(30.0)
    permit.success()
    manual.jump(3600.0)
    permit.failure()  # it dropped; that is another story

    assert breaker.statistics().failures_in_a_row == 0


# Operators


def test_forced_open_never_recovers_by_time(breaker: Breaker, manual: MockClock) -> None:
    breaker.force_open()
    manual.jump(1e9)

    error = rejection(breaker)

    assert error.retry_after_s is None
    assert error.advice == "give up"
    assert breaker.peek() == float("inf")


def test_disabled_admits_and_records_nothing(breaker: Breaker) -> None:
    breaker.disable()
    fail(breaker, 100)
    breaker.acquire().success()

    statistics = breaker.statistics()
    assert state_of(breaker) is BreakerState.DISABLED
    assert (statistics.failures, statistics.successes, statistics.failures_in_a_row) == (0, 0, 0)


@pytest.mark.parametrize("override", [Breaker.force_open, Breaker.disable, Breaker.reset])
def test_results_in_flight_across_an_override_are_dropped(breaker: Breaker, override: object) -> None:
    assert callable(override)
    fail(breaker, 4)
    in_flight = breaker.acquire()
    generation = breaker.statistics().generation

    override(breaker)
    state = breaker.state
    in_flight.failure()

    assert state_of(breaker) is state
    assert breaker.statistics().generation == generation + 1
    assert breaker.statistics().failures_in_a_row == 0


def test_reset_closes_and_forgets(breaker: Breaker) -> None:
    fail(breaker, 5)
    breaker.reset()
    fail(breaker, 4)

    assert state_of(breaker) is BreakerState.CLOSED


def test_probe_now_ends_a_long_spell(manual: MockClock) -> None:
    """Whoever knows that the venue is back need not wait out five minutes."""
    breaker = Breaker("socket", BreakerSettings(failure_threshold=1, open_s=300.0), clock=manual.current_time)
    fail(breaker)

    breaker.probe_now()

    assert breaker.acquire().lease is not None


def test_probe_now_does_nothing_unless_open(breaker: Breaker) -> None:
    breaker.force_open()
    breaker.probe_now()

    assert breaker.peek() == float("inf")


def test_open_for_the_time_that_the_other_side_names(breaker: Breaker, manual: MockClock, notices: list[object]) -> None:
    breaker.open_for(7.0)
    assert state_of(breaker) is BreakerState.OPEN
    assert breaker.peek() == 7.0
    assert notices == [BreakerOpened("rest", BreakerState.CLOSED, BreakerCause.TOLD_TO_WAIT, 7.0, 0, None)]

    manual.jump(7.0)

    assert breaker.acquire().lease is not None


def test_open_for_lengthens_a_spell_but_never_shortens_it(breaker: Breaker) -> None:
    fail(breaker, 5)
    breaker.open_for(10.0)
    assert breaker.peek() == 60.0

    breaker.open_for(120.0)

    assert breaker.peek() == 120.0


def test_open_for_has_no_say_over_an_operator(breaker: Breaker) -> None:
    breaker.disable()
    breaker.open_for(10.0)

    assert state_of(breaker) is BreakerState.DISABLED


@pytest.mark.parametrize("hostile", [0.0, -1.0, float("nan"), float("inf"), True, "10"])
def test_open_for_refuses_what_is_no_duration(breaker: Breaker, hostile: float) -> None:
    with pytest.raises(ValueError, match="open_for"):
        breaker.open_for(hostile)

    assert state_of(breaker) is BreakerState.CLOSED


# Time


def test_an_open_spell_does_not_outlive_its_trio_run_for_ever() -> None:
    """Each run's clock begins elsewhere. A stamp that lies ahead costs one spell at most, and no wait is negative."""
    now = 1e6
    breaker = Breaker("rest", clock=lambda: now)
    fail(breaker, 5)
    now = 1e5

    assert breaker.peek() == 60.0
    now += 60.0

    assert breaker.acquire().lease is not None


def test_a_probe_of_an_earlier_trio_run_is_taken_for_hung() -> None:
    now = 1e6
    breaker = Breaker("rest", clock=lambda: now)
    fail(breaker, 5)
    now += 60.0
    lost = breaker.acquire()
    now = 1e5

    assert breaker.acquire().lease is not None
    assert lost.settled is None


# Probes


def test_every_transition_and_decision_is_told(breaker: Breaker, manual: MockClock, notices: list[object]) -> None:
    fail(breaker, 5)
    rejection(breaker)
    manual.jump(60.0)
    breaker.acquire().success()
    breaker.force_open()
    rejection(breaker)
    breaker.disable()
    breaker.reset()

    assert notices == [
        BreakerOpened("rest", BreakerState.CLOSED, BreakerCause.TOO_MANY_FAILURES, 60.0, 5, None),
        CallRejected("rest", BreakerState.OPEN, 60.0),
        BreakerHalfOpened("rest"),
        BreakerClosed("rest", BreakerState.HALF_OPEN, BreakerCause.PROBES_SUCCEEDED),
        BreakerForcedOpen("rest", BreakerState.CLOSED),
        CallRejected("rest", BreakerState.FORCED_OPEN, None),
        BreakerDisabled("rest", BreakerState.FORCED_OPEN),
        BreakerClosed("rest", BreakerState.DISABLED, BreakerCause.RESET),
    ]


def test_a_probe_finds_the_transition_complete(manual: MockClock) -> None:
    seen: list[tuple[type[object], BreakerState, int]] = []

    def look(notice: object) -> None:
        seen.append((type(notice), watched.state, watched.statistics().probes_in_flight))

    watched = Breaker("seen", BreakerSettings(failure_threshold=1), probe=look, clock=manual.current_time)
    fail(watched)
    manual.jump(60.0)
    watched.acquire().success()

    assert seen == [
        (BreakerOpened, BreakerState.OPEN, 0),
        (BreakerHalfOpened, BreakerState.HALF_OPEN, 1),
        (BreakerClosed, BreakerState.CLOSED, 0),
    ]


def test_a_probe_may_call_the_breaker(manual: MockClock) -> None:
    """A listener that resets on opening neither blocks nor makes a second transition happen."""
    told: list[type[object]] = []

    def reset(notice: object) -> None:
        told.append(type(notice))
        if isinstance(notice, BreakerOpened):
            nested.reset()

    nested = Breaker("nested", BreakerSettings(failure_threshold=2), probe=reset, clock=manual.current_time)
    fail(nested, 2)

    assert state_of(nested) is BreakerState.CLOSED
    assert told == [BreakerOpened, BreakerClosed]
    fail(nested)
    assert state_of(nested) is BreakerState.CLOSED


def test_a_probe_that_raises_changes_nothing(manual: MockClock, caplog: pytest.LogCaptureFixture) -> None:
    """Its exception is logged; neither the state nor the caller feels it."""

    def broken(_notice: object) -> None:
        raise RuntimeError("the dashboard is gone")

    breaker = Breaker("rest", REST_BREAKER, probe=broken, clock=manual.current_time)
    fail(breaker, 5)
    error = rejection(breaker)
    manual.jump(60.0)
    breaker.acquire().success()

    assert error.retry_after_s == 60.0
    assert state_of(breaker) is BreakerState.CLOSED
    assert [record.name for record in caplog.records] == ["seawall.resilience"] * 4
    assert "the dashboard is gone" in caplog.text


def test_a_probe_interrupted_by_the_user_lets_that_through(manual: MockClock) -> None:
    """Ctrl-C is nobody's to swallow; the transition stands all the same."""

    def interrupted(_notice: object) -> None:
        raise KeyboardInterrupt

    breaker = Breaker("rest", BreakerSettings(failure_threshold=1), probe=interrupted, clock=manual.current_time)
    with pytest.raises(KeyboardInterrupt):
        fail(breaker)

    assert state_of(breaker) is BreakerState.OPEN


def test_the_notice_of_an_opening_says_what_the_last_failure_was(breaker: Breaker, notices: list[object]) -> None:
    for _ in range(5):
        breaker.acquire().settle(Verdict.FAILURE, OSError("no route to host"))

    opened = notices[-1]
    assert isinstance(opened, BreakerOpened)
    assert opened.outcome == "OSError: no route to host"


def test_statistics_are_frozen_and_add_up(breaker: Breaker) -> None:
    fail(breaker, 2)
    breaker.acquire().success()
    breaker.acquire().neutral()
    before = breaker.statistics()
    fail(breaker, 5)
    rejection(breaker)
    now = breaker.statistics()

    assert (before.failures, before.successes, before.neutrals, before.rejections, before.openings) == (2, 1, 1, 0, 0)
    assert (now.failures, now.rejections, now.openings) == (7, 1, 1)
    with pytest.raises(AttributeError):
        now.failures = 0  # type: ignore[misc]  # that it is frozen is the point


def test_the_repr_tells_what_one_wants_to_know(breaker: Breaker) -> None:
    fail(breaker, 2)

    assert repr(breaker) == "<Breaker 'rest' closed, 2 of 5 failures in a row, 0 probes in flight>"
