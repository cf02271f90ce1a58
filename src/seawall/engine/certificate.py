"""The proof printed at exit: what is left, or that nothing is."""

from decimal import Decimal

import attrs

__all__ = ["Certificate"]


@attrs.frozen
class Certificate:
    """What was true when the engine had stopped.

    `open_orders` are ours that the exchange still listed (kept ones left out), None when it could not be asked;
    `last_known_open` are then those that were open when it was last heard of.
    `positions` are owner, symbol and quantity of all that is held; `handed_over` and `unclosed` owner, symbol and reason of
    those that outlived a block on purpose, and of those that a block was to close and could not.
    `dead_mans_switch` is `off` (configured so), `disarmed`, or `armed`: Kraken will cancel every order of the account.
    """

    engine: str
    reason: str
    ran_s: float
    tasks_left: tuple[str, ...]
    open_orders: tuple[str, ...] | None
    in_doubt: tuple[str, ...]
    kept: tuple[str, ...]
    positions: tuple[tuple[str, str, Decimal], ...]
    dead_mans_switch: str
    journal: str
    crashes: tuple[str, ...] = ()
    quarantined: tuple[str, ...] = ()
    last_known_open: tuple[str, ...] = ()
    handed_over: tuple[tuple[str, str, str], ...] = ()
    unclosed: tuple[tuple[str, str, str], ...] = ()

    @property
    def confirmed(self) -> bool:
        """Whether the exchange itself has said that nothing of ours is open, and nothing is in doubt or running."""
        return self.open_orders == () and not self.in_doubt and not self.tasks_left

    @property
    def clean(self) -> bool:
        """Confirmed, and nothing broke on the way."""
        broken = self.crashes or self.quarantined or self.unclosed
        return self.confirmed and self.journal == "closed" and not broken

    def __str__(self) -> str:
        return "\n".join([f"certificate of {self.engine}, stopped after {self.ran_s:.1f} s: {self.reason}", *self._lines()])

    def _lines(self) -> list[str]:
        asked = "unknown: the exchange could not be asked" if self.open_orders is None else str(len(self.open_orders))
        lines = [
            f"  tasks left        {len(self.tasks_left)}",
            *(f"    {name}" for name in self.tasks_left),
            f"  open orders       {asked}",
            *(f"    {line}" for line in self.open_orders or ()),
            *(f"    last known: {line}" for line in self.last_known_open),
            f"  in doubt          {len(self.in_doubt)}",
            *(f"    {line}" for line in self.in_doubt),
        ]
        if self.kept:
            lines += [f"  kept on purpose   {len(self.kept)}", *(f"    {line}" for line in self.kept)]
        if self.positions:
            lines.append("  positions held")
            lines += [f"    {owner} {qty} {symbol}{self._fate(owner, symbol)}" for owner, symbol, qty in self.positions]
        lines += [f"  dead man's switch {self.dead_mans_switch}", f"  journal           {self.journal}"]
        lines += [f"  crashed           {text}" for text in self.crashes]
        lines += [f"  quarantined       {name}" for name in self.quarantined]
        lines.append("  clean: nothing was left behind" if self.clean else "  NOT CLEAN: see above")
        return lines

    def _fate(self, owner: str, symbol: str) -> str:
        """What a block that held the position left to say of it."""
        for words, fates in ((", NOT CLOSED", self.unclosed), (", handed over", self.handed_over)):
            for whose, what, reason in fates:
                if (whose, what) == (owner, symbol):
                    return f"{words}: {reason}"
        return ""
