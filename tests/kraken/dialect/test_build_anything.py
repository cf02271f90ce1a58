"""Whatever is asked for, a request is written in sound JSON or form, or a ValueError names the field."""

import contextlib
import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, NoReturn, get_args
from urllib.parse import parse_qsl

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.kraken.dialect import rest
from seawall.kraken.dialect.order_words import RULES, FeePreference, OrderKind, OrderSide, PriceType, Reference, StpType
from seawall.kraken.dialect.rest.order_fields import OrderFlag
from seawall.kraken.dialect.socket import requests
from seawall.model.orders import OrderType, Side
from seawall.model.reports import AmendOrder, PlaceOrder

decimals = (
    st.decimals(min_value=0, max_value=1000, places=8)
    | st.decimals(min_value=0, max_value=10**18, places=18)
    | st.decimals()
    | st.sampled_from([Decimal(text) for text in ("NaN", "sNaN", "-Infinity", "1E+999999", "1E-999999", "-0", "0E+60")])
)
integers = st.integers(1, 5) | st.integers() | st.integers(0, 2 * 10**18) | st.sampled_from([-(2**63), 2**64, 10**400])
RIGHT: dict[str, tuple[str, ...]] = {
    "order_type": get_args(OrderKind),
    "side": get_args(OrderSide),
    "reference": get_args(Reference),
    "trigger": get_args(Reference),
    "time_in_force": ("gtc", "ioc", "GTC", "IOC"),
    "fee_preference": get_args(FeePreference),
    "stp_type": get_args(StpType),
    "sign": ("+", "-", "#"),
    **dict.fromkeys(("price_type", "limit_price_type", "trigger_price_type"), get_args(PriceType)),
}


def words(name: str) -> st.SearchStrategy[str]:
    """Mostly right."""
    return st.sampled_from([*RIGHT[name] * 9, "hold", "Buy", "gtd", ""])


flags = st.booleans()


