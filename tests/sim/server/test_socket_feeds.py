"""Following the market over the public socket."""

import json
from decimal import Decimal

import attrs
import httpx
import pytest
import trio
from support.sim_client import QUIET, Frame, Wire, open_client, open_wire
from trio_websocket import ConnectionClosed
from wsproto.events import TextMessage

from seawall.kraken.dialect.books.book import KrakenBook
from seawall.kraken.dialect.socket.frames import decode
from seawall.kraken.dialect.socket.market_frames import BookFrame
from seawall.model.instruments import PairStatus
from seawall.model.market_data import VenueStatus
from seawall.model.orders import Side

LIVELY = attrs.evolve(QUIET, events_per_s=1_000.0)


async def follow_book(wire: Wire, depth: int, updates: int) -> KrakenBook:
    """Subscribe and verify so many updates; raises when a checksum does not hold."""
    book = KrakenBook("BTC/USD", depth)
    await wire.send("subscribe", channel="book", symbol=["BTC/USD"], depth=depth)
    seen = 0
    while seen <= updates:
        frame = decode(await wire.text())
        if isinstance(frame, BookFrame):
            for row in frame.data:
                book.apply(row, frame.type == "snapshot")
            seen += 1
    return book


async def test_status_is_the_first_frame() -> None:
    async with open_client() as client, client.public_wire() as wire:
        frame = await wire.next()

    assert (frame["channel"], frame["type"], frame["data"][0]["system"]) == ("status", "update", "online")
    assert frame["data"][0]["connection_id"] >= 2**63


async def test_each_symbol_is_acknowledged_with_the_same_id_before_its_snapshot() -> None:
    async with open_client() as client, client.public_wire() as wire:
        await wire.send("subscribe", 5, channel="book", symbol=["BTC/USD", "WWW/USD", "ETH/USD"], depth=25)
        frames = [await wire.next(lambda frame: frame.get("channel") != "status") for _ in range(5)]

    first, first_book, bad, second, second_book = frames
    assert [frame.get("req_id") for frame in (first, bad, second)] == [5, 5, 5]
    assert first["result"] == {"channel": "book", "depth": 25, "snapshot": True, "symbol": "BTC/USD"}
    assert (bad["success"], bad["error"], bad["symbol"]) == (False, "Currency pair not supported WWW/USD", "WWW/USD")
    assert "result" not in bad
    assert [first_book["data"][0]["symbol"], second_book["data"][0]["symbol"]] == ["BTC/USD", "ETH/USD"]
    assert second["success"]


@pytest.mark.parametrize("depth", [10, 25, 100])
async def test_every_checksum_of_a_lively_book_holds(depth: int) -> None:
    async with open_client(LIVELY) as client, client.public_wire() as wire:
        book = await follow_book(wire, depth, 150)

    assert len(book.bids(depth)) >= 10


async def test_the_users_own_orders_stand_in_the_book() -> None:
    async with open_client() as client, client.public_wire() as wire:
        before = (await wire.subscribe("book", symbol=["BTC/USD"]))["data"][0]["bids"]
        await client.result("AddOrder", pair="XBTUSD", type="buy", ordertype="limit", volume="0.5", price=str(before[0]["price"]))
        after = (await wire.channel("book"))["data"][0]["bids"]

    assert after == [{"price": before[0]["price"], "qty": before[0]["qty"] + Decimal("0.5")}]


async def test_an_order_at_the_touch_is_filled_within_seconds() -> None:
    async with open_client(attrs.evolve(QUIET, events_per_s=100.0)) as client, client.private_wire() as wire:
        await wire.subscribe("executions", snap_orders=False)
        best = client.sim.exchange.market("BTC/USD").book.half(Side.BUY).best()
        assert best is not None
        await wire.send(
            "add_order", symbol="BTC/USD", side="buy", order_type="limit", order_qty=0.01, limit_price=float(best), post_only=True
        )
        with trio.fail_after(10):
            await wire.next(lambda frame: frame.get("channel") == "executions" and frame["data"][0]["exec_type"] == "filled")


