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
    ledger.opening([Balance("BTC", D(5)), Balance("USD", D(1000), held=D(10))])
    ledger.apply(fill("T2", Side.BUY, "1", "100"))

    assert ledger.expected("BTC") == 6
    assert ledger.expected("USD") == 900
    assert ledger.expected("EUR") == 0
    assert ledger.statistics().is_open


def test_an_asset_missing_at_the_opening_was_zero_there() -> None:
    ledger = Ledger()
    ledger.apply(fill("T1", Side.BUY, "2", "200"))
    ledger.opening([Balance("USD", D(1000))])

    assert ledger.expected("BTC") == 0


def test_a_second_opening_starts_anew() -> None:
    ledger = Ledger()
    ledger.opening([Balance("USD", D(1000)), Balance("EUR", D(1))])
    ledger.apply(fill("T1", Side.BUY, "2", "200"))
    ledger.opening([Balance("USD", D(70))])

    assert ledger.expected("USD") == 70
    assert ledger.expected("BTC") == 0


def test_assets_are_those_held_or_moved_sorted() -> None:
    ledger = Ledger()
    ledger.opening([Balance("USD", D(1000)), Balance("ADA", D(1))])
    ledger.apply(fill("T1", Side.BUY, "2", "200"))

    assert ledger.assets() == ("ADA", "BTC", "USD")


def test_long_sums_stay_exact() -> None:
    ledger = Ledger()
    ledger.opening([Balance("USD", D("99999999999999999999.0000000001"))])
    ledger.apply(fill("T1", Side.SELL, "1", "0.000000000000000001"))

    assert ledger.expected("USD") == D("99999999999999999999.000000000100000001")