def maybe(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | values


triggers = st.fixed_dictionaries(
    {"price": decimals}, optional={"reference": words("reference"), "price_type": words("price_type")}
)
conditionals = st.fixed_dictionaries(
    {"order_type": words("order_type")},
    optional={"trigger_price": decimals, "limit_price": decimals, "limit_price_type": words("limit_price_type")},
)
relative = st.fixed_dictionaries({"sign": words("sign"), "amount": decimals, "percent": flags})
prices = decimals | relative
closes = st.fixed_dictionaries({"order_type": words("order_type")}, optional={"price": prices, "price2": prices})

BY_NAME: dict[str, st.SearchStrategy[Any]] = {
    "symbol": st.sampled_from(["BTC/USD", "", '"\\']),
    "triggers": triggers,
    "conditional": conditionals,
    "close": closes,
    "flags": st.lists(st.sampled_from([*get_args(OrderFlag), "posted"]), max_size=2).map(tuple),
    "cl_ord_id": st.text(max_size=5),
    "order_id": st.text(max_size=5),
    "sender_sub_id": st.text(max_size=5),
    "asset_class": st.text(max_size=5),
    "broker": st.text(max_size=5),
    "new_userref": integers,
    "order_userref": integers,
    "userref": integers,
    "leverage": integers,
    "percent": flags,
}


def field_values(kind: type[attrs.AttrsInstance]) -> st.SearchStrategy[dict[str, Any]]:
    """Fields of an order class, each of its type and otherwise anything."""
    needed: dict[str, st.SearchStrategy[Any]] = {}
    optional: dict[str, st.SearchStrategy[Any]] = {}
    for field in attrs.fields(kind):
        text = str(field.type)
        if field.name in BY_NAME:
            values = BY_NAME[field.name]
        elif "RelativePrice" in text:
            values = prices
        elif "Decimal" in text:
            values = decimals
        elif "bool" in text:
            values = flags
        elif "Literal" in text:
            values = words(field.name)
        else:
            assert "int" in text, (field.name, text)
            values = integers
        (needed if field.default is attrs.NOTHING else optional)[field.name] = values
    few = st.lists(st.sampled_from(sorted(optional)), max_size=3, unique=True)
    return few.flatmap(lambda names: st.fixed_dictionaries(needed | {name: optional[name] for name in names}))


INNER: Mapping[str, Callable[..., object]] = {
    "triggers": requests.TriggerTerms,
    "conditional": requests.ConditionalClose,
    "close": rest.RestClose,
    "price": rest.RelativePrice,
    "price2": rest.RelativePrice,
}


def made(kind: Callable[..., Any], values: Mapping[str, Any]) -> Any:
    return kind(**{name: made(INNER[name], value) if isinstance(value, dict) else value for name, value in values.items()})


def names_of(values: Mapping[str, Any]) -> set[str]:
    return {name for key, value in values.items() for name in (key, *(names_of(value) if isinstance(value, dict) else ()))}


def refuse_constant(text: str) -> NoReturn:
    raise AssertionError(f"{text} is no JSON")


def check_json(text: str | bytes) -> None:
    written = json.loads(text, parse_constant=refuse_constant, parse_float=Decimal)
    assert len(text) < 20_000
    assert isinstance(written, dict)


def check_form(request: rest.RestRequest) -> None:
    body = request.body(1)
    if request.document is not None:
        check_json(body)
        return
    fields = dict(parse_qsl(body.decode("ascii"), keep_blank_values=True))
    assert fields == {"nonce": "1", **request.params}
    for name in ("volume", "price", "price2", "order_qty", "limit_price"):
        assert "N" not in fields.get(name, "")
        assert "E" not in fields.get(name, "")


def coherent(values: dict[str, Any], kind: type[attrs.AttrsInstance]) -> dict[str, Any]:
    """With just the prices and the size that the order's type has, so that more than refusals are seen."""
    rule = RULES.get(values["order_type"])
    if rule is None or kind not in {requests.OrderRequest, rest.RestOrder}:
        return values
    if kind is requests.OrderRequest:
        wanted = {"limit_price": rule.limit, "triggers": rule.trigger, "order_qty": True, "cash_order_qty": False}
    else:
        wanted = {"price": rule.limit or rule.trigger, "price2": rule.limit and rule.trigger}
    sound: dict[str, Any] = {"order_qty": Decimal(1), "triggers": {"price": Decimal("1.50")}}
    given = {name: values.get(name, sound.get(name, Decimal("2.5E+3"))) for name, needed in wanted.items() if needed}
    return {name: value for name, value in values.items() if name not in wanted and name not in CONTRADICT} | given


CONTRADICT = ("expire_time_ns", "display_qty", "display_volume", "cl_ord_id", "trigger", "margin", "leverage")


def refusal(write: Callable[[], object]) -> str | None:
    """What a ValueError says; None where there is none."""
    try:
        write()
    except ValueError as error:
        return str(error)
    return None


Build = Callable[[Any], None]
BUILDERS: list[tuple[type[attrs.AttrsInstance], Build]] = [
    (requests.OrderRequest, lambda order: check_json(requests.add_order(order, "tok", 1))),
    (requests.AmendRequest, lambda change: check_json(requests.amend_order(change, "tok", 1))),
    (requests.AmendRequest, lambda change: check_form(rest.amend_order(change))),
    (requests.EditRequest, lambda change: check_json(requests.edit_order(change, "tok", 1))),
    (rest.RestOrder, lambda order: check_form(rest.add_order(order, "XBTUSD"))),
    (rest.RestOrder, lambda order: check_form(rest.add_order_batch([order, order], "XBTUSD"))),
    (rest.RestEdit, lambda change: check_form(rest.edit_order(change, "XBTUSD"))),
]


@pytest.mark.parametrize(("kind", "build"), BUILDERS, ids=lambda value: getattr(value, "__name__", ""))
@given(data=st.data())
def test_an_order_of_anything_is_written_soundly_or_refused_by_name(
    kind: type[attrs.AttrsInstance], build: Build, data: st.DataObject
) -> None:
    values = data.draw(field_values(kind))
    if "order_type" in values and data.draw(st.sampled_from([True, True, True, False])):
        values = coherent(values, kind)
    names = names_of(values) | {field.name for field in attrs.fields(kind)} | {"amend_order", "orders"}
    said = refusal(lambda: build(made(kind, values)))
    assert said is None or any(name in said for name in names), said


@given(
    st.sampled_from(list(OrderType)), decimals, maybe(decimals), maybe(decimals), st.sampled_from(["gtc", "ioc"]), flags, integers
)
def test_a_planned_order_of_anything_is_written_soundly_or_refused(
    order_type: OrderType,
    qty: Decimal,
    limit_price: Decimal | None,
    trigger_price: Decimal | None,
    time_in_force: str,
    post_only: bool,
    deadline_ns: int,
) -> None:
    order = PlaceOrder(
        "sw1", "BTC/USD", Side.BUY, order_type, qty, limit_price, trigger_price, time_in_force, post_only, deadline_ns
    )
    change = AmendOrder("sw1", qty, limit_price, post_only, deadline_ns)
    writes: list[Callable[[], None]] = [
        lambda: check_json(requests.add_order(order, "tok", 1)),
        lambda: check_form(rest.add_order(order, "XBTUSD")),
        lambda: check_json(requests.amend_order(change, "tok", 1)),
        lambda: check_form(rest.amend_order(change)),
    ]
    for write in writes:
        said = refusal(write)
        assert said is None or any(name in said for name in ("qty", "limit_price", "trigger_price", "since 1970")), said


@given(integers, maybe(integers), st.text(max_size=4))
def test_any_subscription_is_written_soundly_or_refused(req_id: int, number: int | None, text: str) -> None:
    writes: list[Callable[[], str]] = [
        lambda: requests.subscribe(text, req_id, symbols=[text], depth=number, interval=number, token=text),
        lambda: requests.unsubscribe(text, req_id, symbols=[text], depth=number),
        lambda: requests.ping(req_id),
        lambda: requests.cancel_order([text], text, req_id, order_ids=[text], order_userrefs=[req_id]),
        lambda: requests.cancel_all_orders_after(req_id, text, number),
    ]
    for write in writes:
        with contextlib.suppress(ValueError):
            check_json(write())


AMENDED = {"order_id": "O", "order_qty": Decimal(1)}
MARKET = {"order_type": "market", "side": "buy"}
WRONG: list[tuple[Callable[..., object], dict[str, object], str]] = [
    (requests.OrderRequest, {**MARKET, "symbol": "A/B", "order_qty": Decimal(1), "order_type": "stop"}, "order_type"),
    (requests.OrderRequest, {**MARKET, "symbol": "A/B", "order_qty": Decimal(1), "side": "hold"}, "side"),
    (requests.OrderRequest, {**MARKET, "symbol": "A/B", "order_qty": Decimal(1), "time_in_force": "GTC"}, "time_in_force"),
    (requests.TriggerTerms, {"price": Decimal(1), "reference": "mark"}, "reference"),
    (requests.ConditionalClose, {"order_type": "limit", "limit_price_type": "percent"}, "limit_price_type"),
    (requests.AmendRequest, {**AMENDED, "deadline_ns": 10**30}, "deadline_ns"),
    (requests.EditRequest, {**AMENDED, "symbol": "A/B", "order_userref": 2**31}, "order_userref"),
    (rest.RestOrder, {**MARKET, "volume": Decimal(1), "order_type": "stop"}, "order_type"),
    (rest.RestOrder, {**MARKET, "volume": Decimal(1), "flags": ("posted",)}, "flags"),
    (rest.RestOrder, {**MARKET, "volume": Decimal(1), "userref": -(2**31) - 1}, "userref"),
    (rest.RestOrder, {**MARKET, "volume": Decimal(1), "time_in_force": "gtc"}, "time_in_force"),
    (rest.RelativePrice, {"sign": "*", "amount": Decimal(1)}, "sign"),
]


@pytest.mark.parametrize(("kind", "fields", "wrong"), WRONG)
def test_what_is_no_word_is_refused_by_the_name_of_its_field(
    kind: Callable[..., object], fields: dict[str, object], wrong: str
) -> None:
    with pytest.raises(ValueError, match=f"^{wrong}: "):
        kind(**fields)
