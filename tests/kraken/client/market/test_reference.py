import trio
import trio.testing
from support.kraken_server import ADDRESSES, PUBLIC_ONLY, Json, Stage
from trio.testing import MockClock

from seawall.model.market_data import VenueStatus


async def test_the_exchanges_status_is_told_when_it_changes(stage: Stage, autojump_clock: MockClock) -> None:
    def status(word: str) -> Json:
        return {"channel": "status", "type": "update", "data": [{"system": word, "api_version": "v2"}]}

    async with stage.venue(PUBLIC_ONLY) as venue:
        await venue.wait_live()
        socket = await stage.server.socket(ADDRESSES.public)
        await socket.send(status("online"), status("cancel_only"), status("a new word"), status("cancel_only"))
        await stage.heard.until_told("status", "cancel_only")
        assert stage.heard.count("status") == 1
        assert venue.status() is VenueStatus.CANCEL_ONLY


async def test_an_instrument_update_changes_the_grid_and_keeps_rests_names(stage: Stage, autojump_clock: MockClock) -> None:
    pair = {
        "symbol": "BTC/USD",
        "base": "BTC",
        "quote": "USD",
        "status": "post_only",
        "qty_precision": 8,
        "qty_increment": 1e-8,
        "price_precision": 2,
        "cost_precision": 5,
        "marginable": True,
        "has_index": True,
        "cost_min": 0.5,
        "price_increment": 0.05,
        "qty_min": 0.0001,
    }
    async with stage.venue(PUBLIC_ONLY) as venue:
        await venue.wait_live()
        socket = await stage.server.socket(ADDRESSES.public)
        await socket.send({"channel": "instrument", "type": "update", "data": {"assets": [], "pairs": [pair]}})
        await trio.testing.wait_all_tasks_blocked()
        instrument = venue.instrument("BTC/USD")
        assert (str(instrument.status), str(instrument.price_increment)) == ("post_only", "0.05")
        assert (instrument.rest_name, str(instrument.taker_fee)) == ("XBTUSD", "0.004")
