"""The state of a circuit breaker, and what moves it. No `await` anywhere."""

from collections.abc import Callable

import attrs
import trio

from seawall.resilience.breaker_notices import notice_of_move
from seawall.resilience.breaker_settings import BreakerSettings
from seawall.resilience.breaker_states import BreakerCause, BreakerState, after
from seawall.resilience.checks import a_number
from seawall.resilience.leases import Leases
from seawall.resilience.open_spell import OpenSpell
from seawall.resilience.probes import Probe, ignore, tell

__all__ = ["Circuit"]


@attrs.define(eq=False, repr=False)
class Circuit:
    """Whether calls pass, for how long they do not, and who may steer that. `CountedCircuit` gives the permits.

    Nothing in it awaits, and one thread runs a trio program: so it needs no lock. It may be made, steered and read
    outside a trio run.
    """

    name: str
    settings: BreakerSettings = attrs.field(factory=BreakerSettings)
    _probe: Probe = attrs.field(default=ignore, kw_only=True)
    _clock: Callable[[], float] = attrs.field(default=trio.current_time, kw_only=True)
    _state: BreakerState = attrs.field(default=BreakerState.CLOSED, init=False)
    _generation: int = attrs.field(default=1, init=False)
    _failures_in_a_row: int = attrs.field(default=0, init=False)
    _probe_successes: int = attrs.field(default=0, init=False)
    _openings: int = attrs.field(default=0, init=False)
    _leases: Leases = attrs.field(init=False)
    """The probes in flight."""
    _spell: OpenSpell = attrs.field(init=False)
    _changed: trio.Event = attrs.field(factory=trio.Event, init=False)

    def __attrs_post_init__(self) -> None:
        self._leases = Leases(self.settings.probes, self.settings.probe_lease_s)
        self._spell = OpenSpell(self.settings)

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

    # Its insides

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
        return notice_of_move(self.name, before, cause, self._state, self._spell.length_s, failures, outcome)

    def _wake(self) -> None:
        self._changed.set()
        self._changed = trio.Event()
