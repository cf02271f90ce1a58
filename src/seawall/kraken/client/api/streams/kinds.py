"""How each kind of stream is kept for a reader: what replaces what, how much waits, and what happens when that is too much.

States are conflated: their reader is never behind, and what it reads is the newest. Events wait in order, as many as below;
nothing is ever left out unsaid.
"""

from typing import Final, TypeVar

from seawall.kraken.client.api.streams.hub import ACCOUNT, AssetTotal, Execution
from seawall.kraken.client.api.streams.mailbox import Overflow, Terms
from seawall.kraken.client.api.streams.views import BookSnapshot, Level3Snapshot
from seawall.kraken.dialect.books.level3_book import Level3Book
from seawall.kraken.dialect.socket.market_frames import InstrumentAsset
from seawall.kraken.dialect.socket.ticker_frames import TickerRow
from seawall.model.instruments import Instrument
from seawall.model.market_data import Book, Candle, Trade, VenueStatus
from seawall.model.reports import Fill

__all__ = [
    "ASSETS",
    "BALANCES",
    "BOOKS",
    "CANDLES",
    "EXECUTIONS",
    "FILLS",
    "INSTRUMENTS",
    "LEVEL3",
    "STATUS",
    "TICKERS",
    "TRADES",
]

T = TypeVar("T")

_STATES: Final = 100_000
"""More than there are pairs and assets: a state that is unread is replaced, so that this many never wait."""
_EVENTS: Final = 10_000


def _as_it_is(item: T, _received_s: float) -> T:
    return item


def _symbol(item: Book | Level3Book | TickerRow | Instrument) -> str:
    return item.symbol


def _no_key(_item: object) -> None:
    """Every one of these counts."""


BOOKS: Final = Terms[Book, BookSnapshot](_symbol, _symbol, BookSnapshot.of, _STATES)
LEVEL3: Final = Terms[Level3Book, Level3Snapshot](_symbol, _symbol, Level3Snapshot.of, _STATES)
TICKERS: Final = Terms[TickerRow, TickerRow](_symbol, _symbol, _as_it_is, _STATES)
INSTRUMENTS: Final = Terms[Instrument, Instrument](_symbol, _symbol, _as_it_is, _STATES, facts=True)
ASSETS: Final = Terms[InstrumentAsset, InstrumentAsset](
    lambda asset: asset.id, lambda asset: asset.id, _as_it_is, _STATES, facts=True
)
BALANCES: Final = Terms[AssetTotal, AssetTotal](
    lambda total: total.asset, lambda total: total.asset, _as_it_is, _STATES, facts=True
)
STATUS: Final = Terms[VenueStatus, VenueStatus](lambda _status: "status", lambda _status: "status", _as_it_is, 1)

TRADES: Final = Terms[Trade, Trade](lambda trade: trade.symbol, _no_key, _as_it_is, _EVENTS, facts=True)
CANDLES: Final = Terms[Candle, Candle](
    lambda candle: candle.symbol, lambda candle: (candle.symbol, candle.begin_ns), _as_it_is, _EVENTS, facts=True
)
"""The running candle is a state, a closed one is an event: it replaces the running one of its interval, and stays."""
EXECUTIONS: Final = Terms[Execution, Execution](lambda _execution: ACCOUNT, _no_key, _as_it_is, _EVENTS, Overflow.END, facts=True)
FILLS: Final = Terms[Fill, Fill](lambda _fill: ACCOUNT, _no_key, _as_it_is, _EVENTS, Overflow.END, facts=True)
