"""When a position is closed for its strategy: stop loss, trailing stop, take profit, age.

Pure: the monitor asks at each new price, the desk closes. Prices are those at which the position could be closed now:
the bid for a long one, the ask for a short one.
"""

from decimal import Decimal

import attrs

from seawall.engine.portfolio import Position
from seawall.engine.settings import ExitRules
from seawall.model.numbers import ZERO

__all__ = ["Exit", "TrailingMark", "decide"]


@attrs.frozen
class Exit:
    """Close it: `reason` is `stop_loss`, `trailing`, `take_profit` or `max_age`; `detail` is for people."""

    reason: str
    detail: str


@attrs.define(eq=False)
class TrailingMark:
    """The best price since a position was opened: the highest for a long one, the lowest for a short one."""

    best_price: Decimal | None = attrs.field(default=None, init=False)
    _opened_at_ns: int | None = attrs.field(default=None, init=False)
    _is_long: bool = attrs.field(default=True, init=False)

    def see(self, position: Position, mark: Decimal) -> Decimal | None:
        """Take a price, and return the best one so far; None for a flat position.

        Starts anew from the entry when the position is another one than before: flat in between, or turned round. What
        the price did before the first call is not known, and not guessed.
        """
        is_long = position.qty > ZERO
        is_same = (self._opened_at_ns, self._is_long) == (position.opened_at_ns, is_long)
        known = self.best_price if is_same and self.best_price is not None else position.average_price
        better = max if is_long else min
        self.best_price = None if known is None or position.is_flat else better(known, mark)
        self._opened_at_ns, self._is_long = position.opened_at_ns, is_long
        return self.best_price


def decide(position: Position, rules: ExitRules, best_price: Decimal | None, mark: Decimal | None, now_ns: int) -> Exit | None:
    """Whether `position` is to be closed at the price `mark`, and why; None when it may stay, or is flat.

    Without a `mark` only its age is looked at. `best_price` is the best price since entry, None when not known; `now_ns`
    and the fills' times are nanoseconds since the epoch. Of several reasons the first of stop loss, trailing stop, take
    profit, age is told.
    """
    entry = position.average_price
    if entry is None:
        return None
    return (_by_price(position, entry, rules, best_price, mark) if mark is not None else None) or _by_age(position, rules, now_ns)


def _by_price(position: Position, entry: Decimal, rules: ExitRules, best_price: Decimal | None, mark: Decimal) -> Exit | None:
    direction = 1 if position.qty > ZERO else -1
    gain = direction * (mark - entry)
    if rules.stop_loss is not None and gain <= -rules.stop_loss * entry:
        return Exit("stop_loss", f"{mark} is {rules.stop_loss} or more on the wrong side of the entry at {entry:.8g}")
    if rules.trailing is not None and best_price is not None and direction * (best_price - mark) >= rules.trailing * best_price:
        return Exit("trailing", f"{mark} is {rules.trailing} or more away from the best price, {best_price:.8g}")
    if rules.take_profit is not None and gain >= rules.take_profit * entry:
        return Exit("take_profit", f"{mark} is {rules.take_profit} or more on the right side of the entry at {entry:.8g}")
    return None


def _by_age(position: Position, rules: ExitRules, now_ns: int) -> Exit | None:
    if rules.max_age_s is None or position.opened_at_ns is None:
        return None
    age_s = (now_ns - position.opened_at_ns) / 1_000_000_000
    return Exit("max_age", f"open for {age_s:.0f} s, it may be for {rules.max_age_s:g} s") if age_s >= rules.max_age_s else None
