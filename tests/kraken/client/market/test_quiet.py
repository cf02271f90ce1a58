import pytest
import trio
import trio.testing
from support.kraken_server import PUBLIC_ONLY, Stage, failed, ok
from trio.testing import MockClock

from seawall.kraken.client import BookStale


async def test_a_book_whose_market_trades_without_it_is_found_out(stage: Stage, autojump_clock: MockClock) -> None:
    traded_at = 1_795_410_000 + 30  # well after the snapshot's own time
    row = ["45283.5", "0.1", traded_at, "s", "m", "", 7]
    async with stage.venue(PUBLIC_ONLY) as venue:
        await venue.follow_book("BTC/USD")
        await trio.sleep(200)
        assert stage.heard.count("book lost") == 0, "a market that does not trade is a still market"
        stage.server.rest["Trades"] = lambda _params: ok({"XXBTZUSD": [row], "last": "0"})
        await stage.heard.until_told("book lost", "BTC/USD")
        assert "traded" in str(stage.heard.told[-1][2])
        await stage.heard.until_told("book", "BTC/USD", times=2)
        assert [notice.symbol for notice in stage.notices if isinstance(notice, BookStale)] == ["BTC/USD"]
        assert len(stage.server.sockets) == 1
        del stage.server.rest["Trades"]


@pytest.mark.parametrize("error", ["EGeneral:Temporary lockout", "EService:Unavailable", "EQuery:Unknown asset pair"])
async def test_a_question_that_is_refused_ends_nothing_and_is_asked_again(
    stage: Stage, autojump_clock: MockClock, error: str
) -> None:
    stage.server.rest["Trades"] = lambda _params: failed(error)
    async with stage.venue(PUBLIC_ONLY) as venue:
        await venue.follow_book("BTC/USD")
        await trio.sleep(1000)
        assert len(stage.server.called("Trades")) >= 2
        assert stage.heard.count("book lost") == 0
