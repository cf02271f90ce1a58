"""Whom a taker meets, and how much of each: a plan, made without changing anything."""

from collections.abc import Iterable
from decimal import Decimal

import attrs

from seawall.model.numbers import ZERO
from seawall.sim.exchange.accounts import cost_of
from seawall.sim.exchange.book import Resting
from seawall.sim.exchange.orders import SelfTrade
from seawall.sim.exchange.pairs import Pair

__all__ = ["Plan", "plan"]


@attrs.frozen
class Plan:
    """`matches` in price-time order; `left` finds no taker. `own` are resting orders of the taker's that have to go,
    `stopped` says that the taker itself has to: a trade with oneself never happens.
    """

    matches: tuple[tuple[Resting, Decimal], ...]
    left: Decimal
    own: tuple[Resting, ...] = ()
    stopped: bool = False

    def cost(self, pair: Pair) -> Decimal:
        """What all matches cost together, booked one by one."""
        return sum((cost_of(pair, entry.price, qty) for entry, qty in self.matches), ZERO)


def plan(resting: Iterable[Resting], qty: Decimal, *, is_user: bool, self_trade: SelfTrade = SelfTrade.CANCEL_NEWEST) -> Plan:
    """Match `qty` against `resting`, which comes in the order in which it is met. All users are one account."""
    left = qty
    matches: list[tuple[Resting, Decimal]] = []
    own: list[Resting] = []
    for entry in resting:
        if not left:
            break
        if is_user and entry.order is not None:
            if self_trade is not SelfTrade.CANCEL_NEWEST:
                own.append(entry)
            if self_trade is not SelfTrade.CANCEL_OLDEST:
                return Plan(tuple(matches), left, tuple(own), stopped=True)
            continue
        taken = min(left, entry.qty)
        matches.append((entry, taken))
        left -= taken
    return Plan(tuple(matches), left, tuple(own))
