"""REST answers about orders and their changes, with every field of their pages (docs.kraken.com/api/docs/rest-api).

Decoders take the body of an answer with HTTP status 200 and raise as `envelope.read_result`. What the engine works with is made
by `orders`, which looks at fewer fields; these rows are the exchange's own, under its own names. Times are unix seconds.
"""

from decimal import Decimal
from typing import Final, Literal

import msgspec

from seawall.kraken.dialect.books.digits import refuse_unsound_fields
from seawall.kraken.dialect.rest.envelope import read_result

__all__ = [
    "AmendHistory",
    "AmendRow",
    "OrderDescription",
    "OrderRow",
    "OrderRowPage",
    "read_closed_order_rows",
    "read_open_order_rows",
    "read_order_amends",
    "read_order_rows",
]

_ORDER_SIZES: Final = ("opentm", "closetm", "starttm", "expiretm", "vol", "vol_exec", "cost", "price", "stopprice", "limitprice")
_AMEND_SIZES: Final = ("order_qty", "display_qty", "remaining_qty", "limit_price", "trigger_price")


class OrderDescription(msgspec.Struct, frozen=True):
    """What was ordered; `price` and `price2` may be relative text such as `+1.0000%`, `order` and `close` are sentences."""

    pair: str
    type: Literal["buy", "sell"]
    ordertype: str
    price: str = "0"
    price2: str = "0"
    leverage: str = "none"
    order: str = ""
    close: str = ""
    aclass: str = ""


class OrderRow(msgspec.Struct, frozen=True):
    """One order (get-open-orders, get-closed-orders). `price` is the average of its fills, zero before the first.

    A partly filled order that was cancelled is `canceled` with `vol_exec` above zero.
    """

    status: str
    opentm: Decimal
    descr: OrderDescription
    vol: Decimal
    vol_exec: Decimal
    cost: Decimal
    fee: Decimal
    price: Decimal | None = None
    stopprice: Decimal | None = None
    limitprice: Decimal | None = None
    refid: str | None = None
    link_id: str | None = None
    userref: int | None = None
    cl_ord_id: str | None = None
    sender_sub_id: str | None = None
    starttm: Decimal | None = None
    expiretm: Decimal | None = None
    closetm: Decimal | None = None
    reason: str | None = None
    trigger: str | None = None
    margin: bool | None = None
    misc: str = ""
    oflags: str = ""
    time_in_force: str | None = None
    trades: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        refuse_unsound_fields(self, _ORDER_SIZES, signed=False)
        refuse_unsound_fields(self, ("fee",), signed=True)


class OrderRowPage(msgspec.Struct, frozen=True):
    """Up to 50 ended orders by id, newest first; `count` is how many there are on all pages, where the exchange said."""

    closed: dict[str, OrderRow]
    count: int | None = None


class _OpenOrders(msgspec.Struct, frozen=True):
    open: dict[str, OrderRow]


class AmendRow(msgspec.Struct, frozen=True):
    """One state of an order: as entered (`original`), changed by the user, or by the engine. `timestamp` is milliseconds."""

    amend_id: str
    amend_type: str
    timestamp: int
    order_qty: Decimal | None = None
    display_qty: Decimal | None = None
    remaining_qty: Decimal | None = None
    limit_price: Decimal | None = None
    trigger_price: Decimal | None = None
    reason: str | None = None
    post_only: bool | None = None

    def __post_init__(self) -> None:
        refuse_unsound_fields(self, _AMEND_SIZES, signed=False)


class AmendHistory(msgspec.Struct, frozen=True):
    """Every state of one order, oldest first (get-order-amends)."""

    amends: tuple[AmendRow, ...]
    count: int = 0


def read_open_order_rows(body: bytes | str) -> dict[str, OrderRow]:
    """`OpenOrders`: by id."""
    return read_result(body, _OpenOrders).open


def read_closed_order_rows(body: bytes | str) -> OrderRowPage:
    """`ClosedOrders`: one page."""
    return read_result(body, OrderRowPage)


def read_order_rows(body: bytes | str) -> dict[str, OrderRow]:
    """`QueryOrders`: by id; ids that were never given out are missing without an error."""
    return read_result(body, dict[str, OrderRow])


def read_order_amends(body: bytes | str) -> AmendHistory:
    """`OrderAmends`."""
    return read_result(body, AmendHistory)
