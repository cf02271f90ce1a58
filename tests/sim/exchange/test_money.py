"""What orders cost, hold and earn."""

from decimal import Decimal

import pytest
from support.sim import BUY, SELL, Stage, these

from seawall.model.orders import Side
from seawall.sim.exchange.events import LedgerPosted
from seawall.sim.exchange.refusal import ApiError


def test_a_taker_pays_cost_and_fee_in_the_quote_asset(stage: Stage) -> None:
    stage.crowd(SELL, "1", "100.0")

    stage.place(stage.order(BUY, "1", "100.0"))

    # The lowest tier: 0.40 % for takers.
    assert these(stage.balance("USD"), stage.balance("BTC")) == (Decimal("9899.6"), 11)
    assert stage.exchange.fills[0].fee == Decimal("0.4")


def test_a_maker_pays_the_lower_fee(stage: Stage) -> None:
    stage.place(stage.order(SELL, "1", "100.0"))

    stage.take(BUY, "1")

    assert stage.balance("USD") == Decimal("10099.75")
    assert stage.exchange.fills[0].maker


def test_the_fee_can_be_taken_in_the_base_asset(stage: Stage) -> None:
    stage.crowd(SELL, "1", "100.0")

    stage.place(stage.order(BUY, "1", "100.0", fee_in_base=True))

    assert these(stage.balance("USD"), stage.balance("BTC")) == (9900, Decimal("10.996"))
    assert stage.exchange.fills[0].fee_asset == "BTC"


def test_each_trade_posts_both_assets_with_one_reference(stage: Stage) -> None:
    stage.crowd(SELL, "1", "100.0")

    stage.place(stage.order(BUY, "1", "100.0"))

    base, quote = (event.entry for event in stage.heard(LedgerPosted))
    assert base.ref_id == quote.ref_id == stage.exchange.fills[0].exec_id
    assert these(base.amount, base.fee, base.balance) == (1, 0, 11)
    assert these(quote.amount, quote.fee, quote.balance) == (-100, Decimal("0.4"), Decimal("9899.6"))


def test_an_open_buy_holds_its_cost_and_the_fee_a_taker_would_pay(stage: Stage) -> None:
    order = stage.place(stage.order(BUY, "10", "50.0"))
    assert stage.exchange.floor.held() == {"USD": 502}

    stage.exchange.cancel_order(order)
    assert stage.exchange.floor.held() == {}


def test_an_open_sell_holds_what_is_left_of_it(stage: Stage) -> None:
    stage.place(stage.order(SELL, "10", "100.0"))

    stage.take(BUY, "4")

    assert stage.exchange.floor.held() == {"BTC": 6}


@pytest.mark.parametrize(
    ("side", "qty", "price"),
    [(BUY, "100", "100.0"), (BUY, "99.7", "100.0"), (SELL, "10.1", "100.0"), (BUY, "100", None), (SELL, "10.1", None)],
)
def test_an_order_that_costs_more_than_is_free_is_refused(stage: Stage, side: Side, qty: str, price: str | None) -> None:
    stage.crowd(SELL, "1000", "100.0")
    stage.crowd(BUY, "1000", "99.0")

    with pytest.raises(ApiError, match="EOrder:Insufficient funds"):
        stage.place(stage.order(side, qty, price))

    assert stage.exchange.orders == {}


def test_what_is_held_cannot_be_spent_twice(stage: Stage) -> None:
    stage.place(stage.order(SELL, "6", "100.0"))

    with pytest.raises(ApiError, match="EOrder:Insufficient funds"):
        stage.place(stage.order(SELL, "6", "100.0"))


def test_deposits_and_withdrawals_are_ledger_entries(stage: Stage) -> None:
    stage.exchange.deposit("USD", Decimal(5))
    stage.exchange.deposit("USD", Decimal(-7))

    assert [these(event.entry.kind, event.entry.balance) for event in stage.heard(LedgerPosted)] == [
        ("deposit", 10_005),
        ("withdrawal", 9_998),
    ]
