"""The heart of the circuit breaker: what is counted, and what moves its state. No `await` anywhere."""

from collections.abc import Callable

import attrs
import trio

from seawall.resilience.breaker_notices import (
    BreakerClosed,
    BreakerDisabled,
    BreakerForcedOpen,
    BreakerHalfOpened,
    BreakerOpened,
    CallRejected,
    LateResultIgnored,
    ProbeLeaseEnded,
)
from seawall.resilience.breaker_settings import BreakerSettings
from seawall.resilience.breaker_states import BreakerCause, BreakerState, after
from seawall.resilience.breaker_statistics import BreakerStatistics
from seawall.resilience.checks import a_number
from seawall.resilience.errors import CircuitOpen
from seawall.resilience.leases import Leases
from seawall.resilience.open_spell import OpenSpell
from seawall.resilience.permits import Permit, ProbePermit
from seawall.resilience.probes import Probe, ignore, tell
from seawall.resilience.verdicts import Classify, Verdict, classify, leaves, verdict_of

__all__ = ["Circuit"]


@attrs.define(eq=False, repr=False)
class Circuit:
    """A breaker without the calling: permits are taken from it and settled. `Breaker` adds the ways to use one.

    Nothing in it awaits, and one thread runs a trio program: so it needs no lock. It may be made, steered and read
    outside a trio run.
    """

    name: str
    settings: BreakerSettings = attrs.field(factory=BreakerSettings)
    _classify: Classify = attrs.field(default=classify, kw_only=True)
    _probe: Probe = attrs.field(default=ignore, kw_only=True)
    _clock: Callable[[], float] = attrs.field(default=trio.current_time, kw_only=True)
    _state: BreakerState = attrs.field(default=BreakerState.CLOSED, init=False)
    _generation: int = attrs.field(default=1, init=False)
    _failures_in_a_row: int = attrs.field(default=0, init=False)
    _probe_successes: int = attrs.field(default=0, init=False)
    _leases: Leases = attrs.field(init=False)
    """The probes in flight."""
    _spell: OpenSpell = attrs.field(init=False)
    _changed: trio.Event = attrs.field(factory=trio.Event, init=False)
    _successes: int = attrs.field(default=0, init=False)
    _failures: int = attrs.field(default=0, init=False)
    _neutrals: int = attrs.field(default=0, init=False)
    _rejections: int = attrs.field(default=0, init=False)
    _late: int = attrs.field(default=0, init=False)
    _slow: int = attrs.field(default=0, init=False)
    _openings: int = attrs.field(default=0, init=False)
    _timed: bool = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self._leases = Leases(self.settings.probes, self.settings.probe_lease_s)
        self._spell = OpenSpell(self.settings)
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

    def peek(self) -> float:
        """Seconds until a call may pass: 0.0 when one may now, infinite when forced open. Changes nothing."""
        match self._state:
            case BreakerState.CLOSED | BreakerState.DISABLED:
                return 0.0
            case BreakerState.FORCED_OPEN:
                return float("inf")
            case BreakerState.OPEN:
                return self._spell.left_s(self._clock())
            case BreakerState.HALF_OPEN:
                return self._leases.wait_s(self._clock())

    # Steering it

    def open_for(self, open_s: float) -> None:
        """Let nothing pass for `open_s` seconds, because the other side said so. Never shortens a spell under way.

        It has no say over a breaker that is forced open or disabled. Raises `BadSetting` unless finite and above zero.
        """
        spell_s = a_number("open_for", open_s, "a finite number of seconds above zero", least=0.0, inclusive=False)
        if self._state is BreakerState.OPEN and self.peek() >= spell_s:
            return
        if after(self._state, BreakerCause.TOLD_TO_WAIT) is BreakerState.OPEN:
            self._move(BreakerCause.TOLD_TO_WAIT, spell_s=spell_s)

    def probe_now(self) -> None:
        """End an open spell early: the next call is a probe. Without effect in any other state."""
        if self._state is BreakerState.OPEN:
            self._spell.end()
            self._wake()

    def force_open(self) -> None:
        """Let nothing pass until `reset` or `disable`."""
        self._move(BreakerCause.FORCED_OPEN)

    def disable(self) -> None:
        """Let everything pass, and count nothing, until `reset` or `force_open`."""
        self._move(BreakerCause.DISABLED)

    def reset(self) -> None:
        """Close it, with nothing counted and the open spell at its first length."""
        self._move(BreakerCause.RESET)

    # Reading it

    @property
    def state(self) -> BreakerState:
        """The state. Reading it moves nothing: an open breaker becomes half open only when a call comes."""
        return self._state

    @property
    def effective_state(self) -> BreakerState:
        """The state the next call will find: `HALF_OPEN` for a breaker whose open spell is over."""
        if self._state is BreakerState.OPEN and self.peek() <= 0.0:
            return BreakerState.HALF_OPEN
        return self._state

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

    def judge(self, outcome: object, began_at: float | None = None) -> Verdict:
        """What `outcome` counts for: groups by their leaves, cancellation and `CircuitOpen` always neutral."""
        if not isinstance(outcome, BaseException):
            return self._classify(outcome)
        if self.settings.count_outer_deadline and began_at is not None and _cut_by_deadline(outcome):
            return Verdict.FAILURE if self._is_slow(began_at) else Verdict.NEUTRAL
        return verdict_of(outcome, self._classify)

    # Its insides

    def settle(self, permit: Permit, verdict: Verdict, outcome: object) -> None:
        """Count how the call of `permit` ended. For permits; callers use the permit's own methods."""
        if permit.began_at is not None and self._is_slow(permit.began_at):
            self._slow += 1
        if verdict is Verdict.SUCCESS and permit.generation == self._generation and self._state is BreakerState.CLOSED:
            self._successes += 1  # the usual way, without a detour
            self._failures_in_a_row = 0
        else:
            self._settle(permit.generation, permit.lease, verdict, outcome)

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

    def _is_slow(self, began_at: float) -> bool:
        return self.settings.slow_s is not None and self._clock() - began_at >= self.settings.slow_s

    def _rejected(self, wait_s: float) -> CircuitOpen:
        self._rejections += 1
        retry_after_s = None if self._state is BreakerState.FORCED_OPEN else wait_s
        tell(self._probe, CallRejected(self.name, self._state, retry_after_s))
        return CircuitOpen(self.name, retry_after_s)  # a new one each time: a kept one would gather tracebacks

    def _move(self, cause: BreakerCause, *, spell_s: float | None = None, outcome: object = None) -> None:
        tell(self._probe, self._moved(cause, spell_s=spell_s, outcome=outcome))

    def _moved(self, cause: BreakerCause, *, spell_s: float | None = None, outcome: object = None) -> object:
        """Make the transition, whole; return the notice that is to be told once everything else is in its place."""
        before, failures = self._state, self._failures_in_a_row
        self._state = after(before, cause)
        self._generation += 1
        self._leases.clear()
        self._failures_in_a_row = self._probe_successes = 0
        if self._state is BreakerState.OPEN:
            self._openings += 1
            now = self._clock()
            self._spell.begin(now) if spell_s is None else self._spell.begin_for(spell_s, now)
        elif self._state is BreakerState.CLOSED:
            self._spell.forget()
        self._wake()
        return self._notice(before, cause, failures, outcome)

    def _notice(self, before: BreakerState, cause: BreakerCause, failures: int, outcome: object) -> object:
        match self._state:
            case BreakerState.OPEN:
                return BreakerOpened(self.name, before, cause, self._spell.length_s, failures, _in_words(outcome))
            case BreakerState.HALF_OPEN:
                return BreakerHalfOpened(self.name)
            case BreakerState.CLOSED:
                return BreakerClosed(self.name, before, cause)
            case BreakerState.FORCED_OPEN:
                return BreakerForcedOpen(self.name, before)
            case BreakerState.DISABLED:
                return BreakerDisabled(self.name, before)

    def _wake(self) -> None:
        self._changed.set()
        self._changed = trio.Event()


def _in_words(outcome: object) -> str | None:
    if outcome is None:
        return None
    text = f"{type(outcome).__name__}: {outcome}" if isinstance(outcome, BaseException) else repr(outcome)
    return text[:200]


def _cut_by_deadline(error: BaseException) -> bool:
    return any(isinstance(leaf, trio.Cancelled) and leaf.source == "deadline" for leaf in leaves(error))
