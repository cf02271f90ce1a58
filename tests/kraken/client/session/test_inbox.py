from support.kraken_server import ADDRESSES, PUBLIC_ONLY, Stage
from trio.testing import MockClock

from seawall.kraken.client import FrameMisunderstood


async def test_garbage_is_counted_and_told_and_never_ends_the_connection(stage: Stage, autojump_clock: MockClock) -> None:
    async with stage.venue(PUBLIC_ONLY) as venue:
        await venue.follow_book("BTC/USD")
        socket = await stage.server.socket(ADDRESSES.public)
        await socket.send(
            "CloudFlare WebSocket proxy restarting", '{"channel":"book","type":"update","data":[{"symbol":"BTC/USD"}]}'
        )
        await stage.heard.until_told("book lost", "BTC/USD")
        await stage.heard.until_told("book", "BTC/USD", times=2)
        misunderstood = [notice for notice in stage.notices if isinstance(notice, FrameMisunderstood)]
        assert [notice.frame[:10] for notice in misunderstood] == ["CloudFlare", '{"channel"']
        (public,) = venue.statistics().public
        assert public.misunderstood == 2
        assert len(stage.server.sockets) == 1
