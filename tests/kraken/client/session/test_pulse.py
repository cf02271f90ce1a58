import pytest
import trio
import trio.testing
from support.kraken_server import PUBLIC_ONLY, SETTINGS, Stage
from trio.testing import MockClock


async def test_silence_ends_the_connection_and_the_books_at_once(stage: Stage, autojump_clock: MockClock) -> None:
    stage.server.heartbeats = False
    async with stage.venue(PUBLIC_ONLY) as venue:
        await venue.follow_book("BTC/USD")
        began_s = trio.current_time()
        await stage.heard.until_told("book lost", "BTC/USD")
        assert trio.current_time() - began_s == pytest.approx(SETTINGS.silent_after_s)
        with trio.fail_after(5):
            await stage.heard.until_told("book", "BTC/USD", times=2)
