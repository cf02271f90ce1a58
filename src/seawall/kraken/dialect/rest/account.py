"""REST answers about the account's money and fills, as the model's facts (docs.kraken.com/api/docs/rest-api).

Decoders take the body of an answer with HTTP status 200 and raise as `envelope.read_result`. `symbols` maps REST's names
of pairs to WebSocket symbols, as `names.pair_names` makes it.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Literal

import attrs
import msgspec

from seawall.kraken.dialect.books.digits import refuse_unsound
from seawall.kraken.dialect.names import asset_name
from seawall.kraken.dialect.rest.envelope import read_result
from seawall.kraken.dialect.times import seconds_to_ns
from seawall.model.orders import Side
from seawall.model.reports import Balance, Fee, Fill

__all__ = ["FillPage", "WebSocketsToken", "read_balances", "read_fills", "read_token"]


@attrs.frozen
class WebSocketsToken:
    """A token for the private WebSocket: to be used for the first time within `expires_s`."""

    token: str = attrs.field(repr=False)
    expires_s: float


@attrs.frozen
class FillPage:
    """Up to 50 fills, oldest first within the page; `count` is how many there are on all pages, where the exchange said."""

    fills: tuple[Fill, ...]
    count: int | None


class _Trade(msgspec.Struct, frozen=True):
    ordertxid: str
    pair: str
    time: Decimal
    type: Literal["buy", "sell"]
    price: Decimal
    cost: Decimal
    fee: Decimal
    vol: Decimal
    maker: bool = False

    def __post_init__(self) -> None:
        for name in ("time", "price", "cost", "vol"):
            refuse_unsound(name, getattr(self, name), signed=False)
        refuse_unsound("fee", self.fee, signed=True)


class _TradesHistory(msgspec.Struct, frozen=True):
    trades: dict[str, _Trade]
    count: int | None = None


class _Balance(msgspec.Struct, frozen=True):
    balance: Decimal
    hold_trade: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        refuse_unsound("balance", self.balance, signed=True)
        refuse_unsound("hold_trade", self.hold_trade, signed=True)


class _Token(msgspec.Struct, frozen=True):
    token: str
    expires: float


def read_fills(body: bytes | str, symbols: Mapping[str, str]) -> FillPage:
    """`TradesHistory`: one page.

    The answer names no fee asset: the pair's quote is taken, which holds for every order not sent with `fcib`.
    """
    page = read_result(body, _TradesHistory)
    fills = [_fill(exec_id, row, symbols.get(row.pair, row.pair)) for exec_id, row in page.trades.items()]
    return FillPage(tuple(sorted(fills, key=lambda fill: fill.at_ns)), page.count)


def read_balances(body: bytes | str) -> tuple[Balance, ...]:
    """`BalanceEx`: every asset, with what open orders hold; credit lines are not counted."""
    return tuple(
        Balance(asset_name(asset_id), row.balance, row.hold_trade)
        for asset_id, row in read_result(body, dict[str, _Balance]).items()
    )


def read_token(body: bytes | str) -> WebSocketsToken:
    """`GetWebSocketsToken`."""
    row = read_result(body, _Token)
    return WebSocketsToken(row.token, row.expires)


def _fill(exec_id: str, row: _Trade, symbol: str) -> Fill:
    quote = symbol.partition("/")[2]
    return Fill(
        exec_id=exec_id,
        order_id=row.ordertxid,
        client_order_id=None,
        symbol=symbol,
        side=Side(row.type),
        qty=row.vol,
        price=row.price,
        cost=row.cost,
        fees=(Fee(quote, row.fee),) if quote and row.fee else (),
        maker=row.maker,
        at_ns=seconds_to_ns(row.time),
    )
