"""The streams of the account."""

import attrs

from seawall.kraken.client.api.streams import kinds
from seawall.kraken.client.api.streams.hub import AssetTotal, Execution
from seawall.kraken.client.api.streams.mailbox import Mailbox
from seawall.kraken.client.api.streams.market import MarketStreams, nothing_to_end
from seawall.kraken.client.api.streams.refilling import RefillingStream
from seawall.kraken.client.api.streams.watch import Source, Watch
from seawall.model.reports import Fill

__all__ = ["AccountStreams"]


@attrs.define(eq=False, repr=False)
class AccountStreams(MarketStreams):
    """What the private socket tells. Each raises `AccessDenied` without a key, and is entered once that socket serves.

    Executions are never left out. A reader that is ten thousand behind reads those, and then gets `FellBehind`: the stream
    is over. After the private socket was away, fills it does not tell are asked for by REST, in the reader's own time.
    While it is away `stale` says so.
    """

    def executions(self, *, raise_lost: bool = False) -> Watch[Execution, Execution]:
        """Every `Fill` of the account, once, and every `OrderReport`, in order; of every program's orders, not only ours.

        Reports are sparse (what the exchange did not say is None) and may repeat. After the private socket was away all orders
        that are open are reported; one that is not among them has ended.
        """
        self._need_key("executions")

        def new_stream(mailbox: Mailbox[Execution, Execution]) -> RefillingStream[Execution]:
            return RefillingStream(mailbox, self.venue.fills_since, lambda fill: fill)

        source = Source(self._hub.executions, self._hub.wait_private, nothing_to_end)
        return Watch("executions", kinds.EXECUTIONS, lambda: [source], self._opened, raise_lost, new_stream)

    def fills(self, *, raise_lost: bool = False) -> Watch[Fill, Fill]:
        """Every fill of the account from now on, once, in order."""
        self._need_key("fills")

        def new_stream(mailbox: Mailbox[Fill, Fill]) -> RefillingStream[Fill]:
            return RefillingStream(mailbox, self.venue.fills_since, lambda fill: fill)

        source = Source(self._hub.fills, self._hub.wait_private, nothing_to_end)
        return Watch("fills", kinds.FILLS, lambda: [source], self._opened, raise_lost, new_stream)

    def balances(self, *, raise_lost: bool = False) -> Watch[AssetTotal, AssetTotal]:
        """Totals of the account's assets, the newest of each: all of them first, then those that change."""
        self._need_key("balances")
        source = Source(self._hub.balances, self._hub.wait_private, nothing_to_end)
        return Watch("balances", kinds.BALANCES, lambda: [source], self._opened, raise_lost)