async def test_trades_tickers_and_candles_follow_each_trade() -> None:
    async with open_client() as client, client.public_wire() as wire:
        trades = await wire.subscribe("trade", symbol=["BTC/USD"], snapshot=True)
        ticker = await wire.subscribe("ticker", symbol=["BTC/USD"])
        candles = await wire.subscribe("ohlc", symbol=["BTC/USD"], interval=1)
        await client.result("AddOrder", pair="XBTUSD", type="buy", ordertype="market", volume="0.01")
        frames = {}
        for _ in range(3):
            frame = await wire.next(lambda frame: frame.get("channel") in {"trade", "ticker", "ohlc"})
            frames[frame["channel"]] = frame["data"][0]

    assert trades["data"] == []
    assert (frames["trade"]["side"], frames["trade"]["ord_type"], frames["trade"]["trade_id"]) == ("buy", "market", 1)
    assert frames["ticker"]["last"] == frames["trade"]["price"] == frames["ohlc"]["close"]
    assert frames["ticker"]["trades"] == ticker["data"][0]["trades"] + 1
    assert frames["ohlc"]["interval"] == 1
    assert len(candles["data"]) >= 5


async def test_a_bbo_ticker_follows_the_touch_without_trades() -> None:
    async with open_client() as client, client.public_wire() as wire:
        before = (await wire.subscribe("ticker", symbol=["BTC/USD"], event_trigger="bbo"))["data"][0]
        await client.result("AddOrder", pair="XBTUSD", type="buy", ordertype="limit", volume="0.5", price="99.9", oflags="post")
        after = (await wire.channel("ticker"))["data"][0]

    assert (after["bid"], after["bid_qty"]) != (before["bid"], before["bid_qty"])
    assert after["ask"] == before["ask"]


async def test_instruments_are_an_object_and_tell_changes() -> None:
    async with open_client() as client, client.public_wire() as wire:
        snapshot = await wire.subscribe("instrument")
        client.sim.exchange.set_pair_status("ETH/USD", PairStatus.CANCEL_ONLY)
        update = await wire.channel("instrument")

    pair = snapshot["data"]["pairs"][0]
    assert (pair["symbol"], pair["price_increment"], pair["qty_min"], pair["qty_precision"]) == (
        "BTC/USD",
        Decimal("0.1"),
        Decimal("0.001"),
        8,
    )
    assert [asset["id"] for asset in snapshot["data"]["assets"]] == ["BTC", "USD", "ETH"]
    assert update["data"]["assets"] == []
    assert [(pair["symbol"], pair["status"]) for pair in update["data"]["pairs"]] == [("ETH/USD", "cancel_only")]


async def test_a_change_of_status_is_told_to_everybody() -> None:
    async with open_client() as client, client.public_wire() as one, client.private_wire() as two:
        await one.next()
        await two.next()
        client.sim.faults.set_status(VenueStatus.POST_ONLY)

        assert [(await wire.channel("status"))["data"][0]["system"] for wire in (one, two)] == ["post_only", "post_only"]


async def test_after_unsubscribing_a_fresh_snapshot_can_be_had() -> None:
    async with open_client() as client, client.public_wire() as wire:
        await wire.subscribe("book", symbol=["BTC/USD"])
        await wire.send("subscribe", channel="book", symbol=["BTC/USD"])
        twice = await wire.answer("subscribe")
        gone = await wire.ask("unsubscribe", channel="book", symbol=["BTC/USD"])
        again = await wire.ask("unsubscribe", channel="book", symbol=["BTC/USD"])
        snapshot = await wire.subscribe("book", symbol=["BTC/USD"])

    assert twice["error"] == "Already subscribed"
    assert (gone["success"], again["success"]) == (True, False)
    assert snapshot["type"] == "snapshot"


