from collections.abc import Sequence

import attrs
import pytest
import trio
import trio.testing
from support.kraken_server import ADDRESSES, PUBLIC_ONLY, Json, ServerSocket, Stage, reply
from trio.testing import MockClock

from seawall.kraken.client import FrameUnknown
from seawall.model.errors import UnknownSymbol
from seawall.model.instruments import PairStatus
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


PAIR: Json = {
    "symbol": "BTC/USD",
    "base": "BTC",
    "quote": "USD",
    "status": "online",
    "qty_precision": 8,
    "qty_increment": 1e-8,
    "price_precision": 1,
    "cost_precision": 5,
    "marginable": True,
    "has_index": True,
    "cost_min": 0.5,
    "price_increment": 0.1,
    "qty_min": 0.00005,
}
ASSET: Json = {"id": "BTC", "status": "enabled", "precision": 10, "precision_display": 5}


def instruments(*pairs: Json, assets: Sequence[Json] = (), kind: str = "update") -> Json:
    return {"channel": "instrument", "type": kind, "data": {"assets": list(assets), "pairs": list(pairs)}}


@pytest.mark.parametrize("name", ["XBT/USD", "XBTUSD", "XXBTZUSD"])
async def test_a_pair_by_another_of_its_names_is_refused_with_the_one_that_is_meant(
    stage: Stage, autojump_clock: MockClock, name: str
) -> None:
    async with stage.venue(PUBLIC_ONLY) as venue:
        with pytest.raises(UnknownSymbol, match=rf"no pair '{name}' at the exchange; it lists BTC/USD$"):
            await venue.follow_book(name)


async def test_a_pair_that_takes_other_orders_than_before_is_told_and_known(stage: Stage, autojump_clock: MockClock) -> None:
    async with stage.venue(PUBLIC_ONLY) as venue:
        await venue.wait_live()
        socket = await stage.server.socket(ADDRESSES.public)
        for status in PairStatus:
            await socket.send(instruments(PAIR | {"status": status}), instruments(PAIR | {"status": status}))
        await stage.heard.until_told("instrument", "BTC/USD", "delisted")
        told = [fact[2] for fact in stage.heard.told if fact[0] == "instrument"]
        # online it was before: what did not change is not told
        assert told == [status.value for status in PairStatus if status is not PairStatus.ONLINE]
        assert venue.instrument("BTC/USD").status is PairStatus.DELISTED


async def test_what_changed_while_the_socket_was_gone_is_told_after_it(stage: Stage, autojump_clock: MockClock) -> None:
    async with stage.venue(PUBLIC_ONLY) as venue:
        await venue.wait_live()
        socket = await stage.server.socket(ADDRESSES.public)

        async def answer(asked_on: ServerSocket, asked: Json) -> bool:
            if asked["method"] != "subscribe" or asked["params"]["channel"] != "instrument":
                return False
            await asked_on.send(reply(asked, {"channel": "instrument"}))
            await asked_on.send(instruments(PAIR | {"status": "cancel_only"}, kind="snapshot"))
            return True

        stage.server.answer = answer
        await trio.aclose_forcefully(socket.stream)
        with trio.fail_after(5):
            await stage.heard.until_told("instrument", "BTC/USD", "cancel_only")
        assert len(venue.instruments()) == 2, "a pair that the channel leaves out has not gone"


async def test_a_new_pair_and_a_changed_asset_are_told(stage: Stage, autojump_clock: MockClock) -> None:
    async with stage.venue(PUBLIC_ONLY) as venue:
        await venue.wait_live()
        socket = await stage.server.socket(ADDRESSES.public)
        new = PAIR | {"symbol": "NEW/USD", "base": "NEW"}
        await socket.send(
            instruments(assets=[ASSET]), instruments(new), instruments(assets=[ASSET, ASSET | {"status": "depositonly"}])
        )
        await stage.heard.until_told("asset")
        assert stage.heard.count("asset") == stage.heard.count("asset", "BTC", "depositonly") == 1
        assert stage.heard.count("instrument", "NEW/USD", "online") == 1
        assert [(asset.id, asset.status) for asset in venue.assets()] == [("BTC", "depositonly")]
        await venue.follow_book("NEW/USD")


async def test_a_status_that_is_new_to_us_changes_nothing_and_is_shown(stage: Stage, autojump_clock: MockClock) -> None:
    async with stage.venue(PUBLIC_ONLY) as venue:
        await venue.wait_live()
        socket = await stage.server.socket(ADDRESSES.public)
        await socket.send(instruments(PAIR | {"status": "auction"}))
        await trio.testing.wait_all_tasks_blocked()
        assert venue.instrument("BTC/USD").status is PairStatus.ONLINE
        (shown,) = [notice for notice in stage.notices if isinstance(notice, FrameUnknown)]
        assert (shown.socket, shown.value) == ("BTC/USD", "auction")


async def test_instruments_are_followed_when_asked_for_where_the_settings_leave_them_out(
    stage: Stage, autojump_clock: MockClock
) -> None:
    async with stage.venue(attrs.evolve(PUBLIC_ONLY, follow_instruments=False)) as venue:
        await venue.wait_live()
        socket = await stage.server.socket(ADDRESSES.public)
        assert not socket.asked("subscribe")
        await venue.follow_instruments()
        assert len(socket.asked("subscribe", "instrument")) == 1


async def test_an_instrument_update_changes_the_grid_and_keeps_rests_names(stage: Stage, autojump_clock: MockClock) -> None:
    pair = PAIR | {"status": "post_only", "price_precision": 2, "price_increment": 0.05, "qty_min": 0.0001}
    async with stage.venue(PUBLIC_ONLY) as venue:
        await venue.wait_live()
        socket = await stage.server.socket(ADDRESSES.public)
        await socket.send(instruments(pair))
        await trio.testing.wait_all_tasks_blocked()
        instrument = venue.instrument("BTC/USD")
        assert (str(instrument.status), str(instrument.price_increment)) == ("post_only", "0.05")
        assert (instrument.rest_name, str(instrument.taker_fee)) == ("XBTUSD", "0.004")
