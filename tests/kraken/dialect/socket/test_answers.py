import json

import pytest

from seawall.kraken.dialect.bad import BadFrame
from seawall.kraken.dialect.error_table import Family
from seawall.kraken.dialect.socket.answers import (
    BatchAdded,
    BatchRow,
    OrderAdded,
    OrderAmended,
    OrderCanceled,
    OrderEdited,
    OrdersCanceled,
    Pong,
    Refused,
    Subscribed,
    SwitchSet,
    Unsubscribed,
    read_answer,
)
from seawall.kraken.dialect.socket.frames import decode
from seawall.kraken.dialect.socket.private_frames import Response
from seawall.kraken.dialect.unknown import Unknown

AT = "2023-09-21T15:49:29Z"
AT_NS = 1_695_311_369_000_000_000


def answered(method: str, result: object = None, **more: object) -> object:
    fields = {"method": method, "success": True, **({} if result is None else {"result": result}), **more}
    response = decode(json.dumps(fields))
    assert isinstance(response, Response)
    return read_answer(response)


READ: list[tuple[str, object, object]] = [
    ("add_order", {"order_id": "O", "cl_ord_id": "a"}, OrderAdded("O", "a")),
    ("add_order", {"order_id": "", "order_userref": 3}, OrderAdded(None, None, 3)),
    ("amend_order", {"amend_id": "T", "order_id": "O"}, OrderAmended("T", "O")),
    ("edit_order", {"order_id": "O2", "original_order_id": "O1"}, OrderEdited("O2", "O1")),
    ("cancel_order", {"order_userref": 7}, OrderCanceled(order_userref=7)),
    ("cancel_all", {"count": 0}, OrdersCanceled(0)),
    ("batch_cancel", {"count": 3}, OrdersCanceled(3)),
    ("cancel_all_orders_after", {"currentTime": AT, "triggerTime": "2023-09-21T15:49:30Z"}, SwitchSet(AT_NS, AT_NS + 10**9)),
    ("cancel_all_orders_after", {"currentTime": AT, "triggerTime": "0"}, SwitchSet(AT_NS, None)),
    ("cancel_all_orders_after", {"currentTime": AT}, SwitchSet(AT_NS, None)),
    (
        "batch_add",
        [{"order_id": "O", "cl_ord_id": "a"}, {"error": "EOrder:Insufficient funds", "order_userref": 2}],
        BatchAdded((BatchRow("O", "a"), BatchRow(None, None, 2, "EOrder:Insufficient funds"))),
    ),
]


@pytest.mark.parametrize(("method", "result", "wanted"), READ)
def test_each_method_has_an_answer_of_its_own(method: str, result: object, wanted: object) -> None:
    assert answered(method, result) == wanted


def test_the_recorded_shape_of_a_batch_cancel_is_read_too() -> None:
    assert answered("batch_cancel", orders_cancelled=2) == OrdersCanceled(2)


def test_subscriptions_are_told_by_channel_and_symbol() -> None:
    begun = answered("subscribe", {"channel": "ticker", "symbol": "BTC/USD", "event_trigger": "bbo", "snapshot": True})
    assert isinstance(begun, Subscribed)
    assert (begun.channel, begun.symbol, begun.result.event_trigger) == ("ticker", "BTC/USD", "bbo")
    ended = answered("unsubscribe", {"channel": "balances"})
    assert isinstance(ended, Unsubscribed)
    assert (ended.channel, ended.symbol) == ("balances", None)


def test_a_pong_needs_no_success() -> None:
    response = decode('{"method":"pong","req_id":1}')
    assert isinstance(response, Response)
    assert read_answer(response) == Pong()


def test_a_refusal_says_what_to_do() -> None:
    response = decode('{"method":"subscribe","success":false,"error":"EService:Throttled: 1695311379","symbol":"A/B"}')
    assert isinstance(response, Response)
    refused = read_answer(response, now_ns=AT_NS)
    assert isinstance(refused, Refused)
    assert (refused.method, refused.symbol, refused.answer.family) == ("subscribe", "A/B", Family.LIMITED)
    assert refused.answer.retry_after_s == 10.0


def test_a_refusal_without_a_reason_is_one_all_the_same() -> None:
    refused = read_answer(Response(method="add_order", success=False))
    assert isinstance(refused, Refused)
    assert refused.answer.doubtful


def test_a_new_method_is_kept_visible() -> None:
    assert answered("add_spread", {"order_id": "O"}) == Unknown("method", "add_spread")


@pytest.mark.parametrize(
    ("method", "result"),
    [
        ("add_order", None),
        ("add_order", [{"order_id": "A"}, {"order_id": "B"}]),
        ("amend_order", {"order_id": "O"}),
        ("cancel_order", {}),
        ("cancel_all", {}),
        ("batch_cancel", None),
        ("batch_add", []),
        ("cancel_all_orders_after", {}),
        ("cancel_all_orders_after", {"currentTime": "today"}),
        ("subscribe", {"symbol": "BTC/USD"}),
    ],
)
def test_an_answer_that_lacks_what_it_is_for_is_bad(method: str, result: object) -> None:
    with pytest.raises(BadFrame, match=method):
        answered(method, result)
