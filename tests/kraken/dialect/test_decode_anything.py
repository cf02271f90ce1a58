"""Whatever arrives, `decode` and the REST readers answer with a value or with an error of ours."""

import contextlib
import json
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.kraken.dialect.bad import BadFrame
from seawall.kraken.dialect.books.book import KrakenBook
from seawall.kraken.dialect.books.level3_book import Level3Book
from seawall.kraken.dialect.fuzz import REST_READERS, embedded_seeds
from seawall.kraken.dialect.socket import reports
from seawall.kraken.dialect.socket.answers import read_answer
from seawall.kraken.dialect.socket.frames import Frame, decode
from seawall.kraken.dialect.socket.level3_frames import Level3Frame
from seawall.kraken.dialect.socket.market_frames import (
    BookFrame,
    CandleFrame,
    InstrumentFrame,
    Status,
    TradeFrame,
)
from seawall.kraken.dialect.socket.private_frames import BalancesFrame, ExecutionsFrame, Response
from seawall.kraken.dialect.socket.ticker_frames import TickerFrame
from seawall.kraken.dialect.unknown import Unknown
from seawall.model.errors import SeawallError
from seawall.model.instruments import Instrument
from seawall.model.market_data import VenueStatus
from seawall.model.reports import OrderReport

FRAMES: list[dict[str, object]] = [
    {"channel": "heartbeat"},
    {"channel": "status", "type": "update", "data": [{"system": "online", "connection_id": 2**64 - 1}]},
    {
        "channel": "book",
        "type": "update",
        "data": [
            {
                "symbol": "BTC/USD",
                "bids": [{"price": 1.5, "qty": 0.1}],
                "asks": [{"price": 1.6, "qty": 1e-8}],
                "checksum": 1,
                "timestamp": "2026-01-31T12:00:00.000001Z",
            }
        ],
    },
    {
        "channel": "ticker",
        "type": "update",
        "data": [
            {
                "symbol": "BTC/USD",
                **dict.fromkeys(("bid", "bid_qty", "ask", "ask_qty", "last", "volume", "vwap", "low", "high"), 1.5),
                "change": -2.5,
                "change_pct": -0.5,
            }
        ],
    },
    {
        "channel": "trade",
        "type": "update",
        "data": [
            {
                "symbol": "BTC/USD",
                "side": "buy",
                "price": 1.5,
                "qty": 2,
                "trade_id": 7,
                "ord_type": "limit",
                "timestamp": "2026-01-31T12:00:00.000001Z",
            }
        ],
    },
    {
        "channel": "ohlc",
        "type": "snapshot",
        "data": [
            {
                "symbol": "BTC/USD",
                "open": 1,
                "high": 2,
                "low": 1,
                "close": 2,
                "trades": 3,
                "volume": 4.5,
                "interval_begin": "2026-01-31T12:00:00.000000000Z",
                "interval": 5,
            }
        ],
    },
    {
        "channel": "instrument",
        "type": "snapshot",
        "data": {
            "assets": [{"id": "BTC", "status": "enabled", "precision": 10}],
            "pairs": [
                {
                    "symbol": "BTC/USD",
                    "base": "BTC",
                    "quote": "USD",
                    "status": "online",
                    "qty_precision": 8,
                    "qty_increment": 1e-08,
                    "price_precision": 1,
                    "price_increment": 0.1,
                    "qty_min": 0.0001,
                    "cost_min": 0.5,
                }
            ],
        },
    },
    {
        "channel": "executions",
        "type": "update",
        "sequence": 3,
        "data": [
            {
                "order_id": "O",
                "exec_type": "trade",
                "exec_id": "T",
                "symbol": "BTC/USD",
                "side": "sell",
                "last_qty": 0.5,
                "last_price": 3,
                "cum_qty": 1,
                "fees": [{"asset": "USD", "qty": 0.1}],
                "triggers": {"price": 4},
                "timestamp": "2026-01-31T12:00:00.000001Z",
            }
        ],
    },
    {
        "channel": "level3",
        "type": "update",
        "data": [
            {
                "symbol": "BTC/USD",
                "checksum": 1,
                "bids": [],
                "asks": [
                    {
                        "event": "add",
                        "order_id": "O",
                        "limit_price": 1.5,
                        "order_qty": 2,
                        "timestamp": "2026-01-31T12:00:00.000000001Z",
                    }
                ],
            }
        ],
    },
    {"channel": "balances", "type": "snapshot", "sequence": 1, "data": [{"asset": "USD", "balance": 5, "wallets": []}]},
    {"method": "add_order", "success": True, "req_id": 5, "result": {"order_id": "O", "warnings": []}},
    {"method": "subscribe", "success": False, "error": "Currency pair not supported", "symbol": "WWW/USD", "req_id": 5},
]

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["NaN", "-Infinity", "1e400", "-1", "2026-01-31", "book", "BTC/", "/"])
    | st.sampled_from([-1, -0.5, 1e300, 10**60])
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["channel", "method", "type", "data", "error", "x"]), inner, max_size=4)
    ),
    max_leaves=8,
)


