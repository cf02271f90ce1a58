"""The tasks of a venue, and how long they live."""

import attrs
import trio

from seawall.kraken.client.market.public import PublicSocket
from seawall.kraken.client.market.quiet import QuietBooks
from seawall.kraken.client.market.refills import TradeRefills
from seawall.kraken.client.venue import KrakenVenue
from seawall.resilience import Reconnect

__all__ = ["Service"]


@attrs.define(eq=False)
class Service:
    """The venue's tasks, shielded from whatever cancels their user, until the user has left."""

    venue: KrakenVenue
    public: PublicSocket
    public_link: Reconnect
    private_link: Reconnect | None
    quiet: QuietBooks
    refills: TradeRefills
    _life: trio.CancelScope = attrs.field(factory=lambda: trio.CancelScope(shield=True), init=False)

    async def run(self, *, task_status: trio.TaskStatus[None]) -> None:
        """Run all of them until `stop`. Raises what comes out of any, in an exception group."""
        with self._life:
            async with trio.open_nursery() as nursery:
                task_status.started()
                nursery.start_soon(self.public_link.run, name="public socket")
                if self.private_link is not None:
                    nursery.start_soon(self.private_link.run, name="private socket")
                nursery.start_soon(self.public.close_candles, name="candle clock")
                nursery.start_soon(self.quiet.run, name="quiet books")
                nursery.start_soon(self.refills.run, name="trade refills")

    def stop(self) -> None:
        """The venue's user has left."""
        self._life.shield = False
        self._life.cancel(reason="the venue's block was left")
