"""Every given payload of the exchange is understood; requests are produced field for field."""

import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from seawall.kraken.dialect import rest
from seawall.kraken.dialect.names import pair_names
from seawall.kraken.dialect.socket import requests
from seawall.kraken.dialect.socket.answers import read_answer
from seawall.kraken.dialect.socket.frames import decode
from seawall.kraken.dialect.socket.private_frames import Response
from seawall.kraken.dialect.times import from_rfc3339
from seawall.kraken.dialect.unknown import Unknown
from seawall.model.errors import SeawallError
from seawall.model.orders import Side
from seawall.model.reports import AmendOrder, PlaceOrder

SharedFile = Callable[[str], Path]
SAMPLES = "kraken/samples/"
WS_NAMES = (
    "add_order add_order_oto add_order_stop_loss amend_order amend_order_post_only_deadline balances_snapshot "
    "balances_subscribe balances_update batch_add batch_cancel book_snapshot book_subscribe book_unsubscribe book_update "
    "cancel_all cancel_all_orders_after cancel_order edit_order errors executions_lifecycle_recorded executions_snapshot_empty "
    "executions_snapshot_trades executions_subscribe executions_subscribe_ack_recorded executions_update heartbeat "
    "instrument_snapshot instrument_snapshot_recorded instrument_subscribe instrument_update level3_snapshot level3_subscribe "
    "level3_update ohlc_snapshot ohlc_subscribe ohlc_update ping status_maintenance status_online ticker_snapshot "
    "ticker_subscribe ticker_update trade_snapshot trade_subscribe trade_update trade_update_burst"
)
WS = WS_NAMES.split()
ONLY_REQUESTS = {"add_order_oto", "add_order_stop_loss", "amend_order_post_only_deadline"}


# Deprecated, and told by another field beside it.
UNTYPED = {"CandleRow.timestamp", "ExecutionRow.stop_price", "Response.status"}

# Files with a shape of their own, each read by the test file that is named.
ELSEWHERE = {
    "SOURCES.md": "test_samples.py",
    "vectors_book_checksum.json": "test_book_recordings.py",
    "vectors_level3_checksum.json": "test_level3.py",
    "vectors_rest_signature.json": "test_signing.py",
    "ws_book_recording_btcusd.jsonl": "test_book_recordings.py",
}


def parts(text: bytes) -> list[msgspec.Raw]:
    return msgspec.json.decode(text, type=list[msgspec.Raw]) if text.startswith(b"[") else [msgspec.Raw(text)]


def received(path: Path) -> list[bytes]:
    """The frames of a sample that the exchange sent, byte for byte."""
    frames: list[bytes] = []
    for part in parts(path.read_bytes().strip()):
        fields = msgspec.json.decode(part, type=dict[str, msgspec.Raw])
        if fields.keys() & {"channel", "method"}:
            frames.append(bytes(part))
        else:
            answers = [value for name, value in fields.items() if name.startswith("response")]
            frames += [bytes(frame) for value in answers for frame in parts(bytes(value))]
    return frames


def untyped(said: object, value: object) -> Iterator[str]:
    """What a decoded value has no field for, as `Class.field`, and what it has otherwise than it was written."""
    if isinstance(value, msgspec.Struct):
        yield from untyped_fields(said, value)
    elif isinstance(value, dict) and isinstance(said, dict):
        for name in said:
            yield from untyped(said[name], value[name])
    elif isinstance(value, list | tuple) and isinstance(said, list):
        for inner, one in zip(said, value, strict=True):
            yield from untyped(inner, one)
    elif not same(said, value):
        yield f"{value!r} of {said!r}"


def exactly(text: bytes) -> dict[str, object]:
    loaded: dict[str, object] = json.loads(text, parse_float=Decimal)
    return loaded


def same(said: object, value: object) -> bool:
    """Whether a value is what was written, digit for digit."""
    if isinstance(value, msgspec.Raw):
        value = Decimal(bytes(value).decode())
    if isinstance(value, Decimal):
        return str(value) == str(Decimal(str(said)))
    return value == (str(said) if isinstance(value, str) else said)


