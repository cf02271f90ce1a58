"""Positions are the sum of their fills, and no digit of the money is lost."""

from decimal import Decimal
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.engine.ledger import Ledger
from seawall.engine.portfolio import Portfolio, Position
from seawall.model.orders import Side
from seawall.model.reports import Fee, Fill

D = Decimal
_ids = count(1)


def fill(
    side: Side,
    qty: str | Decimal,
    price: str | Decimal,
    *,
    fees: tuple[Fee, ...] = (),
    symbol: str = "BTC/USD",
    exec_id: str | None = None,
    at_ns: int = 1,
) -> Fill:
    return Fill(
        exec_id=exec_id or f"T{next(_ids)}",
        order_id="O1",
        client_order_id=None,
        symbol=symbol,
        side=side,
        qty=D(qty),
        price=D(price),
        cost=D(qty) * D(price),
        fees=fees,
        maker=True,
        at_ns=at_ns,
    )


def held(portfolio: Portfolio) -> Position:
    return portfolio.position("cross", "BTC/USD")


def after(*fills: Fill) -> Portfolio:
    portfolio = Portfolio()
    for one in fills:
        portfolio.apply("cross", one)
    return portfolio


def test_nothing_traded_is_a_flat_position() -> None:
    position = held(Portfolio())

    assert position.is_flat
    assert position == Position("cross", "BTC/USD", D(0), None, D(0), (), None)
    assert Portfolio().positions() == ()


def test_buys_average_their_price() -> None:
    position = held(after(fill(Side.BUY, "1", "100", at_ns=5), fill(Side.BUY, "3", "200", at_ns=6)))

    assert position.qty == 4
    assert position.average_price == 175
    assert position.realized == 0
    assert position.opened_at_ns == 5


def test_a_sell_realizes_its_share_and_keeps_the_average() -> None:
    position = held(after(fill(Side.BUY, "4", "175"), fill(Side.SELL, "1", "180")))

    assert position.qty == 3
    assert position.average_price == 175
    assert position.realized == 5


def test_a_short_position_earns_when_the_price_falls() -> None:
    position = held(after(fill(Side.SELL, "2", "100"), fill(Side.BUY, "1", "90")))

    assert position.qty == -1
    assert position.average_price == 100
    assert position.realized == 10
    assert Portfolio.open_profit(position, D(80)) == 20


@pytest.mark.parametrize(("first", "second"), [(Side.BUY, Side.SELL), (Side.SELL, Side.BUY)])
def test_a_fill_through_zero_closes_all_and_opens_the_rest(first: Side, second: Side) -> None:
    position = held(after(fill(first, "1", "100", at_ns=5), fill(second, "3", "110", at_ns=9)))

    assert position.qty == second.sign * 2
    assert position.average_price == 110
    assert position.realized == first.sign * 10
    assert position.opened_at_ns == 9


def test_a_closed_position_is_flat_and_forgets_when_it_was_opened() -> None:
    portfolio = after(fill(Side.BUY, "1", "100", at_ns=5), fill(Side.SELL, "1", "90", at_ns=9))

    assert held(portfolio) == Position("cross", "BTC/USD", D(0), None, D(-10), (), None)
    assert portfolio.positions() == (held(portfolio),)


def test_quote_fees_are_taken_off_the_profit() -> None:
    position = held(after(fill(Side.BUY, "1", "100", fees=(Fee("USD", D("0.26")),))))

    assert position.realized == D("-0.26")
    assert position.average_price == 100
    assert position.fees == (("USD", D("0.26")),)


def test_base_fees_reduce_the_quantity_and_so_raise_its_price() -> None:
    position = held(after(fill(Side.BUY, "1", "100", fees=(Fee("BTC", D("0.2")),))))

    assert position.qty == D("0.8")
    assert position.average_price == 125
    assert position.realized == 0


def test_a_base_fee_of_a_sell_is_sold_too() -> None:
    position = held(after(fill(Side.BUY, "1", "100"), fill(Side.SELL, "0.9", "100", fees=(Fee("BTC", D("0.1")),))))

    assert position.is_flat
    assert position.realized == -10


def test_a_base_fee_that_eats_the_whole_fill_still_costs_its_money() -> None:
    position = held(after(fill(Side.BUY, "1", "100", fees=(Fee("BTC", D(1)),))))

    assert position.is_flat
    assert position.realized == -100


def test_a_fee_in_a_third_asset_is_counted_and_not_converted() -> None:
    position = held(after(fill(Side.BUY, "1", "100", fees=(Fee("KFEE", D(5)),))))

    assert (position.qty, position.realized) == (D(1), D(0))
    assert position.fees == (("KFEE", D(5)),)


