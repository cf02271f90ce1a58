"""REST answers about orders, and to requests that make, change or end them (docs.kraken.com/api/docs/rest-api).

Decoders take the body of an answer with HTTP status 200 and raise as `envelope.read_result`. `symbols` maps REST's names
of pairs to WebSocket symbols, as `names.pair_names` makes it.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final, Literal

import attrs
import msgspec

from seawall.kraken.dialect.books.digits import refuse_unsound
from seawall.kraken.dialect.rest.envelope import read_as, read_result
from seawall.kraken.dialect.times import from_rfc3339, seconds_to_ns
from seawall.kraken.dialect.unknown import Unknown
from seawall.model.errors import OutcomeUnknown
from seawall.model.orders import Side
from seawall.model.reports import Acknowledgement, OrderReport, OrderStatus

__all__ = [
    "OrderPage",
    "read_added_order",
    "read_amended_order",
    "read_cancel_all_after",
    "read_cancel_count",
    "read_closed_orders",
    "read_open_orders",
    "read_orders",
]

_STATUS: Final = {
    "pending": OrderStatus.PENDING,
    "open": OrderStatus.OPEN,
    "closed": OrderStatus.FILLED,
    "canceled": OrderStatus.CANCELED,
    "expired": OrderStatus.EXPIRED,
}
Told = Callable[[Unknown], None]
"""Takes a word that is new to us, for whoever counts those."""


def _nothing(_: Unknown) -> None:
    pass


@attrs.frozen
class OrderPage:
    """Up to 50 orders, newest first; `count` is how many there are on all pages, where the exchange said."""

    orders: tuple[OrderReport, ...]
    count: int | None


class _Description(msgspec.Struct, frozen=True):
    pair: str
    type: Literal["buy", "sell"]
    ordertype: str
    price: str = "0"
    price2: str = "0"
    leverage: str | None = None


class _Order(msgspec.Struct, frozen=True):
    status: str
    opentm: Decimal
    descr: _Description
    vol: Decimal
    vol_exec: Decimal
    cost: Decimal
    cl_ord_id: str | None = None
    closetm: Decimal | None = None
    reason: str | None = None
    oflags: str | None = None
    margin: bool | None = None

    def __post_init__(self) -> None:
        for name in ("opentm", "closetm", "vol", "vol_exec", "cost"):
            refuse_unsound(name, getattr(self, name), signed=False)


class _OpenOrders(msgspec.Struct, frozen=True):
    open: dict[str, _Order]


class _ClosedOrders(msgspec.Struct, frozen=True):
    closed: dict[str, _Order]
    count: int | None = None


class _Added(msgspec.Struct, frozen=True):
    txid: tuple[str, ...] = ()


class _Amended(msgspec.Struct, frozen=True):
    amend_id: str


class _Count(msgspec.Struct, frozen=True):
    count: int


class _Switch(msgspec.Struct, frozen=True):
    current_time: str = msgspec.field(name="currentTime")
    trigger_time: str | int | None = msgspec.field(name="triggerTime", default=None)


def read_open_orders(body: bytes | str, symbols: Mapping[str, str], unknown: Told = _nothing) -> tuple[OrderReport, ...]:
    """`OpenOrders`, foreign orders of the account too. One with a status that is new to us is open: it is among the open ones."""
    return _reports(read_result(body, _OpenOrders).open, symbols, unknown, OrderStatus.OPEN)


def read_closed_orders(body: bytes | str, symbols: Mapping[str, str], unknown: Told = _nothing) -> OrderPage:
    """`ClosedOrders`: one page. One with a status that is new to us has ended, with what was filled of it."""
    page = read_result(body, _ClosedOrders)
    return OrderPage(_reports(page.closed, symbols, unknown, OrderStatus.CANCELED), page.count)


def read_orders(body: bytes | str, symbols: Mapping[str, str], unknown: Told = _nothing) -> tuple[OrderReport, ...]:
    """`QueryOrders`; ids that were never given out are missing without an error.

    One with a status that is new to us has ended if it has a closing time, and is open if not.
    """
    return _reports(read_result(body, dict[str, _Order]), symbols, unknown, None)


def read_added_order(body: bytes | str, client_order_id: str) -> Acknowledgement:
    """`AddOrder`: the order was taken. Raises `OutcomeUnknown` for an answer that names no order and no error."""
    txid = read_result(body, _Added, placing=True).txid
    if len(txid) != 1:
        raise OutcomeUnknown(f"the answer names {len(txid)} orders instead of one")
    return Acknowledgement(txid[0], client_order_id)


def read_amended_order(body: bytes | str) -> str:
    """`AmendOrder`: the id of the change."""
    return read_result(body, _Amended, placing=True).amend_id


def read_cancel_count(body: bytes | str) -> int:
    """`CancelOrder` and `CancelAll`: how many orders are being cancelled."""
    return read_result(body, _Count).count


def read_cancel_all_after(body: bytes | str) -> tuple[int, int | None]:
    """`CancelAllOrdersAfter`: the exchange's clock and when it will cancel (ns, whole seconds); None once disarmed."""

    def times(row: _Switch) -> tuple[int, int | None]:
        disarmed = row.trigger_time in {None, "", "0", 0}
        return from_rfc3339(row.current_time), None if disarmed else from_rfc3339(str(row.trigger_time))

    return read_as(body, _Switch, times)


