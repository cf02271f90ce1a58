"""Calls through a circuit breaker: who may make one, and what its end counts for. No `await` anywhere."""

import attrs
import trio

from seawall.resilience.breaker_notices import CallRejected, LateResultIgnored, ProbeLeaseEnded
from seawall.resilience.breaker_states import BreakerCause, BreakerState
from seawall.resilience.breaker_statistics import BreakerStatistics
from seawall.resilience.circuit import Circuit
from seawall.resilience.errors import CircuitOpen
from seawall.resilience.permits import Permit, ProbePermit
from seawall.resilience.probes import tell
from seawall.resilience.verdicts import Classify, Verdict, classify, leaves, verdict_of

__all__ = ["CountedCircuit"]


@attrs.define(eq=False, repr=False)
class CountedCircuit(Circuit):
    """A breaker without the calling: permits are taken from it and settled. `Breaker` adds the ways to use one."""

    _classify: Classify = attrs.field(default=classify, kw_only=True)
    _successes: int = attrs.field(default=0, init=False)
    _failures: int = attrs.field(default=0, init=False)
    _neutrals: int = attrs.field(default=0, init=False)
    _rejections: int = attrs.field(default=0, init=False)
    _late: int = attrs.field(default=0, init=False)
    _slow: int = attrs.field(default=0, init=False)
    _timed: bool = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        self._timed = self.settings.slow_s is not None

    def acquire(self) -> Permit:
        """Leave for one call, to be settled later; raises `CircuitOpen` when none can be given. Synchronous."""
        began_at = self._clock() if self._timed else None
        if self._state is BreakerState.CLOSED or self._state is BreakerState.DISABLED:
            return Permit(self, self._generation, None, began_at)
        wait_s = self.peek()
        if wait_s > 0.0:
            raise self._rejected(wait_s)
        return self._admit_probe(self._clock(), began_at)

    def settle(self, permit: Permit, verdict: Verdict, outcome: object) -> None:
        """Count how the call of `permit` ended. For permits; callers use the permit's own methods."""
        if permit.began_at is not None and self._is_slow(permit.began_at):
            self._slow += 1
        if verdict is Verdict.SUCCESS and permit.generation == self._generation and self._state is BreakerState.CLOSED:
            self._successes += 1  # the usual way, without a detour
            self._failures_in_a_row = 0
        else:
            self._settle(permit.generation, permit.lease, verdict, outcome)

    def judge(self, outcome: object, began_at: float | None = None) -> Verdict:
        """What `outcome` counts for: groups by their leaves, cancellation and `CircuitOpen` always neutral."""
        if not isinstance(outcome, BaseException):
            return self._classify(outcome)
        if self.settings.count_outer_deadline and began_at is not None and _cut_by_deadline(outcome):
            return Verdict.FAILURE if self._is_slow(began_at) else Verdict.NEUTRAL
        return verdict_of(outcome, self._classify)

    def statistics(self) -> BreakerStatistics:
        """A snapshot; it reads no clock."""
        return BreakerStatistics(
            name=self.name,
            state=self._state,
            failures_in_a_row=self._failures_in_a_row,
            probes_in_flight=len(self._leases),
            generation=self._generation,
            open_spell_s=self._spell.length_s,
            successes=self._successes,
            failures=self._failures,
            neutrals=self._neutrals,
            rejections=self._rejections,
            late=self._late,
            slow=self._slow,
            openings=self._openings,
        )

    def __repr__(self) -> str:
        counted = f"{self._failures_in_a_row} of {self.settings.failure_threshold} failures in a row"
        return f"<Breaker {self.name!r} {self._state}, {counted}, {len(self._leases)} probes in flight>"

    # Its insides

    def _settle(self, generation: int, lease: int | None, verdict: Verdict, outcome: object) -> None:
        if generation != self._generation or (lease is not None and not self._leases.end(lease)):
            if verdict is not Verdict.NEUTRAL:
                self._late += 1
                tell(self._probe, LateResultIgnored(self.name, verdict))
            return
        if self._state is BreakerState.DISABLED:
            return
        match verdict:
            case Verdict.NEUTRAL:
                self._neutrals += 1
            case Verdict.SUCCESS:
                self._count_success()
            case Verdict.FAILURE:
                self._count_failure(outcome)
        if lease is not None:
            self._wake()

    def _count_success(self) -> None:
        self._successes += 1
        self._failures_in_a_row = 0
        if self._state is BreakerState.HALF_OPEN:
            self._probe_successes += 1
            if self._probe_successes >= self.settings.successes_to_close:
                self._move(BreakerCause.PROBES_SUCCEEDED)

    def _count_failure(self, outcome: object) -> None:
        self._failures += 1
        self._failures_in_a_row += 1
        if self._state is BreakerState.HALF_OPEN:
            self._move(BreakerCause.PROBE_FAILED, outcome=outcome)
        elif self._failures_in_a_row >= self.settings.failure_threshold:
            self._move(BreakerCause.TOO_MANY_FAILURES, outcome=outcome)

    def _admit_probe(self, now: float, began_at: float | None) -> Permit:
        notice: object = None
        if self._state is BreakerState.OPEN:
            notice = self._moved(BreakerCause.SPELL_OVER)
        elif hung := self._leases.revoke_hung(now):
            notice = ProbeLeaseEnded(self.name, hung)
        permit = ProbePermit(self, self._generation, self._leases.lend(now), began_at)
        if notice is not None:  # last, so that a probe which calls back finds everything in its place
            tell(self._probe, notice)
        return permit

    def _rejected(self, wait_s: float) -> CircuitOpen:
        self._rejections += 1
        retry_after_s = None if self._state is BreakerState.FORCED_OPEN else wait_s
        tell(self._probe, CallRejected(self.name, self._state, retry_after_s))
        return CircuitOpen(self.name, retry_after_s)  # a new one each time: a kept one would gather tracebacks

    def _is_slow(self, began_at: float) -> bool:
        return self.settings.slow_s is not None and self._clock() - began_at >= self.settings.slow_s


def _cut_by_deadline(error: BaseException) -> bool:
    return any(isinstance(leaf, trio.Cancelled) and leaf.source == "deadline" for leaf in leaves(error))
