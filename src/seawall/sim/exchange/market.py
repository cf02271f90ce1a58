"""The state of one pair: its book, its last price, what it printed, and who feeds it."""

from collections import deque
from collections.abc import Iterable
from decimal import Decimal

import attrs

from seawall.model.instruments import PairStatus
from seawall.model.orders import OrderType, Side
from seawall.sim.exchange.book import Book, Resting
from seawall.sim.exchange.events import LevelChange, TradePrint
from seawall.sim.exchange.orders import SimOrder
from seawall.sim.exchange.pairs import Pair

__all__ = ["Market"]

_MATCHING = (PairStatus.ONLINE, PairStatus.LIMIT_ONLY, PairStatus.REDUCE_ONLY)

KEPT_TRADES = 1000
"""What REST Trades can answer at most."""


@attrs.define(eq=False)
class Market:
    """One pair as it trades now. `outside` maps a side and price to the entry that a recording or a live feed keeps there."""

    pair: Pair
    last: Decimal
    fed_from_outside: bool = False
    status: PairStatus = PairStatus.ONLINE
    book: Book = attrs.field(factory=Book)
    trades: deque[TradePrint] = attrs.field(factory=lambda: deque(maxlen=KEPT_TRADES))
    outside: dict[tuple[Side, Decimal], Resting] = attrs.field(factory=dict)
    dormant: dict[str, SimOrder] = attrs.field(factory=dict)
    _moved: dict[str, SimOrder] = attrs.field(factory=dict)
    _trade_id: int = 0

    @property
    def matching(self) -> bool:
        """Whether orders of this pair may trade, as far as the pair is concerned."""
        return self.status in _MATCHING

    def print_trade(self, side: Side, price: Decimal, qty: Decimal, order_type: OrderType, at_ns: int) -> TradePrint:
        """Note one trade under the next id; the last price follows."""
        self._trade_id += 1
        trade = TradePrint(self.pair, self._trade_id, side, price, qty, order_type, at_ns)
        self.trades.append(trade)
        self._move_last(price)
        return trade

    def set_outside(self, levels: Iterable[LevelChange], *, snapshot: bool) -> None:
        """Let the outside quantities stand as the feed says: what users took of a level is offered again once it changes."""
        if snapshot:
            for entry in self.outside.values():
                if entry.qty:
                    self.book.take(entry, entry.qty)
            self.outside.clear()
        for level in levels:
            old = self.outside.pop((level.side, level.price), None)
            if old is not None and old.qty:
                self.book.take(old, old.qty)
            if level.qty:
                self.outside[level.side, level.price] = self.book.rest(level.side, level.price, level.qty)
        self._follow_touch()

    def due_triggers(self) -> list[SimOrder]:
        """Orders whose trigger the last price has reached, oldest first (docs.kraken.com/api/docs/websocket-v2/add_order)."""
        return [order for order in self.dormant.values() if self._reached(order)]

    def trailed(self) -> list[SimOrder]:
        """Waiting orders whose trigger followed the price since the last call; forgets them."""
        moved = [order for order in self._moved.values() if order.dormant and order.live]
        self._moved.clear()
        return moved

    def _move_last(self, price: Decimal) -> None:
        self.last = price
        for order in self.dormant.values():
            if order.trail(price):
                self._moved[order.order_id] = order

    def _reached(self, order: SimOrder) -> bool:
        trigger = order.trigger_price
        assert trigger is not None
        stops = order.ask.order_type in (OrderType.STOP_LOSS, OrderType.STOP_LOSS_LIMIT)
        # A stop follows a move against the position, a take-profit one in its favour.
        on_the_way_up = (order.side is Side.BUY) is stops
        return self.last >= trigger if on_the_way_up else self.last <= trigger

    def _follow_touch(self) -> None:
        # A feed of books without trades has no last price of its own. Whatever traded last cannot be far outside the
        # touch, so the price is moved as little as puts it inside again.
        bid, ask = self.book.bids.best(), self.book.asks.best()
        if bid is not None and self.last < bid:
            self._move_last(bid)
        if ask is not None and self.last > ask:
            self._move_last(ask)