def untyped_fields(said: object, value: msgspec.Struct) -> Iterator[str]:
    kind = type(value)
    fields = dict(zip(kind.__struct_encode_fields__, kind.__struct_fields__, strict=True))
    if isinstance(said, list):
        if len(said) != len(fields):
            yield f"{kind.__name__}: {len(said)} places"
    elif isinstance(said, dict):
        for name in said.keys() - {"channel"}:
            if hasattr(value, attribute := fields.get(name) or name):
                yield from untyped(said[name], getattr(value, attribute))
            else:
                yield f"{kind.__name__}.{name}"


def read(path: Path) -> dict[str, dict[str, object]]:
    loaded: dict[str, dict[str, object]] = json.loads(path.read_text(), parse_float=Decimal)
    return loaded


@pytest.mark.parametrize("name", WS)
def test_every_websocket_sample_is_understood(shared_file: SharedFile, name: str) -> None:
    texts = received(shared_file(f"{SAMPLES}ws_{name}.json"))
    frames = [decode(text) for text in texts]
    assert bool(frames) == (name not in ONLY_REQUESTS)
    assert not [frame for frame in frames if isinstance(frame, Unknown)]
    for frame in frames:
        assert not isinstance(frame, Response) or not isinstance(read_answer(frame), Unknown)
    assert {field for text, frame in zip(texts, frames, strict=True) for field in untyped(exactly(text), frame)} <= UNTYPED


def test_no_sample_is_left_out(shared_file: SharedFile) -> None:
    """A file that is new to the folder fails here until a test reads it."""
    covered = (
        {f"ws_{name}.json" for name in WS} | {f"rest_{name}.json" for name in (*READERS, *ROWS, "errors")} | ELSEWHERE.keys()
    )
    assert {path.name for path in shared_file(SAMPLES).iterdir()} == covered
    for name, test in ELSEWHERE.items():
        assert name in (Path(__file__).parent / test).read_text()


