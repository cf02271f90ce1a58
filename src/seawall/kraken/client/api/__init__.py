"""The plain client: one object for all that Kraken spot offers, made by `open_kraken`.

Two rooms in one: `streams` hand on what the sockets tell, to callbacks or to waiting tasks; `calls` make one REST call each.
"""

from seawall.kraken.client.api.calls.endpoint import Way
from seawall.kraken.client.api.calls.history import History, MarketTrades, Rows
from seawall.kraken.client.api.calls.rest import RestCalls
from seawall.kraken.client.api.kraken import Kraken, KrakenStatistics
from seawall.kraken.client.api.opening import open_kraken
from seawall.kraken.client.api.orders import OrderCalls
from seawall.kraken.client.api.streams.errors import FellBehind, MissedMessages, StreamLost
from seawall.kraken.client.api.streams.fills import MissedFills
from seawall.kraken.client.api.streams.hub import AssetTotal, Execution
from seawall.kraken.client.api.streams.market import Interval
from seawall.kraken.client.api.streams.stream import Stream, StreamStatistics
from seawall.kraken.client.api.streams.views import BookSnapshot, Level3Snapshot
from seawall.kraken.client.api.streams.watch import Watch
from seawall.kraken.dialect.books.level3_book import Level3Book
from seawall.kraken.dialect.rest import RestClose, RestEdit, RestOrder, RestRequest
from seawall.kraken.dialect.rest.prices import RelativePrice
from seawall.kraken.dialect.socket.answers import OrderAdded, OrderAmended, OrderEdited
from seawall.kraken.dialect.socket.market_frames import InstrumentAsset
from seawall.kraken.dialect.socket.orders import AmendRequest, ConditionalClose, EditRequest, OrderRequest, TriggerTerms
from seawall.kraken.dialect.socket.ticker_frames import TickerRow

__all__ = [
    "AmendRequest",
    "AssetTotal",
    "BookSnapshot",
    "ConditionalClose",
    "EditRequest",
    "Execution",
    "FellBehind",
    "History",
    "InstrumentAsset",
    "Interval",
    "Kraken",
    "KrakenStatistics",
    "Level3Book",
    "Level3Snapshot",
    "MarketTrades",
    "MissedFills",
    "MissedMessages",
    "OrderAdded",
    "OrderAmended",
    "OrderCalls",
    "OrderEdited",
    "OrderRequest",
    "RelativePrice",
    "RestCalls",
    "RestClose",
    "RestEdit",
    "RestOrder",
    "RestRequest",
    "Rows",
    "Stream",
    "StreamLost",
    "StreamStatistics",
    "TickerRow",
    "TriggerTerms",
    "Watch",
    "Way",
    "open_kraken",
]
