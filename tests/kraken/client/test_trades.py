from support.kraken_server import (
    ADDRESSES,
    PUBLIC_ONLY,
    Json,
    Stage,
)
from trio.testing import MockClock

from seawall.kraken.client import (
    TradesMissed,
)


async def test_trades_are_told_once_and_holes_are_noticed(stage: Stage, autojump_clock: MockClock) -> None:
    def trade_frame(*ids: int) -> Json:
        rows = [
            {
                "symbol": "BTC/USD",
                "side": "sell",
                "price": 45283.5,
                "qty": 0.1,
                "ord_type": "market",
                "trade_id": trade_id,
                "timestamp": "2026-11-23T05:00:00.000000Z",
            }
            for trade_id in ids
        ]
        return {"channel": "trade", "type": "update", "data": rows}

    async with stage.venue(PUBLIC_ONLY) as venue:
        await venue.follow_trades("BTC/USD")
        socket = await stage.server.socket(ADDRESSES.public)
        await socket.send(trade_frame(7, 8), trade_frame(8, 9), trade_frame(12))
        await stage.heard.until_told("traded", [12])
        assert [fact[1] for fact in stage.heard.told if fact[0] == "traded"] == [[7, 8], [9], [12]]
        assert [notice.count for notice in stage.notices if isinstance(notice, TradesMissed)] == [2]
