"""Kraken's wire dialect, sans-I/O: frames, signing, names, books, errors, counters.

Everything here is a plain function or a plain class: bytes in, values out, and no clock, socket or task. Requests have
modules of their own, `requests` (WebSocket) and `rest` (REST), since both know an `add_order`; `answers` reads what the
WebSocket says to them.
"""

from seawall.kraken.dialect import rest
from seawall.kraken.dialect.bad import BadFrame, BookBroken, ChecksumMismatch, CrossedBook
from seawall.kraken.dialect.books.book import DEPTHS, KrakenBook, crc_of
from seawall.kraken.dialect.books.digits import Digits, number
from seawall.kraken.dialect.books.level3_book import LEVEL3_DEPTHS, Level3Book, RestingOrder
from seawall.kraken.dialect.counters import (
    ENGINE_LIMITS,
    REST_LIMITS,
    DecayingCounter,
    EngineCounter,
    EngineLimit,
    RestCounter,
    RestLimit,
    Tier,
)
from seawall.kraken.dialect.error_table import Family
from seawall.kraken.dialect.errors import Answer, exception_for, exception_for_http, read_errors
from seawall.kraken.dialect.names import asset_name, pair_names, rest_asset_name, same_asset, v2_symbol
from seawall.kraken.dialect.nonce import Nonce
from seawall.kraken.dialect.signing import decode_secret, sign
from seawall.kraken.dialect.socket import answers, reports, requests
from seawall.kraken.dialect.socket.frames import CHANNELS, Frame, decode
from seawall.kraken.dialect.socket.level3_frames import Level3Frame, Level3Order, Level3Row
from seawall.kraken.dialect.socket.market_frames import (
    BookFrame,
    BookLevel,
    BookRow,
    CandleFrame,
    CandleRow,
    Heartbeat,
    InstrumentFrame,
    InstrumentPair,
    Status,
    TradeFrame,
    TradeRow,
)
from seawall.kraken.dialect.socket.private_frames import (
    BalanceRow,
    BalancesFrame,
    ExecutionRow,
    ExecutionsFrame,
    Response,
    Result,
)
from seawall.kraken.dialect.socket.ticker_frames import TickerFrame, TickerRow
from seawall.kraken.dialect.times import from_rfc3339, seconds_to_ns, to_rfc3339, to_seconds
from seawall.kraken.dialect.unknown import Unknown

__all__ = [
    "CHANNELS",
    "DEPTHS",
    "ENGINE_LIMITS",
    "LEVEL3_DEPTHS",
    "REST_LIMITS",
    "Answer",
    "BadFrame",
    "BalanceRow",
    "BalancesFrame",
    "BookBroken",
    "BookFrame",
    "BookLevel",
    "BookRow",
    "CandleFrame",
    "CandleRow",
    "ChecksumMismatch",
    "CrossedBook",
    "DecayingCounter",
    "Digits",
    "EngineCounter",
    "EngineLimit",
    "ExecutionRow",
    "ExecutionsFrame",
    "Family",
    "Frame",
    "Heartbeat",
    "InstrumentFrame",
    "InstrumentPair",
    "KrakenBook",
    "Level3Book",
    "Level3Frame",
    "Level3Order",
    "Level3Row",
    "Nonce",
    "Response",
    "RestCounter",
    "RestLimit",
    "RestingOrder",
    "Result",
    "Status",
    "TickerFrame",
    "TickerRow",
    "Tier",
    "TradeFrame",
    "TradeRow",
    "Unknown",
    "answers",
    "asset_name",
    "crc_of",
    "decode",
    "decode_secret",
    "exception_for",
    "exception_for_http",
    "from_rfc3339",
    "number",
    "pair_names",
    "read_errors",
    "reports",
    "requests",
    "rest",
    "rest_asset_name",
    "same_asset",
    "seconds_to_ns",
    "sign",
    "to_rfc3339",
    "to_seconds",
    "v2_symbol",
]