ASKED: dict[str, Callable[[str, int], str]] = {
    "book_subscribe": lambda _, req_id: requests.subscribe("book", req_id, symbols=["ALGO/USD", "MATIC/USD"]),
    "book_unsubscribe": lambda _, req_id: requests.unsubscribe("book", req_id, symbols=["ALGO/USD", "MATIC/USD"]),
    "level3_subscribe": lambda token, req_id: requests.subscribe(
        "level3", req_id, symbols=["ALGO/USD", "MATIC/USD"], snapshot=True, token=token
    ),
    "ohlc_subscribe": lambda _, req_id: requests.subscribe("ohlc", req_id, symbols=["ALGO/USD", "MATIC/USD"], interval=5),
    "ticker_subscribe": lambda _, req_id: requests.subscribe("ticker", req_id, symbols=["BTC/USD"], event_trigger="bbo"),
    "trade_subscribe": lambda _, req_id: requests.subscribe("trade", req_id, symbols=["MATIC/USD"], snapshot=True),
    "instrument_subscribe": lambda _, req_id: requests.subscribe("instrument", req_id),
    "balances_subscribe": lambda token, req_id: requests.subscribe("balances", req_id, token=token),
    "executions_subscribe": lambda token, req_id: requests.subscribe(
        "executions", req_id, snap_orders=True, snap_trades=True, token=token
    ),
    "ping": lambda _, req_id: requests.ping(req_id),
    "cancel_order": lambda token, req_id: requests.cancel_order(
        [], token, req_id, order_ids=["OM5CRX-N2HAL-GFGWE9", "OLUMT4-UTEGU-ZYM7E9"]
    ),
    "cancel_all": requests.cancel_all,
    "cancel_all_orders_after": lambda token, req_id: requests.cancel_all_orders_after(100, token, req_id),
    "amend_order": lambda token, req_id: requests.amend_order(
        AmendOrder("2c6be801-1f53-4f79-a0bb-4ea1c95dfae9", qty=Decimal("1.2"), limit_price=Decimal(490795)), token, req_id
    ),
    "amend_order_post_only_deadline": lambda token, req_id: requests.amend_order(
        requests.AmendRequest(
            order_id="OAIYAU-LGI3M-PFM5VW",
            limit_price=Decimal("61031.3"),
            post_only=True,
            deadline_ns=from_rfc3339("2024-07-21T09:53:59.050Z"),
        ),
        token,
        req_id,
    ),
    "add_order": lambda token, req_id: requests.add_order(
        requests.OrderRequest(
            order_type="limit",
            side="buy",
            symbol="BTC/USD",
            order_qty=Decimal("1.2"),
            limit_price=Decimal("26500.4"),
            order_userref=100054,
        ),
        token,
        req_id,
    ),
    "add_order_oto": lambda token, req_id: requests.add_order(
        requests.OrderRequest(
            order_type="limit",
            side="buy",
            symbol="BTC/USD",
            order_qty=Decimal("1.2"),
            limit_price=Decimal(28440),
            conditional=requests.ConditionalClose(
                order_type="stop-loss-limit", trigger_price=Decimal(28410), limit_price=Decimal(28400)
            ),
        ),
        token,
        req_id,
    ),
    "add_order_stop_loss": lambda token, req_id: requests.add_order(
        requests.OrderRequest(
            order_type="stop-loss",
            side="sell",
            symbol="MATIC/USD",
            order_qty=Decimal(100),
            triggers=requests.TriggerTerms(Decimal("-2.0"), "last", "pct"),
        ),
        token,
        req_id,
    ),
    "edit_order": lambda token, req_id: requests.edit_order(
        requests.EditRequest(order_id="ORDERX-IDXXX-XXXXX1", symbol="BTC/USD", order_qty=Decimal("0.2123456789")), token, req_id
    ),
    "batch_add": lambda token, req_id: requests.batch_add(
        [
            requests.OrderRequest(
                order_type="limit",
                side="buy",
                symbol="BTC/USD",
                order_qty=Decimal("0.123456789"),
                limit_price=Decimal("1010.10"),
                order_userref=1,
            ),
            requests.OrderRequest(
                order_type="limit",
                side="sell",
                symbol="BTC/USD",
                order_qty=Decimal("0.987654321"),
                limit_price=Decimal("2020.20"),
                order_userref=2,
                stp_type="cancel_both",
            ),
        ],
        token,
        req_id,
        deadline_ns=from_rfc3339("2022-06-13T08:09:10.123456Z"),
        validate=False,
    ),
    "batch_cancel": lambda token, req_id: requests.batch_cancel(["1", "2", "ORDERX-IDXXX-XXXXX3"], token, req_id),
}


def test_every_sample_with_a_request_is_asked(shared_file: SharedFile) -> None:
    assert {name for name in WS if '"request"' in shared_file(f"{SAMPLES}ws_{name}.json").read_text()} == ASKED.keys()


@pytest.mark.parametrize("name", ASKED)
def test_the_documented_requests_are_produced_field_for_field(shared_file: SharedFile, name: str) -> None:
    wanted = read(shared_file(f"{SAMPLES}ws_{name}.json"))["request"]
    params = wanted.get("params", {})
    assert isinstance(params, dict)
    made = json.loads(ASKED[name](params.get("token", ""), 79), parse_float=Decimal)
    assert made == {**wanted, "req_id": 79}


@pytest.mark.parametrize(
    ("name", "order", "other"),
    [
        (
            "add_order",
            PlaceOrder(
                "sw1",
                "BTC/USD",
                Side.BUY,
                "limit",
                Decimal("1.2"),
                Decimal("26500.4"),
                None,
                "gtc",
                post_only=False,
                deadline_ns=0,
            ),
            {"order_userref"},
        ),
        (
            "add_order_stop_loss",
            PlaceOrder(
                "sw1",
                "MATIC/USD",
                Side.SELL,
                "stop-loss",
                Decimal(100),
                None,
                Decimal("0.5"),
                "gtc",
                post_only=False,
                deadline_ns=0,
            ),
            {"triggers"},
        ),
    ],
)
def test_the_documented_orders_are_produced_but_for_what_we_do_otherwise(
    shared_file: SharedFile, name: str, order: PlaceOrder, other: set[str]
) -> None:
    wanted = read(shared_file(f"{SAMPLES}ws_{name}.json"))["request"]["params"]
    assert isinstance(wanted, dict)
    made = json.loads(requests.add_order(order, wanted["token"], 1), parse_float=Decimal)["params"]
    assert {key: made[key] for key in wanted.keys() - other} == {key: wanted[key] for key in wanted.keys() - other}
    assert made.keys() - wanted.keys() == {"cl_ord_id", "deadline", "fee_preference", "time_in_force"}


