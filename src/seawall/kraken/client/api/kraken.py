"""The plain client itself."""

import attrs

from seawall.kraken.client.api.calls.history import History
from seawall.kraken.client.api.calls.rest import RestCalls
from seawall.kraken.client.api.orders import OrderCalls
from seawall.kraken.client.api.streams.account import AccountStreams
from seawall.kraken.client.api.streams.stream import StreamStatistics
from seawall.kraken.client.venue import VenueStatistics
from seawall.model.instruments import Instrument

__all__ = ["Kraken", "KrakenStatistics"]


@attrs.frozen
class KrakenStatistics:
    """Counted since the start; `streams` are those that are open."""

    venue: VenueStatistics
    streams: tuple[StreamStatistics, ...]


@attrs.define(eq=False, repr=False)
class Kraken(AccountStreams):
    """All of Kraken spot, for one account or for the market alone; made by `open_kraken`.

    Streams are methods of its own (`books`, `tickers`, `trades`, `executions` and so on). `orders` places and cancels, `rest`
    has every REST endpoint, `history` walks through what takes many pages. `venue` is what all of these stand on.
    """

    rest: RestCalls
    history: History
    orders: OrderCalls

    def __repr__(self) -> str:
        return f"<Kraken {self.venue.name!r}, {self.venue.status()}, {len(self._open)} streams open>"

    def symbol(self, name: str) -> str:
        """The symbol of a pair, given any of its names: `BTC/USD` for `XBTUSD`. Raises `UnknownSymbol`."""
        return self._names.symbol(name)

    def instrument(self, name: str) -> Instrument:
        """A pair, its grid, minimums and fees, given any of its names. Raises `UnknownSymbol`."""
        return self.venue.instrument(self._names.symbol(name))

    def now_ns(self) -> int:
        """The exchange's clock, estimated: nanoseconds since the epoch."""
        return self.venue.now_ns()

    async def wait_live(self) -> None:
        """Return once the sockets serve. Streams wait for that by themselves; orders go by REST until then."""
        await self.venue.wait_live()

    def statistics(self) -> KrakenStatistics:
        """A snapshot."""
        return KrakenStatistics(self.venue.statistics(), tuple(stream.statistics() for stream in self._open))
