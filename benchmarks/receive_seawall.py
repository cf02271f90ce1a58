"""Seawall as its user has it: `open_venue`, and a listener."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import attrs
import trio
from benchmarks.feed import Feed
from benchmarks.frames import DEPTH, symbols_of
from benchmarks.receive_transports import MAX_S
from benchmarks.work import Measured, Tally, Work

from seawall.kraken.client import Addresses, ClientSettings, KrakenVenue, MarketListener, open_venue
from seawall.kraken.dialect import TickerRow
from seawall.model.market_data import Book

__all__ = ["busy", "seawall"]


@attrs.define(eq=False)
class Listener(MarketListener):
    """Counts."""

    tally: Tally
    lost: list[str] = attrs.field(factory=list)

    def book_changed(self, symbol: str, book: Book, received_s: float) -> None:  # noqa: ARG002 - the interface has them
        """One more."""
        self.tally()

    def ticker_changed(self, ticker: TickerRow, received_s: float) -> None:  # noqa: ARG002 - as above
        """One more."""
        self.tally()

    def book_lost(self, symbol: str, reason: str) -> None:
        """Not to be expected on this machine, before the end."""
        self.lost.append(f"{symbol}: {reason}")


async def _follow_all(venue: KrakenVenue, feed: Feed, channel: str) -> None:
    await venue.wait_live()  # the pairs are those of the feed
    follow: Callable[[str], Awaitable[None]] = venue.follow_book if channel == "book" else venue.follow_ticker
    async with trio.open_nursery() as nursery:
        for symbol in symbols_of(feed.address.symbols):
            nursery.start_soon(follow, symbol)


def _read(rest: str, feed: Feed, work: Work, settings: ClientSettings) -> Measured:
    certificate = feed.address.certificate
    settings = attrs.evolve(
        settings,
        addresses=Addresses(rest, feed.url, feed.url, feed.url),
        ca_file=Path(certificate) if certificate else None,
        book_depth=DEPTH,
        goodbye_s=0.1,
    )

    async def run() -> Measured:
        listener = Listener(work.tally())
        with trio.fail_after(MAX_S):
            async with open_venue(settings, listener) as venue:
                await _follow_all(venue, feed, work.channel)
                measured = await work.measure(feed, listener.tally, trio.Event)
                assert not listener.lost, listener.lost
        return measured

    return trio.run(run)


def seawall(rest: str, feed: Feed, work: Work) -> Measured:
    """As it comes."""
    return _read(rest, feed, work, ClientSettings())


def busy(rest: str, feed: Feed, work: Work) -> Measured:
    """Asking the socket all the time, in place of sleeping."""
    return _read(rest, feed, work, ClientSettings(busy_poll=True))