REST_ASKED: dict[str, rest.RestRequest] = {
    "AddOrder": rest.add_order(
        rest.RestOrder(
            order_type="limit",
            side="buy",
            volume=Decimal("1.25"),
            price=Decimal(27500),
            cl_ord_id="6d1b345e-2821-40e2-ad83-4ecb18a06876",
        ),
        "XBTUSD",
    ),
    "AmendOrder": rest.amend_order(
        requests.AmendRequest(cl_ord_id="6d1b345e-2821-40e2-ad83-4ecb18a06876", order_qty=Decimal("1.25"))
    ),
    "CancelOrderBatch": rest.cancel_order_batch(["OP5V2Y-RYKVL-ET3V3B", "OP5V2Y-7YKVL-ET3V3B"]),
}


def test_the_documented_rest_requests_are_produced_field_for_field(shared_file: SharedFile) -> None:
    asked = {
        path.stem.removeprefix("rest_"): json.loads(path.read_text())["request"]
        for path in shared_file(SAMPLES).glob("rest_*.json")
        if '"request"' in path.read_text()
    }
    made = {
        name: json.loads(rest.json_body(call.params if call.document is None else call.document, asked[name]["nonce"]))
        for name, call in REST_ASKED.items()
    }
    assert made == asked


def answer(path: Path) -> bytes:
    """The body of the answer, byte for byte."""
    text = path.read_bytes()
    return bytes(msgspec.json.decode(text, type=dict[str, msgspec.Raw]).get("response", text))


READERS: dict[str, Callable[[bytes], object]] = {
    "AddOrder": lambda body: rest.read_added_order(body, "sw1"),
    "AmendOrder": rest.read_amended_order,
    "AssetPairs": rest.read_instruments,
    "AssetPairs_tokenized": rest.read_instruments,
    "BalanceEx": rest.read_balances,
    "CancelAll": rest.read_cancel_count,
    "CancelAllOrdersAfter": rest.read_cancel_all_after,
    "CancelOrder": rest.read_cancel_count,
    "CancelOrderBatch": rest.read_cancel_count,
    "ClosedOrders": lambda body: rest.read_closed_orders(body, {"XBTGBP": "BTC/GBP"}),
    "GetWebSocketsToken": rest.read_token,
    "OHLC": lambda body: rest.read_candles(body, "BTC/USD", 60),
    "OpenOrders": lambda body: rest.read_open_orders(body, {"XBTUSD": "BTC/USD"}),
    "QueryOrders": lambda body: rest.read_orders(body, {"XBTUSD": "BTC/USD"}),
    "SystemStatus": rest.read_system_status,
    "Time": rest.read_time,
    "Trades": lambda body: rest.read_trades(body, "BTC/USD"),
    "TradesHistory": lambda body: rest.read_fills(body, {"XXBTZUSD": "BTC/USD"}),
}
ROWS: dict[str, Callable[[bytes], object]] = {
    "AddOrder": rest.read_new_order,
    "AddOrderBatch": rest.read_batch,
    "AssetPairs": rest.read_pair_rows,
    "AssetPairs_tokenized": rest.read_pair_rows,
    "Assets": rest.read_assets,
    "Balance": rest.read_totals,
    "BalanceEx": rest.read_extended_balances,
    "CancelAll": rest.read_cancellation,
    "CancelOrder": rest.read_cancellation,
    "CancelOrderBatch": rest.read_cancellation,
    "ClosedOrders": lambda body: rest.read_closed_order_rows(body).closed,
    "Depth": rest.read_depth,
    "EditOrder": rest.read_edited_order,
    "GetApiKeyInfo": rest.read_api_key_info,
    "GroupedBook": rest.read_grouped_book,
    "Ledgers": lambda body: rest.read_ledgers(body).ledger,
    "Level3": rest.read_level3,
    "OpenOrders": rest.read_open_order_rows,
    "OpenPositions": lambda body: rest.read_positions(body).by_id,
    "OrderAmends": lambda body: rest.read_order_amends(body).amends,
    "QueryLedgers": rest.read_ledger_rows,
    "QueryOrders": rest.read_order_rows,
    "QueryTrades": rest.read_trade_rows,
    "Spread": lambda body: rest.read_spread(body).rows,
    "Ticker": rest.read_tickers,
    "TradeBalance": rest.read_trade_balance,
    "TradeVolume": lambda body: rest.read_trade_volume(body).fees,
    "TradesHistory": lambda body: rest.read_trade_page(body).trades,
}


