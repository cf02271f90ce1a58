import json
from collections.abc import Callable
from decimal import Decimal

import attrs
import pytest

from seawall.kraken.dialect.order_words import RULES, OrderKind
from seawall.kraken.dialect.rest import RestOrder
from seawall.kraken.dialect.socket import requests
from seawall.kraken.dialect.socket.requests import AmendRequest, ConditionalClose, EditRequest, OrderRequest, TriggerTerms

AT_NS = 1_769_860_800_500_000_000
MARKET = OrderRequest(order_type="market", side="sell", symbol="BTC/USD", order_qty=Decimal(1))
LIMIT = OrderRequest(order_type="limit", side="buy", symbol="BTC/USD", order_qty=Decimal("0.10"), limit_price=Decimal("5.0"))


def of_type(order_type: OrderKind) -> OrderRequest:
    rule = RULES[order_type]
    return OrderRequest(
        order_type=order_type,
        side="buy",
        symbol="BTC/USD",
        order_qty=Decimal(1),
        limit_price=Decimal(5) if rule.limit else None,
        triggers=TriggerTerms(Decimal(4)) if rule.trigger else None,
    )


def params_of(text: str) -> dict[str, object]:
    params: dict[str, object] = json.loads(text)["params"]
    return params


def test_every_field_of_an_order_is_written_in_one_fixed_order() -> None:
    order = OrderRequest(
        order_type="trailing-stop-limit",
        side="sell",
        symbol="BTC/USD",
        order_qty=Decimal("0.10"),
        limit_price=Decimal("-1E+1"),
        limit_price_type="quote",
        triggers=TriggerTerms(Decimal("1.5"), "index", "pct"),
        time_in_force="gtd",
        post_only=True,
        reduce_only=False,
        margin=True,
        effective_time_ns=AT_NS,
        expire_time_ns=AT_NS,
        deadline_ns=AT_NS,
        cl_ord_id="sw1",
        conditional=ConditionalClose(
            order_type="stop-loss-limit",
            trigger_price=Decimal(-2),
            trigger_price_type="pct",
            limit_price=Decimal("0.5"),
            limit_price_type="quote",
        ),
        fee_preference="quote",
        stp_type="cancel_both",
        sender_sub_id="desk1",
        validate=True,
    )
    assert requests.add_order(order, "tok", 1) == (
        '{"method":"add_order","params":{"order_type":"trailing-stop-limit","side":"sell","symbol":"BTC/USD","order_qty":0.10,'
        '"limit_price":-10,"limit_price_type":"quote","triggers":{"reference":"index","price":1.5,"price_type":"pct"},'
        '"time_in_force":"gtd","post_only":true,"reduce_only":false,"margin":true,"effective_time":"2026-01-31T12:00:00Z",'
        '"expire_time":"2026-01-31T12:00:00Z","cl_ord_id":"sw1","conditional":{"order_type":"stop-loss-limit","trigger_price":-2,'
        '"trigger_price_type":"pct","limit_price":0.5,"limit_price_type":"quote"},"fee_preference":"quote",'
        '"stp_type":"cancel_both","sender_sub_id":"desk1","deadline":"2026-01-31T12:00:00.500Z","validate":true,"token":"tok"},'
        '"req_id":1}'
    )


def test_what_is_not_given_is_not_sent() -> None:
    assert requests.add_order(MARKET, "tok", None) == (
        '{"method":"add_order","params":{"order_type":"market","side":"sell","symbol":"BTC/USD","order_qty":1,"token":"tok"}}'
    )


def test_an_iceberg_shows_a_part_and_a_market_buy_may_spend_cash() -> None:
    iceberg = attrs.evolve(LIMIT, order_type="iceberg", display_qty=Decimal("0.01"), order_userref=-3)
    assert params_of(requests.add_order(iceberg, "tok", 1))["display_qty"] == 0.01
    cash = attrs.evolve(MARKET, side="buy", order_qty=None, cash_order_qty=Decimal("100.00"))
    assert '"cash_order_qty":100.00' in requests.add_order(cash, "tok", 1)


