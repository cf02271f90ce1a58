"""REST answers about fills and margin positions, with every field of their pages (docs.kraken.com/api/docs/rest-api).

Decoders take the body of an answer with HTTP status 200 and raise as `envelope.read_result`. What the engine works with is made
by `account`, which looks at fewer fields; these rows are the exchange's own, under its own names. Times are unix seconds.
"""

from decimal import Decimal
from typing import Final, Literal

import attrs
import msgspec

from seawall.kraken.dialect.books.digits import refuse_unsound_fields
from seawall.kraken.dialect.rest.envelope import read_as, read_result

__all__ = [
    "PositionRow",
    "Positions",
    "RestTradeRow",
    "TradeRowPage",
    "read_positions",
    "read_trade_page",
    "read_trade_rows",
]

_TRADE_SIZES: Final = ("time", "price", "cost", "vol", "margin", "cprice", "ccost", "cvol", "cmargin")
_POSITION_SIZES: Final = ("time", "cost", "vol", "vol_closed", "margin", "value", "rollovertm")


class RestTradeRow(msgspec.Struct, frozen=True):
    """One fill (get-trades-history); the last fields are of fills that opened a margin position."""

    ordertxid: str
    pair: str
    time: Decimal
    type: Literal["buy", "sell"]
    ordertype: str
    price: Decimal
    cost: Decimal
    fee: Decimal
    vol: Decimal
    margin: Decimal | None = None
    leverage: str | None = None
    misc: str = ""
    postxid: str | None = None
    aclass: str = ""
    trade_id: int | None = None
    maker: bool | None = None
    ledgers: tuple[str, ...] = ()
    posstatus: str | None = None
    cprice: Decimal | None = None
    ccost: Decimal | None = None
    cfee: Decimal | None = None
    cvol: Decimal | None = None
    cmargin: Decimal | None = None
    net: Decimal | None = None
    trades: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        refuse_unsound_fields(self, _TRADE_SIZES, signed=False)
        refuse_unsound_fields(self, ("fee", "cfee", "net"), signed=True)


class TradeRowPage(msgspec.Struct, frozen=True):
    """Up to 50 fills by id, newest first; `count` is how many there are on all pages, where the exchange said."""

    trades: dict[str, RestTradeRow]
    count: int | None = None


class PositionRow(msgspec.Struct, frozen=True):
    """One open margin position (get-open-positions), or all of one market and side. `net` is the unrealised profit."""

    pair: str
    type: Literal["buy", "sell"]
    cost: Decimal
    fee: Decimal
    vol: Decimal
    vol_closed: Decimal
    margin: Decimal
    ordertxid: str | None = None
    posstatus: str | None = None
    time: Decimal | None = None
    ordertype: str | None = None
    leverage: str | None = None
    positions: str | int | None = None
    value: Decimal | None = None
    net: Decimal | None = None
    terms: str | None = None
    rollovertm: Decimal | None = None
    misc: str = ""
    oflags: str = ""

    def __post_init__(self) -> None:
        refuse_unsound_fields(self, _POSITION_SIZES, signed=False)
        refuse_unsound_fields(self, ("fee", "net"), signed=True)


_positions: Final[msgspec.json.Decoder[dict[str, PositionRow] | tuple[PositionRow, ...]]] = msgspec.json.Decoder(
    dict[str, PositionRow] | tuple[PositionRow, ...]
)


@attrs.frozen
class Positions:
    """Open positions by id, or, where these were asked for, sums by market: they have no ids."""

    by_id: dict[str, PositionRow]
    consolidated: tuple[PositionRow, ...]


def read_trade_page(body: bytes | str) -> TradeRowPage:
    """`TradesHistory`: one page."""
    return read_result(body, TradeRowPage)


def read_trade_rows(body: bytes | str) -> dict[str, RestTradeRow]:
    """`QueryTrades`: by id."""
    return read_result(body, dict[str, RestTradeRow])


def read_positions(body: bytes | str) -> Positions:
    """`OpenPositions`, in either shape."""
    result = read_as(body, msgspec.Raw, _positions.decode)
    return Positions({}, result) if isinstance(result, tuple) else Positions(result, ())
