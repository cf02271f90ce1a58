"""Whom a taker meets, and how much of each: a plan, made without changing anything."""

from collections import deque
from collections.abc import Iterable
from decimal import Decimal
from itertools import groupby
from operator import attrgetter

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
    """Match `qty` against `resting`, which comes in the order in which it is met. All users are one account.

    An iceberg is met once for each part that it shows; the later parts stand behind all others at its price.
    """
    left = qty
    matches: list[tuple[Resting, Decimal]] = []
    own: list[Resting] = []
    for _, level in groupby(resting, key=attrgetter("price")):
        queue = deque((entry, entry.qty, entry.hidden) for entry in level)
        while queue and left:
            entry, shown, hidden = queue.popleft()
            if is_user and entry.order is not None:
                if self_trade is not SelfTrade.CANCEL_NEWEST:
                    own.append(entry)
                if self_trade is not SelfTrade.CANCEL_OLDEST:
                    return Plan(tuple(matches), left, tuple(own), stopped=True)
                continue
            taken = min(left, shown)
            matches.append((entry, taken))
            left -= taken
            if taken == shown and hidden:
                part = min(hidden, entry.peak)
                queue.append((entry, part, hidden - part))
        if not left:
            break
    return Plan(tuple(matches), left, tuple(own))
