"""What happens at the exchange, as facts handed to whoever listens, in the order they came to be."""

from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple

import attrs

from seawall.model.market_data import VenueStatus
from seawall.model.orders import OrderType, Side
from seawall.sim.exchange.accounts import LedgerEntry
from seawall.sim.exchange.orders import SimFill, SimOrder
from seawall.sim.exchange.pairs import Pair

__all__ = [
    "BookChanged",
    "Event",
    "IcebergRefilled",
    "LedgerPosted",
    "LevelChange",
    "Listener",
    "OrderAmended",
    "OrderEnded",
    "OrderFilled",
    "OrderOpened",
    "OrderReceived",
    "OrderTraded",
    "OrderTrailed",
    "OrderTriggered",
    "PairStatusChanged",
    "StatusChanged",
    "TradePrint",
    "TradesPrinted",
]


@attrs.frozen
class OrderReceived:
    """Validated, not live yet (`pending_new`)."""

    order: SimOrder
    at_ns: int


@attrs.frozen
class OrderOpened:
    """Live (`new`)."""

    order: SimOrder
    at_ns: int


@attrs.frozen
class OrderAmended:
    """Has new values, asked for by the user (`amended`)."""

    order: SimOrder
    at_ns: int


@attrs.frozen
class OrderTriggered:
    """Its trigger price was reached (`status`)."""

    order: SimOrder
    last_price: Decimal
    at_ns: int


@attrs.frozen
class OrderTrailed:
    """Its trigger followed the last price (`status`)."""

    order: SimOrder
    last_price: Decimal
    at_ns: int


@attrs.frozen
class IcebergRefilled:
    """It shows its next part (`iceberg_refill`), of `shown`."""

    order: SimOrder
    shown: Decimal
    at_ns: int


@attrs.frozen
class OrderTraded:
    """One execution (`trade`). The totals are those after it, as the order itself moves on."""

    order: SimOrder
    fill: SimFill
    cum_qty: Decimal
    cum_cost: Decimal
    at_ns: int


@attrs.frozen
class OrderFilled:
    """Nothing is left of it (`filled`)."""

    order: SimOrder
    at_ns: int


@attrs.frozen
class OrderEnded:
    """Canceled or expired, with the reason on the order."""

    order: SimOrder
    at_ns: int


@attrs.frozen
class LedgerPosted:
    """A balance moved."""

    entry: LedgerEntry


class LevelChange(NamedTuple):
    """The quantity now at one price of one side (BUY: bids); zero when the level is gone."""

    side: Side
    price: Decimal
    qty: Decimal


@attrs.frozen
class BookChanged:
    """What one step did to the open book of a pair. Each price stands once."""

    pair: Pair
    levels: tuple[LevelChange, ...]
    at_ns: int


@attrs.frozen
class TradePrint:
    """One trade of the market; side and type are the taker's."""

    pair: Pair
    trade_id: int
    side: Side
    price: Decimal
    qty: Decimal
    order_type: OrderType
    at_ns: int


@attrs.frozen
class TradesPrinted:
    """The trades of one taker: consecutive ids, one instant."""

    pair: Pair
    trades: tuple[TradePrint, ...]


@attrs.frozen
class StatusChanged:
    """The whole exchange takes other things than before."""

    status: VenueStatus
    at_ns: int


@attrs.frozen
class PairStatusChanged:
    """One pair takes other things than before."""

    pair: Pair
    at_ns: int


Event = (
    OrderReceived
    | OrderOpened
    | OrderAmended
    | OrderTriggered
    | OrderTrailed
    | IcebergRefilled
    | OrderTraded
    | OrderFilled
    | OrderEnded
    | LedgerPosted
    | BookChanged
    | TradesPrinted
    | StatusChanged
    | PairStatusChanged
)

Listener = Callable[[Event], None]
