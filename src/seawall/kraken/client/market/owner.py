"""What all sockets of the market do alike."""

import attrs

from seawall.kraken.client.market.doubts import feeds_in_doubt
from seawall.kraken.client.market.listener import MarketListener
from seawall.kraken.client.market.market import Market
from seawall.kraken.client.market.reference import Reference
from seawall.kraken.client.market.refusals import take_refusal
from seawall.kraken.client.session.rows import Subscription
from seawall.kraken.client.session.session import Session
from seawall.kraken.dialect.bad import BadFrame

__all__ = ["MarketOwner"]


@attrs.define(eq=False)
class MarketOwner:
    """The half of an `Owner` that is the same for each host of the market. `session` is set by who builds both."""

    _market: Market
    _reference: Reference
    _listener: MarketListener
    session: Session = attrs.field(init=False)

    def misunderstood(self, bad: BadFrame, message: bytes) -> None:
        """Doubt what the frame seems to be of."""
        for feed in feeds_in_doubt(message, self.session.feeds):
            self._market.lose(feed, f"a frame was not understood: {bad.reason}")
            self.session.feeds.suspect(feed)

    def refused(self, row: Subscription) -> None:
        """Whoever follows it is told by `follow`, and the listener here; a stale token costs the connection."""
        take_refusal(row, self.session, self._listener)

    def lost(self, reason: str) -> None:
        """No book of this socket is to be trusted."""
        for row in self.session.feeds:
            self._market.lose(row.feed, reason)
