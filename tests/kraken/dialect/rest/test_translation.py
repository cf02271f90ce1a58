"""One description of an order on both transports: what REST is sent must mean what the WebSocket is sent."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from seawall.kraken.dialect.order_words import OneWayOnly
from seawall.kraken.dialect.rest import add_order, amend_order, edit_order
from seawall.kraken.dialect.rest.translation import rest_edit, rest_order
from seawall.kraken.dialect.socket import requests
from seawall.kraken.dialect.socket.orders import AmendRequest, ConditionalClose, EditRequest, OrderRequest, TriggerTerms

AT_NS = 1_795_410_005_123_000_000


def order(order_type: str = "limit", **fields: object) -> OrderRequest:
    given: dict[str, object] = {"order_type": order_type, "side": "buy", "symbol": "BTC/USD", "order_qty": Decimal("1.5")}
    return OrderRequest(**(given | fields))  # type: ignore[arg-type]  # fields of the tests' own choice


def sent(request: OrderRequest) -> dict[str, str]:
    return dict(add_order(rest_order(request), "XBTUSD").params)


USUAL = {"pair": "XBTUSD", "type": "buy", "volume": "1.5"}
D = Decimal


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (order("market"), {"ordertype": "market"}),
        (order(limit_price=D("60000.10")), {"ordertype": "limit", "price": "60000.10"}),
        (
            order("market", order_qty=None, cash_order_qty=D("100.00")),
            {"ordertype": "market", "volume": "100.00", "oflags": "viqc"},
        ),
        (
            order("iceberg", limit_price=D(1), display_qty=D("0.1")),
            {"ordertype": "iceberg", "price": "1", "displayvol": "0.1"},
        ),
        (
            order("stop-loss", triggers=TriggerTerms(D(50_000), reference="index")),
            {"ordertype": "stop-loss", "price": "50000", "trigger": "index"},
        ),
        (
            order("take-profit-limit", triggers=TriggerTerms(D("2.5"), price_type="pct"), limit_price=D(70_000)),
            {"ordertype": "take-profit-limit", "price": "+2.5%", "price2": "70000", "trigger": "last"},
        ),
        (
            order("stop-loss-limit", triggers=TriggerTerms(D(-100), price_type="quote"), limit_price=D(1)),
            {"ordertype": "stop-loss-limit", "price": "-100", "price2": "1", "trigger": "last"},
        ),
        (
            order("trailing-stop", triggers=TriggerTerms(D(1), price_type="pct")),
            {"ordertype": "trailing-stop", "price": "+1%", "trigger": "last"},
        ),
        (
            order("trailing-stop-limit", triggers=TriggerTerms(D(300), price_type="quote"), limit_price=D(-20)),
            {"ordertype": "trailing-stop-limit", "price": "+300", "price2": "-20", "trigger": "last"},
        ),
        (
            order("settle-position", order_qty=D(0), leverage=3),
            {"ordertype": "settle-position", "volume": "0", "leverage": "3"},
        ),
        (
            order(limit_price=D(1), post_only=True, fee_preference="quote", stp_type="cancel_both", order_userref=-7),
            {"ordertype": "limit", "price": "1", "oflags": "post,fciq", "stptype": "cancel-both", "userref": "-7"},
        ),
        (
            order(limit_price=D(1), fee_preference="base", reduce_only=True, leverage=5, cl_ord_id="mine", validate=True),
            {
                "ordertype": "limit",
                "price": "1",
                "oflags": "fcib",
                "reduce_only": "true",
                "leverage": "5",
                "cl_ord_id": "mine",
                "validate": "true",
            },
        ),
        (
            order(limit_price=D(1), time_in_force="gtd", expire_time_ns=AT_NS, effective_time_ns=AT_NS, deadline_ns=AT_NS),
            {
                "ordertype": "limit",
                "price": "1",
                "timeinforce": "GTD",
                "starttm": "1795410005",
                "expiretm": "1795410005",
                "deadline": "2026-11-23T05:00:05.123Z",
            },
        ),
        (
            order(
                limit_price=D(1),
                conditional=ConditionalClose(
                    order_type="stop-loss-limit",
                    trigger_price=D(-5),
                    trigger_price_type="pct",
                    limit_price=D("0.9"),
                ),
            ),
            {
                "ordertype": "limit",
                "price": "1",
                "close[ordertype]": "stop-loss-limit",
                "close[price]": "-5%",
                "close[price2]": "0.9",
            },
        ),
        (
            order(limit_price=D(1), conditional=ConditionalClose(order_type="limit", limit_price=D(2))),
            {"ordertype": "limit", "price": "1", "close[ordertype]": "limit", "close[price]": "2"},
        ),
    ],
)
def test_every_field_is_said_by_rest_in_its_own_words(request_: OrderRequest, expected: dict[str, str]) -> None:
    assert sent(request_) == USUAL | expected


@pytest.mark.parametrize(
    ("write", "field"),
    [
        (lambda: rest_order(order(limit_price=D(1), margin=True)), "margin"),
        (lambda: rest_order(order(limit_price=D(1), sender_sub_id="a")), "sender_sub_id"),
        (lambda: requests.add_order(order(limit_price=D(1), leverage=3), "token", 1), "leverage"),
        (lambda: rest_edit(EditRequest(order_id="O1", symbol="BTC/USD", reduce_only=True)), "reduce_only"),
        (lambda: rest_edit(EditRequest(order_id="O1", symbol="BTC/USD", fee_preference="base")), "fee_preference"),
        (lambda: rest_edit(EditRequest(order_id="O1", symbol="BTC/USD", post_only=False)), "post_only"),
        (lambda: rest_edit(EditRequest(order_id="O1", symbol="BTC/USD", limit_price=D(1))), "limit_price"),
    ],
)
def test_what_only_the_other_transport_can_say_is_refused_as_that(write: Callable[[], object], field: str) -> None:
    with pytest.raises(OneWayOnly, match=field):
        write()


def test_a_trailing_order_at_a_fixed_price_is_refused() -> None:
    with pytest.raises(ValueError, match="trailing-stop"):
        rest_order(order("trailing-stop", triggers=TriggerTerms(D(1), price_type="static")))


def edited(**fields: object) -> dict[str, str]:
    change = EditRequest(order_id="O1", symbol="BTC/USD", **fields)  # type: ignore[arg-type]  # fields of the tests' own choice
    return dict(edit_order(rest_edit(change), "XBTUSD").params)


def test_an_edit_puts_the_limit_where_the_order_type_has_it() -> None:
    named = {"pair": "XBTUSD", "txid": "O1"}
    assert edited(order_type="limit", limit_price=D(5), post_only=True) == named | {"price": "5", "oflags": "post"}
    assert edited(order_type="stop-loss-limit", limit_price=D(5)) == named | {"price2": "5"}
    assert edited(triggers=TriggerTerms(D(6)), limit_price=D(5)) == named | {"price": "6", "price2": "5"}
    assert edited(order_qty=D("0.2"), order_userref=9) == named | {"volume": "0.2", "userref": "9"}


def test_an_amend_writes_distances_with_their_sign() -> None:
    change = AmendRequest(
        order_id="O1", limit_price=D(-20), limit_price_type="quote", trigger_price=D("1.5"), trigger_price_type="pct"
    )
    assert dict(amend_order(change).params) == {"txid": "O1", "limit_price": "-20", "trigger_price": "+1.5%"}
