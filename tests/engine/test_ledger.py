"""What fills did to the account, asset by asset."""

from decimal import Decimal

from seawall.engine.ledger import Ledger
from seawall.model.orders import Side
from seawall.model.reports import Balance, Fee, Fill

D = Decimal


def fill(exec_id: str, side: Side, qty: str, cost: str, fees: tuple[Fee, ...] = ()) -> Fill:
    return Fill(exec_id, "O1", None, "BTC/USD", side, D(qty), D(cost) / D(qty), D(cost), fees, maker=False, at_ns=1)


def test_a_buy_moves_base_in_and_quote_out() -> None:
    ledger = Ledger()
    assert ledger.apply(fill("T1", Side.BUY, "2", "200", (Fee("USD", D("0.5")),)))

    assert ledger.change("BTC") == 2
    assert ledger.change("USD") == D("-200.5")
    assert ledger.change("EUR") == 0


def test_a_sell_moves_base_out_and_quote_in() -> None:
    ledger = Ledger()
    ledger.apply(fill("T1", Side.SELL, "2", "200", (Fee("BTC", D("0.01")), Fee("KFEE", D(3)))))

    assert ledger.change("BTC") == D("-2.01")
    assert ledger.change("USD") == 200
    assert ledger.change("KFEE") == -3


def test_a_fill_counts_once() -> None:
    ledger = Ledger()
    ledger.apply(fill("T1", Side.BUY, "2", "200"))

    assert not ledger.apply(fill("T1", Side.BUY, "2", "200"))
    assert ledger.change("BTC") == 2
    assert ledger.statistics().fills == 1


def test_nothing_is_expected_before_the_opening() -> None:
    ledger = Ledger()
    ledger.apply(fill("T1", Side.BUY, "2", "200"))

    assert ledger.expected("BTC") is None
    assert not ledger.statistics().is_open


def test_expected_is_the_opening_and_every_fill_after_it() -> None:
    ledger = Ledger()
    ledger.apply(fill("T1", Side.BUY, "2", "200"))  # the exchange's word holds it already
    ledger.opening([Balance("BTC", D(5)), Balance("USD", D(1000), held=D(10))], at_ns=0)
    ledger.apply(fill("T2", Side.BUY, "1", "100"))

    assert ledger.expected("BTC") == 6
    assert ledger.expected("USD") == 900
    assert ledger.expected("EUR") == 0
    assert ledger.statistics().is_open


def test_an_asset_missing_at_the_opening_was_zero_there() -> None:
    ledger = Ledger()
    ledger.apply(fill("T1", Side.BUY, "2", "200"))
    ledger.opening([Balance("USD", D(1000))], at_ns=0)

    assert ledger.expected("BTC") == 0


def test_a_second_opening_starts_anew() -> None:
    ledger = Ledger()
    ledger.opening([Balance("USD", D(1000)), Balance("EUR", D(1))], at_ns=0)
    ledger.apply(fill("T1", Side.BUY, "2", "200"))
    ledger.opening([Balance("USD", D(70))], at_ns=0)

    assert ledger.expected("USD") == 70
    assert ledger.expected("BTC") == 0


def test_assets_are_those_held_or_moved_sorted() -> None:
    ledger = Ledger()
    ledger.opening([Balance("USD", D(1000)), Balance("ADA", D(1))], at_ns=0)
    ledger.apply(fill("T1", Side.BUY, "2", "200"))

    assert ledger.assets() == ("ADA", "BTC", "USD")


def test_long_sums_stay_exact() -> None:
    ledger = Ledger()
    ledger.opening([Balance("USD", D("99999999999999999999.0000000001"))], at_ns=0)
    ledger.apply(fill("T1", Side.SELL, "1", "0.000000000000000001"))

    assert ledger.expected("USD") == D("99999999999999999999.000000000100000001")


def at(exec_id: str, at_ns: int) -> Fill:
    return Fill(exec_id, "O1", None, "BTC/USD", Side.BUY, D(1), D(100), D(100), (), maker=True, at_ns=at_ns)


def test_a_fill_told_late_that_is_older_than_the_opening_is_in_the_balances_already() -> None:
    """A kept order of an earlier run, whose first fills are only read when it fills again, weeks later."""
    ledger = Ledger()
    ledger.opening([Balance("BTC", D(5)), Balance("USD", D(1000))], at_ns=100 * 10**9)
    assert ledger.apply(at("T1", 50 * 10**9))

    assert (ledger.expected("BTC"), ledger.expected("USD")) == (D(5), D(1000))
    assert not ledger.is_unsure
    ledger.apply(at("T2", 150 * 10**9))
    assert (ledger.expected("BTC"), ledger.expected("USD")) == (D(6), D(900))


def test_a_late_fill_of_an_asset_that_was_not_held_leaves_nothing_expected() -> None:
    ledger = Ledger()
    ledger.opening([], at_ns=100 * 10**9)
    ledger.apply(at("T1", 50 * 10**9))

    assert (ledger.expected("BTC"), ledger.expected("USD")) == (D(0), D(0))


def test_a_fill_from_beside_the_opening_makes_it_unsure_until_it_is_opened_again() -> None:
    for at_ns in (99 * 10**9, 101 * 10**9):
        ledger = Ledger()
        ledger.opening([], at_ns=100 * 10**9)
        ledger.apply(at("T1", at_ns))
        unsure = [ledger.is_unsure]
        ledger.opening([Balance("BTC", D(1))], at_ns=200 * 10**9)
        unsure.append(ledger.is_unsure)

        assert unsure == [True, False]
        assert ledger.expected("BTC") == 1


def test_ids_are_remembered_to_a_bound_and_what_is_older_still_counts_once() -> None:
    ledger = Ledger(remember=100)
    told = [at(f"T{number}", number) for number in range(1, 1_001)]
    for fill_ in [*told, *told, *reversed(told)]:
        ledger.apply(fill_)

    assert ledger.change("BTC") == 1_000
    assert (ledger.statistics().fills, ledger.statistics().remembered) == (1_000, 100)


def test_a_late_fill_counts_for_as_long_as_ids_of_its_age_are_remembered() -> None:
    ledger = Ledger(remember=100)
    for number in range(1, 201):
        ledger.apply(at(f"T{number}", number))

    assert ledger.apply(at("late", 101))
    assert not ledger.apply(at("later", 50)), "as old as what was forgotten: it cannot be told from a repetition"
