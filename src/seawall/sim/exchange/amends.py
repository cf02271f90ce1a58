"""Changing an open order in place, by the rules of docs.kraken.com/api/docs/guides/spot-amends.

Less quantity keeps the place in the queue; more quantity, or another price, goes to the back. Less than is filled
already means: what is filled stays, the rest is canceled.
"""

from decimal import Decimal

import attrs

from seawall.model.numbers import ZERO
from seawall.sim.exchange.accounts import reserved_by
from seawall.sim.exchange.book import Book, Resting
from seawall.sim.exchange.checks import check_display, check_grid
from seawall.sim.exchange.events import OrderAmended
from seawall.sim.exchange.floor import USER_REQUESTED, Floor
from seawall.sim.exchange.market import Market
from seawall.sim.exchange.offsets import Offset
from seawall.sim.exchange.orders import OrderChange, SimOrder, Status
from seawall.sim.exchange.refusal import ApiError, invalid

__all__ = ["amend"]


@attrs.frozen
class _Values:
    qty: Decimal
    limit: Decimal | None
    trigger: Decimal | None
    display: Decimal | None
    trail: Offset | None
    limit_offset: Offset | None

    @classmethod
    def of(cls, order: SimOrder) -> "_Values":
        prices = order.limit_price, order.trigger_price
        return cls(order.qty, *prices, order.display_qty, order.ask.trail, order.ask.limit_offset)

    def changed(self, market: Market, order: SimOrder, change: OrderChange) -> "_Values":
        """The values after a change; a distance counts from the last price."""
        trail, trigger = self.trail, self.trigger if change.trigger_price is None else change.trigger_price
        if change.trigger_offset is not None:
            trigger = change.trigger_offset.from_price(market.last, order.pair)
            trail = change.trigger_offset if trail is not None else None
        return _Values(
            self.qty if change.qty is None else change.qty,
            self.limit if change.limit_price is None else change.limit_price,
            trigger,
            self.display if change.display_qty is None else change.display_qty,
            trail,
            self.limit_offset if change.limit_offset is None else change.limit_offset,
        )


def amend(floor: Floor, order: SimOrder, change: OrderChange) -> str:
    """Carry out one amend; returns its id. Raises `ApiError`, and then the order is as it was."""
    market = floor.markets[order.pair.symbol]
    before = _Values.of(order)
    after = before.changed(market, order, change)
    _check(floor, order, before, after)
    if (change.post_only or order.ask.post_only or not floor.matches(market)) and _would_take(market, order, after):
        raise ApiError("EOrder:Post only order")
    amend_id = floor.ids.trade()
    _carry_out(floor, order, before, after, amend_id, post_only=change.post_only)
    return amend_id


def _check(floor: Floor, order: SimOrder, before: _Values, after: _Values) -> None:
    if order.ask.close is not None:
        raise invalid("orders with a conditional close cannot be amended")
    if after == before:
        raise ApiError("EOrder:No amendable parameters specified")
    if before.limit is None and after.limit is not None:
        raise ApiError("EOrder:Invalid limit price")
    _check_trigger(order, before, after)
    if after.display is not None:
        if before.display is None:
            raise invalid("display_qty")
        check_display(after.qty, after.display)
    price = after.limit if after.limit is not None else after.trigger
    worth = floor.markets[order.pair.symbol].last if price is None else price
    check_grid(order.pair, after.qty, after.limit, after.trigger, worth)
    if order.idle or after.qty <= order.cum_qty:
        return
    if not floor.affords(order, after.qty - order.cum_qty, after.limit, spare=order):
        raise ApiError("EOrder:Insufficient funds")


def _check_trigger(order: SimOrder, before: _Values, after: _Values) -> None:
    """A trigger moves while it is waited for; that of a trailing stop only by its distance."""
    moved = after.trigger != before.trigger or after.trail != before.trail
    if moved and (not order.dormant or (before.trail is not None and after.trail == before.trail)):
        raise ApiError("EOrder:Invalid price")
    if after.trail is not None and after.trail.value * order.side.sign <= ZERO:
        raise invalid("trigger_price")
    if after.limit_offset is not None and before.limit_offset is None:
        raise ApiError("EOrder:Invalid limit price")


def _would_take(market: Market, order: SimOrder, after: _Values) -> bool:
    if order.idle:
        return False
    opposite = market.book.half(order.side.other)
    best = opposite.best()
    return best is not None and opposite.reaches(best, after.limit)


def _carry_out(floor: Floor, order: SimOrder, before: _Values, after: _Values, amend_id: str, *, post_only: bool) -> None:
    market = floor.markets[order.pair.symbol]
    book = market.book
    now_ns = floor.now_ns()
    floor.change(order)
    qty = max(after.qty, order.cum_qty)
    order.qty, order.limit_price, order.trigger_price, order.display_qty = qty, after.limit, after.trigger, after.display
    order.ask = attrs.evolve(order.ask, trail=after.trail, limit_offset=after.limit_offset)
    order.amended, order.amended_ns = True, now_ns
    order.note_values(amend_id, "user", now_ns, USER_REQUESTED, post_only=post_only)
    entry = book.users.get(order.order_id)
    requeue = entry is not None and (after.limit != before.limit or after.qty > before.qty)
    if entry is not None:
        assert reserved_by(order)[1] >= ZERO
        _shrink(book, entry, ZERO if requeue else order.left, after.display)
    floor.tell(OrderAmended(order, now_ns))
    if not order.left:
        floor.end(order, Status.CANCELED, USER_REQUESTED)
    elif requeue:
        floor.work(order)
    floor.settle(market)


def _shrink(book: Book, entry: Resting, left: Decimal, display: Decimal | None) -> None:
    """Leave no more of an entry than `left`, hidden first, in its place. A smaller part to show applies at once, a larger one
    when the order shows its next.
    """
    if not left:
        book.remove(entry)
        return
    shown = min(entry.qty, left) if display is None else min(entry.qty, left, display)
    surplus, entry.hidden, entry.peak = entry.qty - shown, left - shown, display or ZERO
    if surplus:
        book.take(entry, surplus)
