"""The simulated exchange and the client, both as they are, on the virtual network."""

import math
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

import attrs
import pytest
import trio
import trustme
from support.netlab import Lab

from seawall.kraken.client import Addresses, ClientSettings, Credentials, KrakenVenue, open_venue
from seawall.kraken.client.api import open_kraken
from seawall.model.market_data import Book
from seawall.model.venue import VenueListener
from seawall.sim import DEFAULT_PAIRS, SimSettings, Simulator, open_sim
from seawall.sim.world.hosts import Host
from seawall.sim.world.net import Network

PAIRS = tuple(pair for pair in DEFAULT_PAIRS if pair.symbol in {"BTC/USD", "ETH/USD"})
SETTINGS = SimSettings(host="0.0.0.0", name="kraken.world", port=8443, pairs=PAIRS, events_per_s=5.0, history_min=5)


def _both(network: Network, **knobs: object) -> None:
    for way in (("trader", "kraken"), ("kraken", "trader")):
        for name, value in knobs.items():
            setattr(network.link(*way), name, value)


def _refused(network: Network) -> None:
    network.refuse("kraken")
    network.reset()


def _nameless(network: Network) -> None:
    network.names_fail = True
    network.reset()


TROUBLES: dict[str, Callable[[Network], object]] = {
    "reset": lambda network: network.reset(),
    "cut short": lambda network: network.cut_short("kraken", "trader", rng=Random(1)),
    "half open": lambda network: network.half_open("kraken"),
    "half open there": lambda network: network.half_open("trader"),
    "stalled": lambda network: _both(network, stalled=True),
    "lost": lambda network: _both(network, lost=True),
    "lost one way": lambda network: setattr(network.link("trader", "kraken"), "lost", True),
    "slow": lambda network: _both(network, latency_s=1.5),
    "narrow": lambda network: _both(network, bytes_per_s=2_000.0),
    "in pieces": lambda network: _both(network, pieces=7),
    "refused": _refused,
    "names fail": _nameless,
}


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


@pytest.mark.parametrize("trouble", sorted(TROUBLES))
def test_the_client_is_back_after_each_trouble(lab: Lab, trouble: str) -> None:
    """Twenty seconds of trouble, and within a minute and a half books are told again, with checksums that hold."""
    listener = Listener()

    async def main() -> None:
        async with venue(lab, listener) as kraken:
            await kraken.follow_book("BTC/USD")
            await trio.sleep(10)
            TROUBLES[trouble](lab.network)
            await trio.sleep(20)
            for way in (("trader", "kraken"), ("kraken", "trader")):
                lab.network.link(*way).latency_s = 0.01
                lab.network.link(*way).bytes_per_s = math.inf
            lab.network.heal()
            listener.books.clear()
            await trio.sleep(90)
            assert len(listener.books) > 10

    lab.run(main)

    assert lab.network.open_sockets("trader") == lab.network.open_sockets("kraken") == 0


def test_all_of_it_runs_over_tls(lab: Lab, tmp_path: Path) -> None:
    authority, listener = trustme.CA(key_type=trustme.KeyType.RSA), Listener()
    certificate = authority.issue_cert("kraken.world", key_type=trustme.KeyType.RSA)
    chain, key, trusted = tmp_path / "chain.pem", tmp_path / "key.pem", tmp_path / "trusted.pem"
    certificate.cert_chain_pems[0].write_to_path(chain)
    certificate.private_key_pem.write_to_path(key)
    authority.cert_pem.write_to_path(trusted)
    secure = attrs.evolve(SETTINGS, certificate=chain, key=key)

    async def main() -> None:
        async with trader(lab, secure) as (ours, settings):
            assert settings.addresses.public == "wss://kraken.world:8444/v2"
            trusting = attrs.evolve(settings, ca_file=trusted)
            async with open_venue(trusting, listener, now_ns=ours.wall.now_ns, rng=lab.network.rng) as kraken:
                await kraken.wait_live()
                await kraken.follow_book("BTC/USD")
                await trio.sleep(10)

    lab.run(main)

    assert len(listener.books) > 10


@pytest.mark.parametrize("point", [*range(1, 60, 4), 1_000])
def test_the_client_may_be_killed_at_any_point_and_leaves_nothing_open(lab: Lab, point: int) -> None:
    """It connects, subscribes and follows; the last point is one that is never reached."""
    alive: list[bool] = []

    async def main() -> None:
        async with trader(lab) as (ours, settings):
            ours.machine.die_at = point
            ours.on_death.append(lambda _how: alive.append(False))
            async with open_venue(settings, Listener(), now_ns=ours.wall.now_ns, rng=lab.network.rng) as kraken:
                await kraken.wait_live()
                await kraken.follow_book("BTC/USD")
                await trio.sleep(1)
            alive.append(True)

    lab.run(main)

    assert alive == [point == 1_000]
    assert lab.network.open_sockets("trader") == lab.network.open_sockets("kraken") == 0