def as_text(value: object) -> str:
    return json.dumps(value)  # writes NaN and Infinity bare, as careless servers do


def spoiled(draw: st.DrawFn, good: object) -> str:
    """A good frame or answer with one value somewhere replaced, removed or added."""
    whole = json.loads(json.dumps(good))
    at: object = whole
    while True:
        keys = list(at) if isinstance(at, dict) else list(range(len(at))) if isinstance(at, list) else []
        if not keys:
            return as_text(whole)
        key = draw(st.sampled_from(keys))
        holder = cast("dict[object, object]", at)
        if not isinstance(holder[key], dict | list) or not holder[key] or draw(st.booleans()):
            if draw(st.booleans()):
                holder[key] = draw(values)
            else:
                del holder[key]
            return as_text(whole)
        at = holder[key]


@st.composite
def spoiled_frames(draw: st.DrawFn) -> str:
    return spoiled(draw, draw(st.sampled_from(FRAMES)))


def use(frame: Frame) -> None:
    """All that the client does with a decoded frame."""
    match frame:
        case BookFrame():
            for row in frame.data:
                with contextlib.suppress(SeawallError):
                    KrakenBook(row.symbol).apply(row, frame.snapshot)
        case Level3Frame():
            for resting in frame.data:
                with contextlib.suppress(SeawallError):
                    Level3Book(resting.symbol).apply(resting, frame.snapshot)
        case ExecutionsFrame():
            reports.private_snapshot(frame)
            assert all(isinstance(reports.order_report(row), OrderReport | Unknown) for row in frame.data)
        case InstrumentFrame():
            assert all(isinstance(reports.instrument_of(pair), Instrument | Unknown) for pair in frame.data.pairs)
        case Response():
            assert isinstance(frame.results, tuple)
            assert frame.failed in {True, False}
            with contextlib.suppress(BadFrame):
                read_answer(frame)
        case _:
            use_rows(frame)


def use_rows(frame: Frame) -> None:
    match frame:
        case TradeFrame():
            assert all(reports.trade(row).price >= 0 for row in frame.data)
        case CandleFrame():
            assert all(reports.candle(row).volume >= 0 for row in frame.data)
        case BalancesFrame():
            assert all(reports.balance_total(row)[1].is_finite() for row in frame.data)
        case Status():
            assert all(isinstance(reports.venue_status(row.system), VenueStatus | Unknown) for row in frame.data)
        case TickerFrame():
            assert all(row.bid >= 0 for row in frame.data)


@pytest.mark.parametrize("frame", FRAMES, ids=lambda frame: str(frame.get("channel", frame.get("method"))))
def test_the_good_frames_are_understood(frame: dict[str, object]) -> None:
    decoded = decode(as_text(frame))
    assert not isinstance(decoded, Unknown)
    use(decoded)


@given(st.binary(max_size=60) | st.text(max_size=60) | values.map(as_text))
def test_any_bytes_text_or_json_is_a_frame_unknown_or_bad(frame: bytes | str) -> None:
    with contextlib.suppress(BadFrame):
        use(decode(frame))


@given(spoiled_frames())
def test_a_spoiled_frame_is_a_frame_unknown_or_bad(frame: str) -> None:
    with contextlib.suppress(BadFrame):
        use(decode(frame))
    with contextlib.suppress(BadFrame):
        use(decode(frame.encode("utf-8", "surrogatepass")))


READERS = [read for readers in REST_READERS.values() for read in readers]


@given(values, st.lists(st.text(max_size=6), max_size=2))
def test_any_rest_answer_is_read_or_refused_with_an_error_of_ours(result: object, errors: list[str]) -> None:
    for body in (as_text(result), as_text({"error": errors, "result": result}), as_text({"error": [], "result": result})):
        for read in READERS:
            with contextlib.suppress(SeawallError):
                read(body.encode())


GOOD_ANSWERS = [(endpoint, json.loads(text)) for endpoint, text in embedded_seeds() if endpoint is not None]


@st.composite
def spoiled_answers(draw: st.DrawFn) -> tuple[str, str]:
    endpoint, answer = draw(st.sampled_from(GOOD_ANSWERS))
    return endpoint, spoiled(draw, answer)


@given(spoiled_answers())
def test_a_spoiled_rest_answer_is_read_or_refused_with_an_error_of_ours(spoiled_answer: tuple[str, str]) -> None:
    endpoint, body = spoiled_answer
    for read in REST_READERS[endpoint]:
        with contextlib.suppress(SeawallError):
            read(body.encode("utf-8", "surrogatepass"))
