"""What trades add up to."""

from decimal import Decimal

from support.sim import these

from seawall.sim.feeds.candles import KEPT, Candles, Day

MINUTE_NS = 60 * 10**9
NOON_NS = 1_790_078_400 * 10**9


def test_a_candle_has_the_extremes_and_the_sum_of_its_trades() -> None:
    candles = Candles(5)
    for price, qty, after_min in (("10", "1", 0), ("12", "1", 1), ("9", "2", 4)):
        candles.add(Decimal(price), Decimal(qty), NOON_NS + after_min * MINUTE_NS)

    [row] = candles.rows
    assert these(row.begin_ns, row.open, row.high, row.low, row.close) == (NOON_NS, 10, 12, 9, 9)
    assert these(row.volume, row.vwap, row.trades) == (4, 10, 3)


def test_an_interval_without_trades_has_no_candle() -> None:
    candles = Candles(1)
    for after_min in (0, 3):
        candles.add(Decimal(1), Decimal(1), NOON_NS + after_min * MINUTE_NS)

    assert [(row.begin_ns - NOON_NS) // MINUTE_NS for row in candles.rows] == [0, 3]


def test_a_clock_that_was_set_back_reopens_no_candle() -> None:
    candles = Candles(1)
    candles.add(Decimal(1), Decimal(1), NOON_NS)
    candles.add(Decimal(2), Decimal(1), NOON_NS - 5 * MINUTE_NS)

    [row] = candles.rows
    assert these(row.close, row.trades) == (2, 2)


def test_the_newest_candles_are_kept() -> None:
    candles = Candles(1)
    for minute in range(KEPT + 5):
        candles.add(Decimal(1), Decimal(1), NOON_NS + minute * MINUTE_NS)

    assert len(candles.rows) == KEPT
    assert candles.rows[0].begin_ns == NOON_NS + 5 * MINUTE_NS


def test_the_day_forgets_what_is_older_than_itself() -> None:
    day = Day()
    for price, after_min in (("50", 0), ("10", 1), ("20", 1439), ("15", 1441)):
        day.add(Decimal(price), Decimal(2), NOON_NS + after_min * MINUTE_NS)

    assert these(day.open, day.low, day.high, day.trades, day.volume, day.vwap) == (20, 15, 20, 2, 4, Decimal("17.5"))


def test_a_day_without_trades_has_no_prices() -> None:
    day = Day()

    assert these(day.open, day.vwap, day.trades) == (0, 0, 0)
