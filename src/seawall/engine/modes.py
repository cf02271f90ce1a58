"""How much the engine dares: trade, only shrink what is held, or nothing at all.

Several causes may ask for a mode at once (a limit, an operator, the journal); the most careful of them holds.
`REDUCING` ends when nobody asks for it any more. `HALTED` lasts until the engine is started again: what led to it has
cost money, and a person looks before it goes on.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

import attrs

__all__ = ["FOLLOWS", "Mode", "ModeChanged", "ModeSwitch", "following"]


class Mode(StrEnum):
    """What kind of orders the desk takes. Cancels go on in every mode."""

    RUNNING = "running"
    """All that the limits allow."""
    REDUCING = "reducing"
    """Only orders that bring a position nearer to zero, whatever else fills."""
    HALTED = "halted"
    """None. Open orders are cancelled, but those that protect a position (`seawall.engine.halting`)."""


FOLLOWS: Final[Mapping[Mode, Mapping[Mode, Mode]]] = {
    Mode.RUNNING: {Mode.RUNNING: Mode.RUNNING, Mode.REDUCING: Mode.REDUCING, Mode.HALTED: Mode.HALTED},
    Mode.REDUCING: {Mode.RUNNING: Mode.RUNNING, Mode.REDUCING: Mode.REDUCING, Mode.HALTED: Mode.HALTED},
    Mode.HALTED: {Mode.RUNNING: Mode.HALTED, Mode.REDUCING: Mode.HALTED, Mode.HALTED: Mode.HALTED},
}
"""The mode that is, the mode that is asked for, and the one that follows."""

_CARE: Final = (Mode.RUNNING, Mode.REDUCING, Mode.HALTED)


def following(mode: Mode, asked: Mode) -> Mode:
    """What becomes of `mode` when `asked` is asked for."""
    return FOLLOWS[mode][asked]


@attrs.frozen
class ModeChanged:
    """From now on the desk takes other orders than before."""

    before: Mode
    after: Mode
    reason: str

    def __str__(self) -> str:
        return f"{self.after.value}, was {self.before.value}: {self.reason}"


@attrs.frozen
class _Ask:
    mode: Mode
    reason: str


@attrs.define(eq=False)
class ModeSwitch:
    """The mode the engine is in, and who asked for what."""

    _mode: Mode = attrs.field(default=Mode.RUNNING, init=False)
    _reason: str = attrs.field(default="", init=False)
    _asks: dict[str, _Ask] = attrs.field(factory=dict, init=False)

    @property
    def mode(self) -> Mode:
        """The mode that holds."""
        return self._mode

    @property
    def reason(self) -> str:
        """Why it last changed; empty when it never did."""
        return self._reason

    def ask(self, cause: str, mode: Mode, reason: str) -> ModeChanged | None:
        """Set what `cause` (a short name: `risk`, `operator`) asks for, in place of what it asked for before.

        Returns the change when the engine's mode is another one now.
        """
        if mode is Mode.RUNNING:
            self._asks.pop(cause, None)
        else:
            self._asks[cause] = _Ask(mode, reason)
        deciding = max(self._asks.values(), key=lambda ask: _CARE.index(ask.mode), default=_Ask(Mode.RUNNING, reason))
        before, self._mode = self._mode, following(self._mode, deciding.mode)
        if self._mode is before:
            return None
        self._reason = deciding.reason
        return ModeChanged(before, self._mode, deciding.reason)
