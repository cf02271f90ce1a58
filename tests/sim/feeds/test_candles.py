"""What trades add up to."""

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st
from support.sim import these

from seawall.sim.feeds.candles import INTERVALS, KEPT, Candles, Day, History, SimCandle

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


def told(rows: list[SimCandle]) -> list[tuple[object, ...]]:
    return [(row.begin_ns, row.open, row.high, row.low, row.close, row.volume, row.worth, row.trades) for row in rows]


TRADES = st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9), st.integers(-90, 4000), st.booleans()), min_size=1, max_size=40)


@given(TRADES)
@settings(max_examples=60)
def test_the_history_of_a_symbol_is_what_each_interval_would_count_by_itself(trades: list[tuple[int, int, int, bool]]) -> None:
    history, alone, day = History(), {minutes: Candles(minutes) for minutes in INTERVALS}, Day()
    at_ns = NOON_NS
    for price, qty, after_s, looked_at in trades:
        at_ns += after_s * 10**9
        history.add(Decimal(price), Decimal(qty), at_ns)
        day.add(Decimal(price), Decimal(qty), at_ns)
        for candles in alone.values():
            candles.add(Decimal(price), Decimal(qty), at_ns)
        if looked_at:
            assert told(list(history.candles(5).rows)) == told(list(alone[5].rows))

    for minutes in INTERVALS:
        assert told(list(history.candles(minutes).rows)) == told(list(alone[minutes].rows))
    for name in ("open", "high", "low", "vwap", "volume", "worth", "trades"):
        assert getattr(history.day, name) == getattr(day, name), name
