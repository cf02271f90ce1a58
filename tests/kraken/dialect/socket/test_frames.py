from decimal import Decimal

import pytest

from seawall.kraken.dialect.bad import BadFrame
from seawall.kraken.dialect.socket.frames import CHANNELS, decode
from seawall.kraken.dialect.socket.market_frames import BookFrame, CandleFrame, Heartbeat, Status, TradeFrame
from seawall.kraken.dialect.socket.private_frames import BalancesFrame, ExecutionsFrame, Response, Result
from seawall.kraken.dialect.socket.ticker_frames import TickerFrame
from seawall.kraken.dialect.unknown import Unknown

BOOK = '{"channel":"book","type":"update","data":[{"symbol":"BTC/USD","bids":[%s],"asks":[],"checksum":7}]}'
TRADE = (
    '{"channel":"trade","type":"update","data":[{"symbol":"BTC/USD","side":"buy","price":%s,"qty":%s,'
    '"trade_id":1,"timestamp":"%s"}]}'
)
AT = "2026-01-31T12:00:00.000000Z"
TICKER = (
    '{"channel":"ticker","type":"update","data":[{"symbol":"BTC/USD","bid":%s,"bid_qty":1.00,"ask":2.50,"ask_qty":1,'
    '"last":2,"volume":3,"vwap":2,"low":1,"high":3,"change":%s,"change_pct":-1.29}]}'
)
EVENT = '{"channel":"executions","type":"update","sequence":2,"data":[{"order_id":"O","exec_type":"new","timestamp":"%s"%s}]}'


def test_a_heartbeat_has_only_its_channel() -> None:
    assert decode('{"channel":"heartbeat"}') == Heartbeat()


def test_a_status_may_lack_its_connection_and_may_have_a_huge_one() -> None:
    frame = decode('{"channel":"status","type":"update","data":[{"system":"online","connection_id":18446744073709551615}]}')
    assert isinstance(frame, Status)
    assert frame.data[0].connection_id == 2**64 - 1
    bare = decode('{"data":[{"system":"maintenance"}],"channel":"status"}')
    assert isinstance(bare, Status)
    assert (bare.data[0].system, bare.data[0].connection_id) == ("maintenance", None)


def test_book_digits_stay_as_they_came() -> None:
    frame = decode(BOOK % '{"price":80000.0,"qty":0.00010000},{"price":1.50,"qty":1e-08}')
    assert isinstance(frame, BookFrame)
    assert not frame.snapshot
    assert [(bytes(level.price), bytes(level.qty)) for level in frame.data[0].bids] == [
        (b"80000.0", b"0.00010000"),
        (b"1.50", b"1e-08"),
    ]


def test_key_order_and_unknown_fields_do_not_matter() -> None:
    frame = decode('{"data":[{"new":1,"checksum":7,"symbol":"BTC/USD","asks":[]}],"later":{},"type":"snapshot","channel":"book"}')
    assert isinstance(frame, BookFrame)
    assert frame.snapshot
    assert frame.data[0].bids == []


@pytest.mark.parametrize("size", ["-1.0", "-0.00000001", '"NaN"', "NaN", "Infinity", "null", '"1.0"', "true", "[1]", "1e400"])
def test_a_size_that_cannot_be_is_a_bad_frame(size: str) -> None:
    for frame in (
        BOOK % f'{{"price":1.0,"qty":{size}}}',
        BOOK % f'{{"price":{size},"qty":1.0}}',
        TICKER % (size, "1"),
    ):
        with pytest.raises(BadFrame):
            decode(frame)


@pytest.mark.parametrize(
    "size", ["-1.0", '"NaN"', '"Infinity"', '"-Infinity"', '"sNaN"', "NaN", "null", "1e400", "1e99999999999999999999"]
)
def test_a_decimal_that_cannot_be_is_a_bad_frame(size: str) -> None:
    for frame in (TRADE % (size, "1", AT), TRADE % ("1", size, AT)):
        with pytest.raises(BadFrame):
            decode(frame)
    if size != "null":  # which is how an event says nothing
        with pytest.raises(BadFrame, match="executions"):
            decode(EVENT % (AT, f',"cum_qty":{size}'))


def test_changes_of_a_ticker_may_be_negative_and_its_digits_are_exact() -> None:
    frame = decode(TICKER % ("2.10", "-0.17"))
    assert isinstance(frame, TickerFrame)
    assert str(frame.data[0].bid) == "2.10"
    assert frame.data[0].change == Decimal("-0.17")


def test_decimals_of_trades_keep_their_digits() -> None:
    frame = decode(TRADE % ("0.51170", "6423.46326000", AT))
    assert isinstance(frame, TradeFrame)
    assert (str(frame.data[0].price), str(frame.data[0].qty)) == ("0.51170", "6423.46326000")


def test_a_time_that_is_none_is_a_bad_frame() -> None:
    with pytest.raises(BadFrame, match="yesterday"):
        decode(TRADE % ("1", "1", "yesterday"))


def test_what_an_event_does_not_say_is_none_and_not_zero() -> None:
    frame = decode(EVENT % (AT, ""))
    assert isinstance(frame, ExecutionsFrame)
    event = frame.data[0]
    assert frame.sequence == 2
    assert (event.cum_qty, event.order_qty, event.limit_price, event.symbol, event.fees) == (None, None, None, None, ())


