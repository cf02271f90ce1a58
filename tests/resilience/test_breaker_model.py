"""The breaker against a model of it that is simple enough to be seen right."""

from dataclasses import dataclass, field

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule
from trio.testing import MockClock

from seawall.resilience import Breaker, BreakerSettings, BreakerState, CircuitOpen, Permit, Verdict

SETTINGS = BreakerSettings(failure_threshold=3, open_s=10.0, probes=2, successes_to_close=2, probe_lease_s=8.0)


@dataclass(eq=False)
class Call:
    """One call in flight, as the model sees it."""

    permit: Permit
    epoch: int
    probing_until: float | None


@dataclass
class Model:
    """States in words; an epoch for each change; a list where the breaker has counters and tables."""

    state: str = "closed"
    epoch: int = 0
    streak: list[str] = field(default_factory=list)
    good_probes: int = 0
    opens_at: float = 0.0
    probing: list[Call] = field(default_factory=list)

    def become(self, state: str, opens_at: float = 0.0) -> None:
        self.state, self.epoch, self.opens_at = state, self.epoch + 1, opens_at
        self.streak, self.good_probes, self.probing = [], 0, []

    def admits(self, now: float) -> bool:
        if self.state == "open":
            return now >= self.opens_at
        if self.state == "half open":
            return sum(call.probing_until is not None and call.probing_until > now for call in self.probing) < SETTINGS.probes
        return self.state != "forced open"

    def admit(self, permit: Permit, now: float) -> Call:
        if self.state == "open":
            self.become("half open")
        call = Call(permit, self.epoch, None)
        if self.state == "half open":
            call.probing_until = now + SETTINGS.probe_lease_s
            if len(self.probing) >= SETTINGS.probes:  # somebody's lease is over, else it were not admitted
                self.probing = [other for other in self.probing if other.probing_until is not None and other.probing_until > now]
            self.probing.append(call)
        return call

    def settle(self, call: Call, verdict: Verdict, now: float) -> None:
        stale = call.epoch != self.epoch or (call.probing_until is not None and call not in self.probing)
        if stale or self.state == "disabled":
            return
        if call in self.probing:
            self.probing.remove(call)
        if verdict is Verdict.SUCCESS:
            self.streak = []
            if self.state == "half open":
                self.good_probes += 1
                if self.good_probes == SETTINGS.successes_to_close:
                    self.become("closed")
        elif verdict is Verdict.FAILURE:
            self.streak.append("failure")
            if self.state == "half open" or len(self.streak) == SETTINGS.failure_threshold:
                self.become("open", now + SETTINGS.open_s)


class BreakerAgainstModel(RuleBasedStateMachine):
    """Calls, results in any order and late, time, and operators."""

    calls = Bundle("calls")

    def __init__(self) -> None:
        super().__init__()
        self.clock = MockClock()
        self.breaker = Breaker("model", SETTINGS, clock=self.clock.current_time)
        self.model = Model()

    @property
    def now(self) -> float:
        return self.clock.current_time()

    @rule(target=calls)
    def call(self) -> Call | None:
        admits = self.model.admits(self.now)
        try:
            permit = self.breaker.acquire()
        except CircuitOpen:
            assert not admits
            return None
        assert admits
        return self.model.admit(permit, self.now)

    @rule(call=consumes(calls), verdict=st.sampled_from(Verdict))
    def settle(self, call: Call | None, verdict: Verdict) -> None:
        if call is not None and call.permit.settled is None:
            call.permit.settle(verdict)
            self.model.settle(call, verdict, self.now)

    @rule(call=calls, verdict=st.sampled_from(Verdict), again=st.sampled_from(Verdict))
    def settle_twice(self, call: Call | None, verdict: Verdict, again: Verdict) -> None:
        if call is not None and call.permit.settled is None:
            call.permit.settle(verdict)
            self.model.settle(call, verdict, self.now)
            call.permit.settle(again)

    @rule(seconds=st.sampled_from([0.5, 4.0, 8.0, 10.0]))
    def wait(self, seconds: float) -> None:
        self.clock.jump(seconds)

    @rule(seconds=st.sampled_from([5.0, 40.0]))
    def told_to_wait(self, seconds: float) -> None:
        self.breaker.open_for(seconds)
        longer = self.model.state != "open" or max(0.0, self.model.opens_at - self.now) < seconds
        if self.model.state not in {"forced open", "disabled"} and longer:
            self.model.become("open", self.now + seconds)

    @rule(order=st.sampled_from(["forced open", "disabled", "closed"]))
    def operator(self, order: str) -> None:
        {"forced open": self.breaker.force_open, "disabled": self.breaker.disable, "closed": self.breaker.reset}[order]()
        self.model.become(order)

    @invariant()
    def they_agree(self) -> None:
        statistics = self.breaker.statistics()
        assert self.breaker.state.value == self.model.state
        assert statistics.failures_in_a_row == len(self.model.streak)
        assert statistics.probes_in_flight == len(self.model.probing)
        assert statistics.probes_in_flight <= SETTINGS.probes
        assert (self.breaker.peek() == 0.0) == self.model.admits(self.now)
        assert self.breaker.state is not BreakerState.OPEN or self.breaker.peek() <= max(SETTINGS.open_s, 40.0)


BreakerAgainstModel.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestBreakerAgainstModel = BreakerAgainstModel.TestCase
