"""How long a breaker stays open, and how that grows while it finds no reason to close. No clock of its own."""

import attrs

from seawall.resilience.breaker_settings import BreakerSettings

__all__ = ["OpenSpell"]


@attrs.define
class OpenSpell:
    """The current open spell, or the last one."""

    settings: BreakerSettings
    length_s: float = attrs.field(init=False)
    _next_s: float = attrs.field(init=False)
    _began_at: float = attrs.field(default=0.0, init=False)

    def __attrs_post_init__(self) -> None:
        self.forget()

    def begin(self, now: float) -> None:
        """Begin the next spell: as long as the one before, or longer by the growth, up to its maximum."""
        self._began_at, self.length_s = now, self._next_s
        if self.settings.open_growth > 1.0:  # one step at a time, so that no number of spells overflows
            self._next_s = min(self._next_s * self.settings.open_growth, self.settings.open_max_s)

    def begin_for(self, length_s: float, now: float) -> None:
        """Begin a spell whose length somebody else named; it has no part in the growth."""
        self._began_at, self.length_s = now, length_s

    def end(self) -> None:
        """End it now."""
        self.length_s = 0.0

    def forget(self) -> None:
        """Let the next spell be the first again."""
        self.length_s = self._next_s = self.settings.open_s

    def left_s(self, now: float) -> float:
        """Seconds until it is over: 0.0 from its very end on."""
        # A start that lies ahead was stamped in another trio run: begin anew rather than wait for that run's clock.
        self._began_at = min(self._began_at, now)
        return max(0.0, self._began_at + self.length_s - now)