def test_a_fill_counts_once_for_whomever_it_is_told_again() -> None:
    portfolio = Portfolio()
    once = fill(Side.BUY, "1", "100")

    assert portfolio.apply("cross", once) is True
    assert portfolio.apply("cross", once) is False
    assert portfolio.apply("grid", once) is False
    assert portfolio.total_qty("BTC/USD") == 1


def test_strategies_hold_their_own_and_are_summed_by_symbol() -> None:
    portfolio = Portfolio()
    portfolio.apply("grid", fill(Side.SELL, "1", "100"))
    portfolio.apply("cross", fill(Side.BUY, "3", "100"))
    portfolio.apply("cross", fill(Side.BUY, "7", "1", symbol="ADA/USD"))

    assert portfolio.total_qty("BTC/USD") == 2
    assert portfolio.total_qty("ETH/USD") == 0
    assert [(position.owner, position.symbol) for position in portfolio.positions()] == [
        ("cross", "ADA/USD"),
        ("cross", "BTC/USD"),
        ("grid", "BTC/USD"),
    ]


def test_thirds_are_rounded_and_come_together_again() -> None:
    portfolio = after(fill(Side.BUY, "3", "100.01"), *[fill(Side.SELL, "1", "100.01") for _ in range(3)])

    assert held(portfolio).realized == 0
    assert portfolio.open_cost("cross", "BTC/USD") == 0


def test_long_numbers_stay_exact() -> None:
    qty, price = D("123456789012345.12345678"), D("0.0000012345")
    portfolio = after(fill(Side.BUY, qty, price), fill(Side.BUY, "0.00000001", "0.0000000001"))

    assert portfolio.open_cost("cross", "BTC/USD") == (qty * price) + D("1E-18")
    assert held(portfolio).qty == D("123456789012345.12345679")


amounts = st.decimals(min_value="0.00000001", max_value="1000000", places=8)
prices = st.decimals(min_value="0.01", max_value="200000", places=2)
fees = st.decimals(min_value=0, max_value=10, places=8)
traded = st.lists(
    st.tuples(
        st.sampled_from(["cross", "grid"]),
        st.builds(
            fill,
            st.sampled_from(Side),
            amounts,
            prices,
            symbol=st.sampled_from(["BTC/USD", "ETH/USD", "ETH/BTC"]),
            fees=st.lists(st.builds(Fee, st.sampled_from(["BTC", "USD", "ETH", "KFEE"]), fees), max_size=2).map(tuple),
        ),
    ),
    max_size=30,
)


@given(traded)
def test_a_position_is_the_sum_of_its_fills(told: list[tuple[str, Fill]]) -> None:
    portfolio = Portfolio()
    for owner, one in told:
        portfolio.apply(owner, one)

    for owner in ("cross", "grid"):
        for symbol in ("BTC/USD", "ETH/USD", "ETH/BTC"):
            base = symbol.partition("/")[0]
            mine = [one for teller, one in told if teller == owner and one.symbol == symbol]
            bought = sum((one.side.sign * one.qty for one in mine), D(0))
            spent = sum((fee.qty for one in mine for fee in one.fees if fee.asset == base), D(0))
            assert portfolio.position(owner, symbol).qty == bought - spent


@given(traded)
def test_portfolio_and_ledger_conserve_every_asset(told: list[tuple[str, Fill]]) -> None:
    portfolio, ledger = Portfolio(), Ledger()
    for owner, one in told:
        portfolio.apply(owner, one)
        ledger.apply(one)

    for asset in ledger.assets():
        total = D(0)
        for _, one in told:
            total -= sum((fee.qty for fee in one.fees if fee.asset == asset and asset not in one.symbol.split("/")), D(0))
        for position in {(owner, one.symbol): portfolio.position(owner, one.symbol) for owner, one in told}.values():
            if position.base == asset:
                total += position.qty
            if position.quote == asset:
                total += position.realized - portfolio.open_cost(position.owner, position.symbol)
        assert total == ledger.change(asset)


@given(traded)
def test_repeated_fills_change_nothing(told: list[tuple[str, Fill]]) -> None:
    once, twice = Portfolio(), Portfolio()
    for owner, one in told:
        once.apply(owner, one)
        twice.apply(owner, one)
        twice.apply("grid", told[0][1])
        twice.apply(owner, one)

    assert once.positions() == twice.positions()
    assert repr(once) == repr(twice)


@given(traded)
def test_a_position_without_quantity_has_no_cost_and_no_age(told: list[tuple[str, Fill]]) -> None:
    portfolio = Portfolio()
    for owner, one in told:
        portfolio.apply(owner, one)
        position = portfolio.position(owner, one.symbol)

        assert position.is_flat == (position.average_price is None) == (position.opened_at_ns is None)
