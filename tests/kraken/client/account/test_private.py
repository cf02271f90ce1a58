from decimal import Decimal

import httpx
import pytest
import trio
import trio.testing
from support.kraken_server import Json, Stage, failed, ok
from trio.testing import MockClock

from seawall.kraken.client import FrameUnknown, PrivateGap
from seawall.model.errors import Unavailable
from seawall.model.reports import OrderStatus
from seawall.resilience import BreakerOpened, ReconnectStopped


def event(number: int, *rows: Json) -> Json:
    return {"channel": "executions", "type": "update", "sequence": number, "data": list(rows)}


def opened(order_id: str = "O1") -> Json:
    return {
        "order_id": order_id,
        "cl_ord_id": "order1",
        "exec_type": "new",
        "order_status": "new",
        "timestamp": "2026-11-23T05:00:00.000000Z",
    }


def traded(exec_id: str = "T1") -> Json:
    return {
        "order_id": "O1",
        "cl_ord_id": "order1",
        "exec_id": exec_id,
        "exec_type": "trade",
        "order_status": "partially_filled",
        "trade_id": 1,
        "symbol": "BTC/USD",
        "side": "buy",
        "last_qty": 0.004,
        "last_price": 45000.1,
        "cost": 180.0004,
        "cum_qty": 0.004,
        "cum_cost": 180.0004,
        "order_qty": 0.01,
        "liquidity_ind": "m",
        "fees": [{"asset": "USD", "qty": 0.45}],
        "timestamp": "2026-11-23T05:00:01.000000Z",
    }


async def test_it_subscribes_with_both_snapshots_named_and_a_token(stage: Stage, autojump_clock: MockClock) -> None:
    async with stage.venue():
        socket = await stage.private_live()
        (executions,) = socket.asked("subscribe", "executions")
        assert executions["params"] == {
            "channel": "executions",
            "snap_orders": True,
            "snap_trades": True,
            "ratecounter": True,
            "token": "token",
        }
        assert stage.heard.restored[0].open_orders == ()
        assert ("balance", "USD", Decimal("1000.5")) in stage.heard.told


async def test_reports_and_fills_are_told_in_the_order_they_came(stage: Stage, autojump_clock: MockClock) -> None:
    async with stage.venue():
        socket = await stage.private_live()
        await socket.send(event(2, opened()), event(3, traded()))
        await stage.heard.until_told("order", "O1", times=2)
        told = [fact for fact in stage.heard.told if fact[0] in {"order", "fill"}]
        assert told == [("order", "O1", "open"), ("fill", "T1"), ("order", "O1", "open")]
        assert stage.heard.fills[0].qty == Decimal("0.004")
        assert stage.heard.reports[1].status is OrderStatus.OPEN


async def test_a_gap_is_told_first_and_the_channel_subscribed_anew(stage: Stage, autojump_clock: MockClock) -> None:
    async with stage.venue():
        socket = await stage.private_live()
        await socket.send(event(2, opened()), event(4, traded()))
        await stage.heard.until_told("private restored", times=2)
        told = [fact[0] for fact in stage.heard.told if fact[0] in {"order", "fill", "private lost", "private restored"}]
        assert told == ["private restored", "order", "private lost", "fill", "order", "private restored"]
        assert [notice for notice in stage.notices if isinstance(notice, PrivateGap)] == [PrivateGap("executions", 3, 4)]
        assert len(socket.asked("subscribe", "executions")) == 2
        assert len(socket.asked("subscribe", "balances")) == 1


async def test_a_repeated_message_is_told_once(stage: Stage, autojump_clock: MockClock) -> None:
    async with stage.venue():
        socket = await stage.private_live()
        await socket.send(event(2, traded()), event(2, traded()), event(3, opened()))
        await stage.heard.until_told("order", "O1", times=2)
        assert stage.heard.count("fill", "T1") == 1


async def test_a_dropped_connection_is_told_at_once_and_restored_with_a_new_token(
    stage: Stage, autojump_clock: MockClock
) -> None:
    async with stage.venue():
        socket = await stage.private_live()
        await trio.aclose_forcefully(socket.stream)
        await stage.heard.until_told("private lost")
        await stage.private_live(2)
        assert len(stage.server.called("GetWebSocketsToken")) == 2


async def test_a_denied_key_stops_the_venue_with_its_reason(stage: Stage, autojump_clock: MockClock) -> None:
    stage.server.rest["GetWebSocketsToken"] = lambda _params: failed("EAPI:Invalid key")
    with pytest.RaisesGroup(pytest.RaisesExc(ReconnectStopped, match="Invalid key"), flatten_subgroups=True):
        async with stage.venue():
            await trio.sleep_forever()
    assert len(stage.server.called("GetWebSocketsToken")) == 1


async def test_rest_that_is_down_delays_the_private_socket_and_ends_nothing(stage: Stage, autojump_clock: MockClock) -> None:
    stage.server.rest["GetWebSocketsToken"] = lambda _params: failed("EService:Unavailable")
    async with stage.venue() as venue:
        await venue.follow_book("BTC/USD")
        await trio.sleep(120)
        del stage.server.rest["GetWebSocketsToken"]
        with trio.fail_after(200):
            await stage.heard.until_told("private restored")
        assert "BTC/USD" in stage.heard.books


async def test_an_outage_that_opened_the_breaker_of_rest_ends_with_the_private_sockets_next_dial(
    stage: Stage, autojump_clock: MockClock
) -> None:
    async with stage.venue() as venue:
        socket = await stage.private_live()
        for call in ("GetWebSocketsToken", "BalanceEx"):
            stage.server.rest[call] = lambda _params: httpx.Response(502, text="<html>")
        await trio.aclose_forcefully(socket.stream)
        for _ in range(2):
            with pytest.raises(Unavailable):
                await venue.balances()
        await trio.sleep(3)
        assert any(isinstance(notice, BreakerOpened) and notice.name == "kraken rest" for notice in stage.notices)
        stage.server.rest["GetWebSocketsToken"] = lambda _params: ok({"token": "tok2", "expires": 900})
        stage.server.rest["BalanceEx"] = lambda _params: ok({})
        with trio.fail_after(15):
            await stage.private_live(2)
        assert await venue.balances() == (), "the token was as good a proof that REST is back as any"


async def test_foreign_words_in_the_stream_are_told_and_left_aside(stage: Stage, autojump_clock: MockClock) -> None:
    odd = {"order_id": "O9", "exec_type": "reincarnated", "timestamp": "2026-11-23T05:00:00.000000Z"}
    async with stage.venue():
        socket = await stage.private_live()
        await socket.send(event(2, odd), event(3, opened()))
        await stage.heard.until_told("order", "O1")
        assert stage.heard.count("order", "O9") == 0
        assert [notice.value for notice in stage.notices if isinstance(notice, FrameUnknown)] == ["reincarnated"]


async def test_a_garbled_execution_is_made_good_by_a_snapshot(stage: Stage, autojump_clock: MockClock) -> None:
    async with stage.venue():
        socket = await stage.private_live()
        await socket.send('{"channel":"executions","type":"update","sequence":2,"data":[{"order_id":7}]}')
        await stage.heard.until_told("private lost")
        await stage.heard.until_told("private restored", times=2)
        assert len(stage.server.sockets) == 2
