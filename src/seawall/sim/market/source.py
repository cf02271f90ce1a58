"""Where market data comes from: the seam for generators, recordings, and live frames from outside.

A source is anything with `run`. It is started once, as a task of the simulator, and feeds the market through the
`MarketInput` it is handed; when it returns, the market stands still. Its errors end the simulator.
"""

from collections.abc import Awaitable, Callable, Iterable
from decimal import Decimal
from typing import Protocol

import attrs
import trio

from seawall.model.orders import Side
from seawall.sim.exchange.events import LevelChange
from seawall.sim.exchange.exchange import Exchange
from seawall.sim.feeds.public import PublicFeed
from seawall.sim.settings import ReplayStart

__all__ = ["MarketInput", "MarketSource"]


@attrs.define(eq=False)
class MarketInput:
    """What a source feeds. Calls return at once, unless they are async.

    A market fed through `change_book` belongs to its feed: users' orders are matched against it, and are not shown in it.
    """

    exchange: Exchange
    feed: PublicFeed
    room: Callable[[], Awaitable[None]]
    """Waits until every reader has caught up to half of its queue."""
    _followed: trio.Event = attrs.field(factory=trio.Event)

    def change_book(
        self, symbol: str, levels: Iterable[LevelChange], *, snapshot: bool, at_ns: int, frame: str | None = None
    ) -> None:
        """Set levels of a book to new quantities (zero: gone), or with `snapshot` replace it.

        Digits are shown as the decimals have them. `frame`, if given, is what subscribers of depth 1000 get, as it is.
        """
        levels = tuple(levels)
        self.feed.show_outside(symbol, levels, snapshot=snapshot, at_ns=at_ns, frame=frame)
        self.exchange.apply_outside_book(symbol, levels, snapshot=snapshot)

    def print_trade(self, symbol: str, side: Side, price: Decimal, qty: Decimal) -> None:
        """Print a trade that was made elsewhere; `side` is its taker's."""
        self.exchange.print_outside_trade(symbol, side, price, qty)

    async def wait_followed(self, symbols: Iterable[str], start: ReplayStart) -> None:
        """Wait until somebody follows the book of one of the symbols (`first`), or of each (`all`)."""
        wanted = tuple(symbols)
        while True:
            followed = self.feed.topics.symbols("book")
            found = [symbol in followed for symbol in wanted]
            if any(found) if start == "first" else all(found):
                return
            self._followed = trio.Event()
            await self._followed.wait()

    def followers_changed(self) -> None:
        """Somebody subscribed or left."""
        self._followed.set()


class MarketSource(Protocol):
    """Feeds the market.

    `prepare` is called before anybody can connect: the books should stand when it returns. `run` is the life of the
    feed. A paper mode hands in one that receives the live exchange's frames and passes each to `market.change_book`.
    """

    def prepare(self, market: MarketInput) -> None:
        """Set the scene, at once."""
        ...

    async def run(self, market: MarketInput) -> None:
        """Feed the market until there is nothing more; cancelled when the simulator closes."""
        ...
