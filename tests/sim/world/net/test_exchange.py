"""The simulated exchange and the client, both as they are, on the virtual network."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import attrs
import trio
from support.netlab import Lab

from seawall.kraken.client import Addresses, ClientSettings, Credentials, KrakenVenue, open_venue
from seawall.kraken.client.api import open_kraken
from seawall.model.market_data import Book
from seawall.model.venue import VenueListener
from seawall.sim import DEFAULT_PAIRS, SimSettings, Simulator, open_sim
from seawall.sim.world.hosts import Host

PAIRS = tuple(pair for pair in DEFAULT_PAIRS if pair.symbol in {"BTC/USD", "ETH/USD"})
SETTINGS = SimSettings(host="0.0.0.0", name="kraken.world", port=8443, pairs=PAIRS, events_per_s=5.0, history_min=5)


@attrs.define(eq=False)
class Listener(VenueListener):
    """Keeps what it is told."""

    books: list[tuple[str, Book, float]] = attrs.field(factory=list)
    lost: list[tuple[str, str]] = attrs.field(factory=list)

    def book_changed(self, symbol: str, book: Book, received_s: float) -> None:
        self.books.append((symbol, book, received_s))

    def book_lost(self, symbol: str, reason: str) -> None:
        self.lost.append((symbol, reason))


async def _serve(host: Host, settings: SimSettings, *, task_status: trio.TaskStatus[Simulator]) -> None:
    with host.living():
        async with open_sim(attrs.evolve(settings, now_ns=host.wall.now_ns)) as sim:
            task_status.started(sim)
            await trio.sleep_forever()


@asynccontextmanager
async def trader(lab: Lab, settings: SimSettings = SETTINGS) -> AsyncGenerator[tuple[Host, ClientSettings], None]:
    """An exchange on one machine; inside, we are on another."""
    kraken, ours = lab.boot("kraken"), lab.boot("trader")
    async with trio.open_nursery() as nursery:
        sim: Simulator = await nursery.start(_serve, kraken, settings)
        places = sim.addresses
        with ours.living():
            addresses = Addresses(places.rest, places.public, places.private, places.level3)
            yield ours, ClientSettings(addresses, Credentials(sim.api_key, sim.api_secret))
        nursery.cancel_scope.cancel()


@asynccontextmanager
async def venue(lab: Lab, listener: Listener) -> AsyncGenerator[KrakenVenue, None]:
    async with (
        trader(lab) as (ours, settings),
        open_venue(settings, listener, now_ns=ours.wall.now_ns, rng=lab.network.rng) as opened,
    ):
        await opened.wait_live()
        yield opened


def test_the_client_follows_books_in_virtual_time(lab: Lab) -> None:
    listener = Listener()

    async def main() -> None:
        async with venue(lab, listener) as kraken:
            await kraken.follow_book("BTC/USD")
            await kraken.follow_book("ETH/USD")
            await trio.sleep(30)
            assert listener.lost == []

    lab.run(main)

    assert lab.now_s > 30
    symbols = [symbol for symbol, _, _ in listener.books]
    assert min(symbols.count("BTC/USD"), symbols.count("ETH/USD")) > 50
    assert lab.network.open_sockets("trader") == lab.network.open_sockets("kraken") == 0


def test_the_plain_client_asks_and_is_told(lab: Lab) -> None:
    async def main() -> str:
        async with trader(lab) as (ours, settings), open_kraken(settings, now_ns=ours.wall.now_ns) as kraken:
            async with kraken.tickers("BTC/USD") as tickers:
                row = await anext(aiter(tickers))
            return row.symbol

    assert lab.run(main) == "BTC/USD"
    assert lab.network.statistics().open_connections == 0


def test_the_same_seed_sends_the_same_bytes_at_the_same_times() -> None:
    def run(seed: int) -> tuple[str, int]:
        lab = Lab(seed)
        lab.network.link("kraken", "trader").jitter_s = 0.02

        async def main() -> None:
            async with venue(lab, Listener()) as kraken:
                await kraken.follow_book("BTC/USD")
                await trio.sleep(30)

        lab.run(main)
        return lab.trace.digest(), lab.network.traffic

    assert run(1) == run(1)
    assert run(1) != run(2)
