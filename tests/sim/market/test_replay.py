"""A recorded market, played again over loopback."""

from pathlib import Path
from random import Random

import attrs
import pytest
import trio
from support.sim import Clock
from support.sim_client import Wire, open_client

from seawall.kraken.dialect.books.book import KrakenBook
from seawall.kraken.dialect.socket.frames import decode
from seawall.kraken.dialect.socket.market_frames import BookFrame
from seawall.sim import Exchange, MarketInput, SimSettings, Simulator
from seawall.sim.feeds.public import PublicFeed
from seawall.sim.feeds.topics import Topic
from seawall.sim.market.recording import read_recording
from seawall.sim.market.replay import Replay
from seawall.sim.settings import ReplayStart


def replay_of(sim: Simulator) -> Replay:
    assert isinstance(sim.source, Replay)
    return sim.source


async def book_texts(wire: Wire, count: int) -> list[str]:
    texts: list[str] = []
    while len(texts) < count:
        text = await wire.text()
        if text.startswith('{"channel":"book"'):
            texts.append(text)
    return texts


async def test_frames_are_sent_as_they_were_recorded(recording: Path) -> None:
    settings = SimSettings(replay=recording, speed="max", replay_start="all")
    async with open_client(settings) as client, client.public_wire() as wire:
        await wire.send("subscribe", channel="book", symbol=["SC/EUR", "BTC/CHF"], depth=1000)

        assert await book_texts(wire, 5) == [frame.frame for frame in read_recording(recording).frames]


async def verified(wire: Wire, symbols: list[str], depth: int, replay: Replay) -> tuple[dict[str, KrakenBook], int]:
    """Apply every frame until the replay has ended and the wire is quiet; raises where a checksum does not hold."""
    books = {symbol: KrakenBook(symbol, depth) for symbol in symbols}
    count = 0
    await wire.send("subscribe", channel="book", symbol=symbols, depth=depth)
    while True:
        text = await wire.text()
        frame = decode(text)
        if isinstance(frame, BookFrame):
            for row in frame.data:
                books[row.symbol].apply(row, frame.type == "snapshot")
                count += 1
        elif replay.finished.is_set() and "heartbeat" in text:
            return books, count


@pytest.mark.parametrize(("depth", "frames"), [(1000, 2_501), (500, 2_501), (100, 2_498), (25, 2_433), (10, 2_042)])
async def test_every_checksum_of_the_real_recording_holds_at_every_depth(real_recording: Path, depth: int, frames: int) -> None:
    settings = SimSettings(replay=real_recording, speed="max", replay_start="all", heartbeat_s=0.2)
    async with open_client(settings) as client, client.public_wire() as wire:
        symbols = list(client.sim.exchange.pairs)
        books, count = await verified(wire, symbols, depth, replay_of(client.sim))

        assert count == frames
        for symbol, book in books.items():
            shown = client.sim.market.feed.shown(symbol)
            assert [f"{level.price:f}" for level in book.bids(depth)] == [price for price, _ in shown.bids(depth)]


@pytest.mark.parametrize(("start", "played"), [("first", True), ("all", False)])
async def test_the_replay_waits_for_its_followers(recording: Path, start: ReplayStart, *, played: bool) -> None:
    settings = SimSettings(replay=recording, speed="max", replay_start=start, heartbeat_s=0.05)
    async with open_client(settings) as client, client.public_wire() as wire:
        replay = replay_of(client.sim)
        assert replay.played == 2
        await wire.subscribe("book", symbol=["SC/EUR"], depth=10)
        for _ in range(3):
            await wire.channel("heartbeat")
        assert replay.finished.is_set() is played

        await wire.subscribe("book", symbol=["BTC/CHF"], depth=1000)
        with trio.fail_after(5):
            await replay.finished.wait()
        assert replay.played == 5


async def test_after_its_end_the_market_stands_still_and_heartbeats_go_on(recording: Path) -> None:
    settings = SimSettings(replay=recording, speed="max", heartbeat_s=0.05)
    async with open_client(settings) as client, client.public_wire() as wire:
        await wire.subscribe("book", symbol=["SC/EUR"], depth=10)
        await replay_of(client.sim).finished.wait()
        for _ in range(3):
            await wire.channel("heartbeat")
        late = await wire.subscribe("book", symbol=["BTC/CHF"], depth=25)

    assert str(late["data"][0]["asks"][0]["price"]) == "0.04290"


async def test_a_resting_order_is_filled_by_the_recorded_market(recording: Path) -> None:
    settings = SimSettings(replay=recording, speed="max")
    async with open_client(settings) as client, client.private_wire() as private, client.public_wire() as public:
        await private.subscribe("executions", snap_orders=False)
        sold = await client.private("AddOrder", pair="SCEUR", type="buy", ordertype="limit", volume="30", price="0.0431")
        assert sold["error"] == []
        rested = await private.ask(
            "add_order", symbol="BTC/CHF", side="buy", order_type="limit", order_qty=5, limit_price=0.0429, post_only=True
        )
        assert rested["success"], rested
        await public.subscribe("book", symbol=["SC/EUR"], depth=10)
        await replay_of(client.sim).finished.wait()
        fills = client.sim.exchange.fills

    taken, met = [fill for fill in fills if not fill.maker], [fill for fill in fills if fill.maker]
    assert [(f"{fill.price}", f"{fill.qty:f}") for fill in taken] == [("0.04300", "10.00000000"), ("0.04310", "10.00000000")]
    # Of the 5 bid for only 3.5 came; the 10 that were left of the first order rested above the recorded bid.
    assert [f"{fill.qty:f}" for fill in met] == ["3.50000000"]


@attrs.define(eq=False)
class Watch:
    """A subscriber that notes when it was told something."""

    at_s: list[float] = attrs.field(factory=list)

    def send(self, frame: str) -> None:
        assert frame
        self.at_s.append(trio.current_time())


async def test_the_pace_is_that_of_the_recording_divided_by_the_speed(recording: Path, autojump_clock: object) -> None:
    read = read_recording(recording)
    exchange = Exchange.of(read.pairs, {}, now_ns=Clock(), rng=Random(1))
    market = MarketInput(exchange, PublicFeed(exchange), trio.lowlevel.checkpoint)
    replay, watch = Replay(read, 10.0, "all"), Watch()
    replay.prepare(market)
    for symbol in exchange.pairs:
        market.feed.topics.add(Topic("book", symbol, 1000), watch)
        market.feed.book_snapshot(symbol, 1000)
    began_s = trio.current_time()

    await replay.run(market)

    assert [round(at_s - began_s, 3) for at_s in watch.at_s] == [0.0, 0.1, 0.2]