def test_an_empty_snapshot_is_a_snapshot() -> None:
    frame = decode('{"channel":"balances","type":"snapshot","data":[],"sequence":1}')
    assert isinstance(frame, BalancesFrame)
    assert frame.snapshot
    assert frame.data == ()


@pytest.mark.parametrize(
    ("frame", "what", "value"),
    [
        ('{"channel":"level9","type":"update","data":[]}', "channel", "level9"),
        ('{"channel":"book","type":"delta","data":[]}', "type", "delta"),
        ('{"event":"systemStatus"}', "frame", ""),
        ("{}", "frame", ""),
    ],
)
def test_what_is_new_to_us_is_seen_as_unknown(frame: str, what: str, value: str) -> None:
    assert decode(frame) == Unknown(what, value, frame)
    assert decode(frame.encode()) == Unknown(what, value, frame)


@pytest.mark.parametrize(
    "frame",
    [
        "CloudFlare WebSocket proxy restarting",
        b"\xff\xfe",
        "",
        "[]",
        "5",
        '"text"',
        "null",
        '{"channel":"book"',
        '{"channel":5}',
        '{"channel":["book"]}',
        '{"method":7}',
        "[" * 100_000,
        '{"channel":"book","type":"update","data":{}}',
        '{"channel":"book","type":"update","data":[{"symbol":"BTC/USD"}]}',
        '{"channel":"executions","type":"update","data":[]}',
        '{"method":"add_order","req_id":"five"}',
        '{"method":"add_order","result":"none"}',
    ],
)
def test_what_cannot_be_understood_is_a_bad_frame(frame: bytes | str) -> None:
    with pytest.raises(BadFrame):
        decode(frame)


def test_a_bad_frame_tells_what_came_and_where_it_is_wrong() -> None:
    with pytest.raises(BadFrame, match="CloudFlare WebSocket proxy restarting"):
        decode("CloudFlare WebSocket proxy restarting")
    with pytest.raises(BadFrame, match=r"channel book: .*negative.*\$\.data") as caught:
        decode(BOOK % '{"price":1.0,"qty":-1.0}')
    assert caught.value.frame.startswith('{"channel":"book"')
    with pytest.raises(BadFrame) as long:
        decode(b"x" * 10_000)
    assert len(str(long.value)) < 500


def test_an_answer_is_told_apart_by_its_method() -> None:
    answer = decode(
        '{"method":"subscribe","result":{"channel":"book","depth":10,"snapshot":true,"symbol":"BTC/USD"},"success":true,"req_id":9}'
    )
    assert answer == Response(
        method="subscribe", success=True, req_id=9, result=Result(channel="book", depth=10, symbol="BTC/USD", snapshot=True)
    )
    assert isinstance(answer, Response)
    assert not answer.failed


def test_a_refused_subscription_names_its_symbol_beside_the_error() -> None:
    answer = decode(
        '{"error":"Currency pair not supported WWW/USD","method":"subscribe","req_id":0,"success":false,"symbol":"WWW/USD"}'
    )
    assert isinstance(answer, Response)
    assert answer.failed
    assert (answer.symbol, answer.results, answer.req_id) == ("WWW/USD", (), 0)


def test_a_pong_is_an_answer_without_success() -> None:
    answer = decode(
        '{"method":"pong","req_id":101,"time_in":"2023-09-24T14:10:23.799685Z","time_out":"2023-09-24T14:10:23.799703Z"}'
    )
    assert isinstance(answer, Response)
    assert (answer.method, answer.req_id, answer.success, answer.failed) == ("pong", 101, None, False)


def test_both_shapes_of_a_batch_answer_are_read() -> None:
    added = decode('{"method":"batch_add","success":true,"result":[{"order_id":"A"},{"order_id":"B"}]}')
    assert isinstance(added, Response)
    assert [result.order_id for result in added.results] == ["A", "B"]
    canceled = decode('{"method":"batch_cancel","success":true,"orders_cancelled":2}')
    assert isinstance(canceled, Response)
    assert (canceled.orders_cancelled, canceled.results) == (2, ())


@pytest.mark.parametrize("frame", ['{"Error":"Exceeded msg rate"}', '{"error":"Exceeded msg rate"}'])
def test_a_complaint_about_nothing_in_particular_is_a_failed_answer(frame: str) -> None:
    answer = decode(frame)
    assert isinstance(answer, Response)
    assert (answer.method, answer.error, answer.failed) == ("", "Exceeded msg rate", True)


def test_several_candles_keep_their_envelope() -> None:
    row = (
        '{"symbol":"A/B","open":1.0,"high":1,"low":1,"close":1,"trades":1,"volume":2,'
        '"interval_begin":"2023-10-04T15:25:00.000000000Z","interval":5}'
    )
    frame = decode(f'{{"channel":"ohlc","type":"snapshot","timestamp":"{AT}","data":[{row},{row}]}}')
    assert isinstance(frame, CandleFrame)
    assert (frame.timestamp, len(frame.data)) == (AT, 2)


def test_channels_are_those_with_a_class() -> None:
    names = "balances book executions heartbeat instrument level3 ohlc status ticker trade"
    assert sorted(CHANNELS) == names.split()
