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
from seawall.sim.exchange.orders import OrderChange, SimOrder, Status
from seawall.sim.exchange.refusal import ApiError, invalid

__all__ = ["amend"]


@attrs.frozen
class _Values:
    qty: Decimal
    limit: Decimal | None
    trigger: Decimal | None
    display: Decimal | None


def amend(floor: Floor, order: SimOrder, change: OrderChange) -> str:
    """Carry out one amend; returns its id. Raises `ApiError`, and then the order is as it was."""
    before = _Values(order.qty, order.limit_price, order.trigger_price, order.display_qty)
    after = _Values(
        order.qty if change.qty is None else change.qty,
        order.limit_price if change.limit_price is None else change.limit_price,
        order.trigger_price if change.trigger_price is None else change.trigger_price,
        order.display_qty if change.display_qty is None else change.display_qty,
    )
    _check(floor, order, before, after)
    if (change.post_only or order.ask.post_only or not floor.matching) and _would_take(floor, order, after):
        raise ApiError("EOrder:Post only order")
    amend_id = floor.ids.trade()
    _carry_out(floor, order, before, after, amend_id, post_only=change.post_only)
    return amend_id


def _check(floor: Floor, order: SimOrder, before: _Values, after: _Values) -> None:
    if after == before:
        raise ApiError("EOrder:No amendable parameters specified")
    if before.limit is None and after.limit is not None:
        raise ApiError("EOrder:Invalid limit price")
    if after.trigger != before.trigger and not order.dormant:
        raise ApiError("EOrder:Invalid price")
    if after.display is not None:
        if before.display is None:
            raise invalid("display_qty")
        check_display(after.qty, after.display)
    worth = after.limit if after.limit is not None else after.trigger
    assert worth is not None, "an order without any price never rests"
    check_grid(order.pair, after.qty, after.limit, after.trigger, worth)
    if order.dormant or after.qty <= order.cum_qty:
        return
    if not floor.affords(order, after.qty - order.cum_qty, after.limit, spare=order):
        raise ApiError("EOrder:Insufficient funds")


def _would_take(floor: Floor, order: SimOrder, after: _Values) -> bool:
    if order.dormant:
        return False
    opposite = floor.markets[order.pair.symbol].book.half(order.side.other)
    best = opposite.best()
    return best is not None and opposite.reaches(best, after.limit)


def _carry_out(floor: Floor, order: SimOrder, before: _Values, after: _Values, amend_id: str, *, post_only: bool) -> None:
    market = floor.markets[order.pair.symbol]
    book = market.book
    now_ns = floor.now_ns()
    floor.change(order)
    qty = max(after.qty, order.cum_qty)
    order.qty, order.limit_price, order.trigger_price, order.display_qty = qty, after.limit, after.trigger, after.display
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