def _reports(
    orders: Mapping[str, _Order], symbols: Mapping[str, str], unknown: Told, otherwise: OrderStatus | None
) -> tuple[OrderReport, ...]:
    return tuple(_report(order_id, row, symbols, _status(row, unknown, otherwise)) for order_id, row in orders.items())


def _status(row: _Order, unknown: Told, otherwise: OrderStatus | None) -> OrderStatus:
    """A new word must not hide an order, nor those beside it: what is sure without the word is whether the order has ended."""
    known = _STATUS.get(row.status)
    if known is not None:
        return known
    unknown(Unknown("order status", row.status))
    if otherwise is None:
        otherwise = OrderStatus.CANCELED if row.closetm else OrderStatus.OPEN
    return OrderStatus.FILLED if otherwise is OrderStatus.CANCELED and row.vol_exec == row.vol else otherwise


def _report(order_id: str, row: _Order, symbols: Mapping[str, str], status: OrderStatus) -> OrderReport:
    at = row.opentm if row.closetm is None else row.closetm
    return OrderReport(
        order_id=order_id,
        client_order_id=row.cl_ord_id or None,
        status=status,
        at_ns=seconds_to_ns(at),
        symbol=symbols.get(row.descr.pair),
        side=Side(row.descr.type),
        qty=row.vol,
        limit_price=_limit_price(row.descr),
        filled_qty=row.vol_exec,
        filled_cost=row.cost,
        reason=row.reason,
        order_type=row.descr.ordertype,
        trigger_price=_trigger_price(row.descr),
        post_only="post" in (row.oflags or "").split(","),
        on_margin=bool(row.margin) or row.descr.leverage not in {None, "none", "0", ""},
    )


def _limit_price(descr: _Description) -> Decimal | None:
    """The limit, which is `price2` of triggered types; relative prices such as `+1.0000%` and zero are none."""
    if descr.ordertype in {"limit", "iceberg"}:
        text = descr.price
    elif descr.ordertype in {"stop-loss-limit", "take-profit-limit"}:
        text = descr.price2
    else:
        return None
    return _price(text)


def _trigger_price(descr: _Description) -> Decimal | None:
    """The price that a triggered order waits for; relative ones are none."""
    return _price(descr.price) if descr.ordertype.startswith(("stop-loss", "take-profit")) else None


def _price(text: str) -> Decimal | None:
    return Decimal(text) if text.replace(".", "", 1).isdecimal() and text.strip("0.") else None
