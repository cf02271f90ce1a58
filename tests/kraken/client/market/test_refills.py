from collections.abc import Mapping

import attrs
import httpx
import pytest
import trio
import trio.testing
from support.kraken_server import ADDRESSES, BEGAN_S, PUBLIC_ONLY, Json, ServerSocket, Stage, failed, ok
from trio.testing import MockClock

from seawall.kraken.client import KrakenVenue, TradesMissed, TradesRefilled


def trade_frame(*ids: int) -> Json:
    rows = [
        {
            "symbol": "BTC/USD",
            "side": "sell",
            "price": 45283.5,
            "qty": 0.1,
            "ord_type": "market",
            "trade_id": trade_id,
            "timestamp": f"2026-11-23T05:00:{trade_id:02d}.000000Z",
        }
        for trade_id in ids
    ]
    return {"channel": "trade", "type": "update", "data": rows}


def rest_trades(*ids: int) -> httpx.Response:
    rows = [["45283.5", "0.1", BEGAN_S + trade_id, "s", "m", "", trade_id] for trade_id in ids]
    return ok({"XXBTZUSD": rows, "last": "0"})


async def following(stage: Stage, venue: KrakenVenue) -> ServerSocket:
    await venue.follow_trades("BTC/USD")
    return await stage.server.socket(ADDRESSES.public)


def missed(stage: Stage) -> list[TradesMissed]:
    return [notice for notice in stage.notices if isinstance(notice, TradesMissed)]


async def test_a_hole_is_filled_by_one_question_from_a_little_before_it(stage: Stage, autojump_clock: MockClock) -> None:
    stage.server.rest["Trades"] = lambda _params: rest_trades(8, 9, 10, 11, 12)
    async with stage.venue(PUBLIC_ONLY) as venue:
        socket = await following(stage, venue)
        await socket.send(trade_frame(7, 8), trade_frame(11), trade_frame(12))
        await stage.heard.until(lambda: len(stage.heard.trades) == 6)
        assert [trade.trade_id for trade in stage.heard.trades] == [7, 8, 9, 10, 11, 12]
        (asked,) = stage.server.called("Trades")
        assert asked == {"pair": "XBTUSD", "since": str((BEGAN_S + 8) * 10**9 - 10**6)}
        assert TradesRefilled("BTC/USD", 2) in stage.notices
        assert not missed(stage)


async def test_what_was_printed_while_the_socket_was_gone_is_filled_in(stage: Stage, autojump_clock: MockClock) -> None:
    stage.server.rest["Trades"] = lambda _params: rest_trades(8, 9, 10)
    async with stage.venue(PUBLIC_ONLY) as venue:
        socket = await following(stage, venue)
        await socket.send(trade_frame(7))
        await stage.heard.until_told("traded", [7])
        await trio.aclose_forcefully(socket.stream)
        second = await stage.server.socket(ADDRESSES.public, 2)
        await stage.server.until(lambda: bool(second.asked("subscribe", "trade")))
        await second.send(trade_frame(10))
        await stage.heard.until_told("traded", [8, 9, 10])


@pytest.mark.parametrize(
    "error", ["EService:Unavailable", "EGeneral:Temporary lockout", "EGeneral:Too many requests", "EQuery:Unknown asset pair"]
)
async def test_a_question_that_fails_costs_the_missing_trades_and_nothing_else(
    stage: Stage, autojump_clock: MockClock, error: str
) -> None:
    stage.server.rest["Trades"] = lambda _params: failed(error)
    async with stage.venue(PUBLIC_ONLY) as venue:
        socket = await following(stage, venue)
        await socket.send(trade_frame(7), trade_frame(10))
        await stage.heard.until_told("traded", [10])
        (told,) = missed(stage)
        assert (told.count, error in told.reason) == (2, True)
        await socket.send(trade_frame(11))
        await stage.heard.until_told("traded", [11])


async def test_a_question_without_an_answer_holds_trades_back_so_long_and_no_longer(
    stage: Stage, autojump_clock: MockClock
) -> None:
    stage.server.slow_s = {"Trades": 1e6}
    settings = attrs.evolve(PUBLIC_ONLY, refill_s=3.0)
    async with stage.venue(settings) as venue:
        socket = await following(stage, venue)
        began_s = trio.current_time()
        await socket.send(trade_frame(7), trade_frame(9))
        await stage.heard.until_told("traded", [9])
        assert trio.current_time() - began_s == pytest.approx(3.0)
        assert missed(stage) == [TradesMissed("BTC/USD", 1, "REST did not answer within 3 s")]


async def test_leaving_while_a_question_is_out_is_prompt(stage: Stage, autojump_clock: MockClock) -> None:
    stage.server.slow_s = {"Trades": 1e6}
    async with stage.venue(PUBLIC_ONLY) as venue:
        socket = await following(stage, venue)
        await socket.send(trade_frame(7), trade_frame(9))
        await stage.server.until(lambda: not socket.ended.is_set())
        await trio.testing.wait_all_tasks_blocked()
        leaving_s = trio.current_time()
    assert trio.current_time() - leaving_s < 0.1


async def test_holes_of_several_symbols_are_asked_about_at_the_same_time(stage: Stage, autojump_clock: MockClock) -> None:
    def answer(params: Mapping[str, str]) -> httpx.Response:
        return rest_trades(8) if params["pair"] == "XBTUSD" else ok({"XETHZUSD": [], "last": "0"})

    stage.server.rest["Trades"] = answer
    stage.server.slow_s = {"Trades": 2.0}
    async with stage.venue(PUBLIC_ONLY) as venue:
        socket = await following(stage, venue)
        await venue.follow_trades("ETH/USD")
        other = trade_frame(7, 9)
        for row in other["data"]:
            row["symbol"] = "ETH/USD"
        began_s = trio.current_time()
        await socket.send(trade_frame(7, 9), other)
        await stage.heard.until(lambda: len(stage.heard.trades) == 5)
        assert trio.current_time() - began_s == pytest.approx(2.0)