@pytest.mark.parametrize("order_type", RULES)
def test_each_order_type_has_the_prices_it_needs_and_no_other(order_type: OrderKind) -> None:
    order, rule = of_type(order_type), RULES[order_type]
    assert params_of(requests.add_order(order, "tok", 1)).keys() & {"limit_price", "triggers"} == {
        name for name, has in (("limit_price", rule.limit), ("triggers", rule.trigger)) if has
    }
    with pytest.raises(ValueError, match="limit_price"):
        attrs.evolve(order, limit_price=None if rule.limit else Decimal(5))
    with pytest.raises(ValueError, match="triggers"):
        attrs.evolve(order, triggers=None if rule.trigger else TriggerTerms(Decimal(4)))


REFUSED: list[tuple[Callable[[], object], str]] = [
    (lambda: attrs.evolve(LIMIT, order_qty=None), "order_qty or cash_order_qty"),
    (lambda: attrs.evolve(LIMIT, cash_order_qty=Decimal(5)), "order_qty or cash_order_qty"),
    (lambda: attrs.evolve(LIMIT, order_qty=None, cash_order_qty=Decimal(5)), "only of market orders"),
    (lambda: attrs.evolve(LIMIT, order_qty=Decimal(-1)), "order_qty"),
    (lambda: attrs.evolve(LIMIT, limit_price=Decimal("NaN")), "limit_price"),
    (lambda: attrs.evolve(LIMIT, display_qty=Decimal(1)), "only of iceberg orders"),
    (lambda: attrs.evolve(LIMIT, cl_ord_id="a", order_userref=1), "excludes order_userref"),
    (lambda: attrs.evolve(LIMIT, time_in_force="gtd"), "expire_time_ns"),
    (lambda: attrs.evolve(LIMIT, expire_time_ns=AT_NS), "expire_time_ns"),
    (lambda: attrs.evolve(MARKET, post_only=True), "post_only"),
    (lambda: TriggerTerms(Decimal("Infinity")), "triggers.price"),
    (lambda: ConditionalClose(order_type="limit", limit_price=Decimal("Infinity")), "limit_price"),
    (lambda: AmendRequest(order_id="O", cl_ord_id="a", order_qty=Decimal(1)), "order_id or cl_ord_id"),
    (lambda: AmendRequest(order_qty=Decimal(1)), "order_id or cl_ord_id"),
    (lambda: AmendRequest(order_id="O", post_only=True), "changes neither"),
    (lambda: EditRequest(order_id="O", symbol="A/B", order_qty=Decimal(-1)), "order_qty"),
    (lambda: requests.batch_add([LIMIT], "tok", 1), "2 to 15"),
    (lambda: requests.batch_add([LIMIT] * 16, "tok", 1), "2 to 15"),
    (lambda: requests.batch_add([LIMIT, attrs.evolve(LIMIT, symbol="ETH/USD")], "tok", 1), "one batch"),
    (lambda: requests.batch_add([LIMIT, attrs.evolve(LIMIT, deadline_ns=AT_NS)], "tok", 1), "whole batch"),
    (lambda: requests.batch_cancel(["O"], "tok", 1), "2 to 50"),
    (lambda: requests.batch_cancel(["O"] * 50, "tok", 1, client_order_ids=["a"]), "2 to 50"),
]


def wrong(**fields: object) -> OrderRequest:
    return attrs.evolve(LIMIT, **fields)  # type: ignore[arg-type] # what a type checker would refuse is what is asked for here


WRONG_KINDS: list[tuple[Callable[[], object], str]] = [
    (lambda: wrong(order_qty=0.001), r"order_qty: 0\.001 is a float, where only a Decimal.* Decimal\('0\.001'\)"),
    (lambda: wrong(limit_price="30000.5"), "limit_price: '30000.5' is a str"),
    (lambda: wrong(limit_price=30000), "limit_price: 30000 is a int"),
    (lambda: wrong(deadline_ns=1.7e18), "deadline_ns: .* is a float, where only an int"),
    (lambda: wrong(order_userref="5"), "order_userref: '5' is a str"),
    (lambda: wrong(order_userref=True), "order_userref: True is a bool"),
    (lambda: TriggerTerms(5.0), "price: 5.0 is a float"),  # type: ignore[arg-type] # as above
    (lambda: RestOrder(order_type="limit", side="buy", volume=Decimal(1), price=5.0), "price: 5.0 is a float"),  # type: ignore[arg-type] # as above
]