PLACES = {
    "AddOrderBatch": "orders",
    "ClosedOrders": "closed",
    "Depth": "XBTUSDT",
    "Ledgers": "ledger",
    "OpenOrders": "open",
    "OrderAmends": "amends",
    "Spread": "XXBTZUSD",
    "TradesHistory": "trades",
}
"""Where in the result the rows lie that the reader in `ROWS` gives."""


@pytest.mark.parametrize(
    ("name", "read"), [*READERS.items(), *ROWS.items()], ids=lambda value: value if isinstance(value, str) else ""
)
def test_every_rest_sample_is_understood(shared_file: SharedFile, name: str, read: Callable[[bytes], object]) -> None:
    understood = read(answer(shared_file(f"{SAMPLES}rest_{name}.json")))
    assert understood
    assert not isinstance(understood, rest.PairList) or (understood.instruments and not understood.left_out)


# The fees of `TradeVolume` are known by two spellings, which other tests look at.
@pytest.mark.parametrize("name", sorted(ROWS.keys() - {"TradeVolume"}))
def test_every_field_of_a_rest_sample_is_typed_with_its_digits(shared_file: SharedFile, name: str) -> None:
    body = answer(shared_file(f"{SAMPLES}rest_{name}.json"))
    result = exactly(body)["result"]
    assert isinstance(result, dict)
    assert list(untyped(result[PLACES[name]] if name in PLACES else result, ROWS[name](body))) == []


def test_every_error_sample_is_an_error_of_ours(shared_file: SharedFile) -> None:
    for body in json.loads(shared_file(f"{SAMPLES}rest_errors.json").read_text()):
        with pytest.raises(SeawallError, match=body["error"][0]):
            rest.read_time(json.dumps(body))
    for frame in json.loads(shared_file(f"{SAMPLES}ws_errors.json").read_text()):
        decoded = decode(json.dumps(frame))
        assert isinstance(decoded, Response)
        assert decoded.failed
        assert decoded.error == frame["error"]


def test_the_pairs_of_2021_are_understood_without_the_fields_they_lack(shared_file: SharedFile) -> None:
    pairs = rest.read_instruments(shared_file("data/kraken_asset_pairs_2021-04-17.json").read_text())
    assert (len(pairs.instruments), pairs.left_out) == (15, ())
    assert {pair.symbol for pair in pairs.instruments} >= {"BTC/USD", "ADA/BTC", "BTC/CHF", "ETH/CHF", "SC/EUR"}
    assert pair_names(pairs.instruments)["XXBTZUSD"] == "BTC/USD"


def test_a_thousand_recorded_trades_are_consecutive(shared_file: SharedFile) -> None:
    trades, last = rest.read_trades(shared_file("data/kraken_trades_xbtusdt_2025-11-10.json").read_text(), "BTC/USDT")
    ids = [trade.trade_id for trade in trades]
    assert ids == list(range(ids[0], ids[0] + 1000))
    # The time of a row was printed from a float, `last` was not: they agree to a few hundred nanoseconds.
    assert abs(trades[-1].at_ns - last) < 1000
