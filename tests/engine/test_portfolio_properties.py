"""Whatever order fills come in, however often, and however long their numbers are: the money is all there."""

import random
from decimal import Decimal, getcontext, localcontext
from fractions import Fraction

import attrs
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw
from support.journal import MemoryJournal

from seawall.engine.blotter import Blotter
from seawall.engine.ledger import Ledger
from seawall.engine.portfolio import Portfolio
from seawall.kraken.dialect import number
from seawall.model.journal import IntentRecord
from seawall.model.order_states import Heard
from seawall.model.orders import Side, limit_buy
from seawall.model.reports import Fee, Fill

D = Decimal
SYMBOL = "BTC/USD"


def made(side: Side, qty: Decimal, cost: Decimal, fees: tuple[Fee, ...]) -> Fill:
    return Fill("", "O1", None, SYMBOL, side, qty, cost, cost, fees, maker=True, at_ns=1)


def numbered(fills: list[Fill]) -> list[Fill]:
    return [attrs.evolve(fill, exec_id=f"T{place}") for place, fill in enumerate(fills)]


sizes = st.decimals(min_value="0.00000001", max_value="1000000", places=8)
paid = st.lists(st.builds(Fee, st.sampled_from(["BTC", "USD", "KFEE"]), st.decimals(0, 1, places=8)), max_size=2).map(tuple)
fills_of = st.lists(st.builds(made, st.sampled_from(Side), sizes, sizes, paid), max_size=20).map(numbered)
buys = st.lists(st.builds(made, st.just(Side.BUY), sizes, sizes, paid), min_size=1, max_size=20).map(numbered)


def tokens() -> st.SearchStrategy[Decimal]:
    """Any size that the exchange's words may hold: what is longer or larger is refused where they are read."""
    whole, places = st.integers(0, 10**39 - 1), st.integers(0, 10**39 - 1)
    plain = st.builds(lambda one, other: f"{one}.{other:039}", whole, places)
    tiny = st.builds(lambda one: f"0.{'0' * 38}{one}", st.integers(10**39, 10**40 - 1))
    scientific = st.builds(lambda one, power: f"{one}e{power}", st.integers(1, 9), st.integers(-39, 38))
    return st.one_of(plain, tiny, scientific).map(lambda text: number(Raw(text.encode())))


hostile_fees = st.lists(st.builds(Fee, st.sampled_from(["BTC", "USD"]), tokens()), max_size=2).map(tuple)
hostile = st.lists(st.builds(made, st.sampled_from(Side), tokens(), tokens(), hostile_fees), max_size=8).map(numbered)


def in_base(fill: Fill) -> Fraction:
    return sum((Fraction(fee.qty) for fee in fill.fees if fee.asset == "BTC"), Fraction(0))


def counted(fills: list[Fill]) -> tuple[Portfolio, Ledger]:
    portfolio, ledger = Portfolio(), Ledger()
    for fill in fills:
        assert portfolio.apply("me", fill) is ledger.apply(fill)
    return portfolio, ledger


def money_moved(portfolio: Portfolio) -> Fraction:
    """What a position brought less what it cost: fees in quote and all."""
    return Fraction(portfolio.position("me", SYMBOL).realized) - Fraction(portfolio.open_cost("me", SYMBOL))


@given(fills_of, st.randoms(use_true_random=False))
def test_any_order_and_any_repetition_gives_the_same_holding_and_the_same_money(fills: list[Fill], chance: random.Random) -> None:
    shuffled = [*fills, *chance.choices(fills, k=5)] if fills else []
    chance.shuffle(shuffled)
    (portfolio, ledger), (other, other_ledger) = counted(fills), counted(shuffled)

    assert portfolio.position("me", SYMBOL).qty == other.position("me", SYMBOL).qty
    assert portfolio.position("me", SYMBOL).fees == other.position("me", SYMBOL).fees
    assert money_moved(portfolio) == money_moved(other)
    assert {asset: ledger.change(asset) for asset in ledger.assets()} == {
        asset: other_ledger.change(asset) for asset in other_ledger.assets()
    }


@given(buys, st.randoms(use_true_random=False))
def test_a_position_that_only_grew_costs_the_same_on_average_in_any_order(fills: list[Fill], chance: random.Random) -> None:
    cost = sum((Fraction(fill.cost) for fill in fills), Fraction(0))
    qty = sum((Fraction(fill.qty) - in_base(fill) for fill in fills), Fraction(0))
    chance.shuffle(fills)
    if all(fill.qty > in_base(fill) for fill in fills):
        average = counted(fills)[0].position("me", SYMBOL).average_price
        assert average is not None
        assert abs(Fraction(average) - cost / qty) <= cost / qty / 10**27


@given(fills_of)
def test_the_average_and_the_profit_are_those_of_an_account_kept_in_fractions(fills: list[Fill]) -> None:
    """Average cost as it is taught, written again without decimals; the portfolio rounds each share at the 18th place."""
    held, cost, realized = Fraction(0), Fraction(0), Fraction(0)
    for fill in fills:
        moved = fill.side.sign * Fraction(fill.qty) - in_base(fill)
        cash = -fill.side.sign * Fraction(fill.cost)
        realized -= sum(Fraction(fee.qty) for fee in fill.fees if fee.asset == "USD")
        if moved == 0:
            realized += cash
        elif held * moved >= 0:
            held, cost = held + moved, cost - cash
        else:
            share = min(abs(moved), abs(held)) / abs(moved)
            gone = min(abs(moved), abs(held)) / abs(held)
            realized += cash * share - cost * gone
            held, cost = held + moved, cost * (1 - gone) - cash * (1 - share)
    portfolio, _ = counted(fills)

    assert Fraction(portfolio.position("me", SYMBOL).qty) == held
    assert abs(Fraction(portfolio.open_cost("me", SYMBOL)) - cost) <= Fraction(len(fills), 10**17)
    assert abs(Fraction(portfolio.position("me", SYMBOL).realized) - realized) <= Fraction(len(fills), 10**17)


@given(hostile, st.integers(3, 60))
def test_no_number_that_is_let_in_is_rounded_or_breaks_the_count(fills: list[Fill], digits: int) -> None:
    """An account summed in 60 digits raised out of the listener, and took the engine down, at a fill of forty digits."""
    with localcontext() as context:
        context.prec = digits  # a program may have set its own
        portfolio, ledger = counted(fills)
        position = portfolio.position("me", SYMBOL)

    assert Fraction(position.qty) == sum(fill.side.sign * Fraction(fill.qty) - in_base(fill) for fill in fills)
    assert money_moved(portfolio) == Fraction(ledger.change("USD"))
    assert Fraction(ledger.change("BTC")) == Fraction(position.qty)


@given(hostile)
def test_an_order_adds_its_fills_up_to_the_last_digit(fills: list[Fill]) -> None:
    blotter = Blotter(MemoryJournal(), lambda _: None, lambda: 0, lambda _: None)
    order = blotter.plan(IntentRecord("s1", "me", limit_buy(SYMBOL, qty=1, price=1), deadline_ns=0, at_ns=0))
    blotter.move(order, Heard.SENDING)
    for fill in fills:
        blotter.fill(attrs.evolve(fill, client_order_id="s1", side=Side.BUY))

    assert Fraction(order.filled_qty) == sum(Fraction(fill.qty) for fill in fills)
    assert Fraction(order.filled_cost) == sum(Fraction(fill.cost) for fill in fills)
    assert not order.misses_fills
    assert getcontext().prec == 28
