import attrs
from support.kraken_server import (
    ADDRESSES,
    PUBLIC_ONLY,
    Stage,
    candle_row,
)
from trio.testing import MockClock


async def test_candles_come_as_history_and_then_as_changes(stage: Stage, autojump_clock: MockClock) -> None:
    async with stage.venue(PUBLIC_ONLY) as venue:
        history = await venue.follow_candles("BTC/USD", 60)
        assert [candle.closed for candle in history] == [True, False]
        assert not stage.heard.candles
        socket = await stage.server.socket(ADDRESSES.public)
        row = candle_row("BTC/USD", 1, 2)
        await socket.send({"channel": "ohlc", "type": "update", "data": [row], "timestamp": row["timestamp"]})
        await stage.heard.until(lambda: len(stage.heard.candles) == 2)
        assert [(candle.begin_ns // 60_000_000_000 % 60, candle.closed) for candle in stage.heard.candles] == [
            (1, True),
            (2, False),
        ]


async def test_a_candle_is_closed_by_the_exchanges_clock_when_nobody_trades(stage: Stage, autojump_clock: MockClock) -> None:
    async with stage.venue(PUBLIC_ONLY) as venue:
        *_, running = await venue.follow_candles("BTC/USD", 60)
        assert not running.closed
        await stage.heard.until_told("candle", "BTC/USD", True)  # noqa: FBT003 - the candle's own flag
        assert stage.heard.candles == [attrs.evolve(running, closed=True)]