@pytest.mark.parametrize(
    ("params", "error"),
    [
        ({"channel": "book", "symbol": ["BTC/USD"], "depth": 11}, "Subscription depth not supported"),
        ({"channel": "book"}, "Symbol(s) not found"),
        ({"channel": "status"}, "Symbol(s) not found"),
        ({"channel": "level3", "symbol": ["BTC/USD"]}, "Subscription name invalid"),
        ({"channel": "executions"}, "Subscription name invalid"),
        ({"channel": "ohlc", "symbol": ["BTC/USD"], "interval": 2}, "Subscription ohlc interval not supported"),
    ],
)
async def test_what_cannot_be_followed_is_refused(params: Frame, error: str) -> None:
    async with open_client() as client, client.public_wire() as wire:
        answer = await wire.ask("subscribe", 1, **params)

    assert (answer["success"], answer["error"]) == (False, error)


async def test_heartbeats_come_in_silence_and_only_with_a_subscription() -> None:
    async with open_client(attrs.evolve(QUIET, heartbeat_s=0.05)) as client, client.public_wire() as wire:
        await wire.next()
        with trio.move_on_after(0.3) as quiet:
            await wire.socket.get_message()
        assert quiet.cancelled_caught

        await wire.subscribe("book", symbol=["BTC/USD"])
        assert await wire.next() == {"channel": "heartbeat"}


async def test_a_ping_is_answered_by_a_pong_without_result() -> None:
    async with open_client() as client, client.public_wire() as wire:
        answer = await wire.ask("ping", 101)

    assert answer.keys() == {"method", "req_id", "time_in", "time_out"}
    assert answer["method"] == "pong"


async def test_a_socket_from_which_nothing_comes_is_closed() -> None:
    async with open_client(attrs.evolve(QUIET, idle_close_s=0.2)) as client, client.public_wire() as wire:
        with pytest.raises(ConnectionClosed):
            await wire.drain()

        assert wire.socket.closed is not None
        assert wire.socket.closed.reason == "idle"


async def test_a_reader_that_falls_behind_is_cut_off() -> None:
    async with open_client(attrs.evolve(QUIET, outbox_frames=3)) as client, client.public_wire() as wire:
        await wire.next()
        for _ in range(5):
            client.sim.faults.say("{}")
        with pytest.raises(ConnectionClosed):
            await wire.drain()

        assert wire.socket.closed is not None
        assert wire.socket.closed.code == 1008


async def test_connections_beyond_the_budget_are_refused() -> None:
    async with open_client(attrs.evolve(QUIET, connection_budget=2)) as client:
        statuses = [await client.knock(client.sim.addresses.public) for _ in range(4)]

        assert statuses == [101, 101, 429, 429]
        assert client.sim.doors.statistics().handshakes_refused == 2


async def test_every_address_serves_sockets_and_rest() -> None:
    async with open_client() as client:
        rest = client.sim.addresses.rest.replace("http", "ws")
        for path, channel in (("/v2", "instrument"), ("/private/v2", "balances")):
            token = (await client.result("GetWebSocketsToken"))["token"]
            async with open_wire(rest + path, token if channel == "balances" else None) as wire:
                assert (await wire.subscribe(channel))["type"] == "snapshot"
        public = client.sim.addresses.public.replace("ws", "http").removesuffix("/v2")
        async with httpx.AsyncClient() as http:
            assert (await http.get(f"{public}/0/public/Time")).json()["error"] == []
        assert await client.knock(rest + "/v1") == 404


async def test_text_in_fragments_is_one_request() -> None:
    async with open_client() as client, client.public_wire() as wire:
        text = json.dumps({"method": "ping", "req_id": 6})
        # trio-websocket sends whole messages only; the machine underneath can send parts.
        for part, last in ((text[:5], False), (text[5:], True)):
            await wire.socket._send(TextMessage(data=part, message_finished=last))

        assert (await wire.answer("pong"))["req_id"] == 6
