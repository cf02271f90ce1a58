from decimal import Decimal

from seawall.kraken.client.market.candles import CandleSeries
from seawall.model.market_data import Candle


def a_candle(minute: int, close: str = "1", *, closed: bool = False) -> Candle:
    one = Decimal(1)
    return Candle("BTC/USD", 60, minute * 60_000_000_000, one, one, one, Decimal(close), one, 1, closed)


def test_a_later_candle_closes_the_one_before() -> None:
    series = CandleSeries(60)
    assert series.take_snapshot([a_candle(1), a_candle(0)]) == []
    assert [candle.closed for candle in series.all()] == [True, False]
    assert series.take(a_candle(1, "2")) == [a_candle(1, "2")]
    assert series.take(a_candle(2)) == [a_candle(1, "2", closed=True), a_candle(2)]


def test_an_interval_without_later_trades_is_closed_by_the_clock_and_once() -> None:
    series = CandleSeries(60)
    series.take_snapshot([a_candle(0)])
    assert series.close_by(60_000_000_000) == []
    assert series.close_by(63_000_000_000) == [a_candle(0, closed=True)]
    assert series.close_by(99_000_000_000) == []
    assert series.take(a_candle(0, "7")) == [], "what was said to be closed stays as it was"


def test_a_snapshot_after_a_gap_tells_what_was_missed() -> None:
    series = CandleSeries(60)
    series.take_snapshot([a_candle(0), a_candle(1)])
    changed = series.take_snapshot([a_candle(0), a_candle(1, "5"), a_candle(2), a_candle(3)])
    assert [(candle.begin_ns // 60_000_000_000, candle.closed) for candle in changed] == [
        (1, False),
        (1, True),
        (2, False),
        (2, True),
        (3, False),
    ]


def test_history_has_an_end() -> None:
    series = CandleSeries(60)
    series.take_snapshot([a_candle(minute) for minute in range(1000)])
    assert len(series.all()) == 720