@pytest.mark.parametrize(("build", "reason"), WRONG_KINDS)
def test_what_a_type_checker_would_refuse_is_refused_by_name_at_run_time(build: Callable[[], object], reason: str) -> None:
    with pytest.raises(TypeError, match=reason):
        build()


@pytest.mark.parametrize(("build", "reason"), REFUSED)
def test_what_contradicts_itself_is_refused_by_name(build: Callable[[], object], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        build()


def test_an_amend_names_its_order_by_either_id() -> None:
    change = AmendRequest(
        order_id="O1",
        order_qty=Decimal(2),
        limit_price=Decimal("0.5"),
        limit_price_type="pct",
        trigger_price=Decimal(-3),
        trigger_price_type="quote",
        display_qty=Decimal("0.2"),
        post_only=False,
        deadline_ns=AT_NS + 1000,
        symbol="AAPLx/USD",
    )
    assert requests.amend_order(change, "tok", 1) == (
        '{"method":"amend_order","params":{"order_id":"O1","order_qty":2,"limit_price":0.5,"limit_price_type":"pct",'
        '"trigger_price":-3,"trigger_price_type":"quote","display_qty":0.2,"post_only":false,'
        '"deadline":"2026-01-31T12:00:00.500001Z","symbol":"AAPLx/USD","token":"tok"},"req_id":1}'
    )


def test_an_edit_says_what_changes() -> None:
    change = EditRequest(
        order_id="O1",
        symbol="BTC/USD",
        order_qty=Decimal(2),
        limit_price=Decimal(3),
        triggers=TriggerTerms(Decimal(4)),
        display_qty=Decimal(1),
        post_only=True,
        reduce_only=True,
        fee_preference="base",
        order_userref=7,
        deadline_ns=AT_NS,
        validate=False,
    )
    assert requests.edit_order(change, "tok", 1) == (
        '{"method":"edit_order","params":{"order_id":"O1","symbol":"BTC/USD","order_qty":2,"limit_price":3,'
        '"triggers":{"reference":"last","price":4,"price_type":"static"},"display_qty":1,"post_only":true,"reduce_only":true,'
        '"fee_preference":"base","order_userref":7,"deadline":"2026-01-31T12:00:00.500Z","validate":false,"token":"tok"},"req_id":1}'
    )


def test_a_batch_names_its_symbol_once() -> None:
    text = requests.batch_add([LIMIT, MARKET], "tok", 1, deadline_ns=AT_NS, validate=True)
    assert text == (
        '{"method":"batch_add","params":{"symbol":"BTC/USD","orders":[{"order_type":"limit","side":"buy","order_qty":0.10,'
        '"limit_price":5.0},{"order_type":"market","side":"sell","order_qty":1}],"deadline":"2026-01-31T12:00:00.500Z",'
        '"validate":true,"token":"tok"},"req_id":1}'
    )


def test_cancels_reach_orders_by_every_kind_of_id() -> None:
    assert params_of(requests.batch_cancel(["O1"], "tok", 1, client_order_ids=["a"])) == {
        "orders": ["O1"],
        "cl_ord_id": ["a"],
        "token": "tok",
    }
    assert params_of(requests.cancel_order([], "tok", 1, order_userrefs=[7])) == {"order_userref": [7], "token": "tok"}


def test_a_subscription_may_ask_for_every_option() -> None:
    text = requests.subscribe("executions", 1, ratecounter=True, rebased=False, users="all", token="tok")
    assert params_of(text) == {"channel": "executions", "ratecounter": True, "rebased": False, "users": "all", "token": "tok"}
    text = requests.subscribe("instrument", 1, include_tokenized_assets=True, execution_venue="bitnomial-exchange")
    assert params_of(text) == {
        "channel": "instrument",
        "include_tokenized_assets": True,
        "execution_venue": "bitnomial-exchange",
    }
