"""Where the venue's facts enter the engine: each goes, at once and in order, to whoever keeps that kind of state."""

from collections.abc import Sequence
from decimal import Decimal

import attrs

from seawall.engine.account import Account
from seawall.engine.blotter import SNAPSHOT, Blotter
from seawall.engine.changes import Changes
from seawall.engine.feed import Feed
from seawall.engine.notices import BookLost, BookRestored, PrivateStreamLost, PrivateStreamRestored
from seawall.model.market_data import Book, Candle, Trade, VenueStatus
from seawall.model.reports import Fill, OrderReport, PrivateSnapshot
from seawall.model.venue import Probe

__all__ = ["Hub", "VenueStatusChanged"]


@attrs.frozen
class VenueStatusChanged:
    """The exchange as a whole takes other things than before."""

    status: VenueStatus


@attrs.define(eq=False)
class Hub:
    """The engine's ear: implements `seawall.model.venue.VenueListener`, and never waits."""

    feed: Feed
    blotter: Blotter
    account: Account
    probe: Probe
    private_live: bool = attrs.field(default=False, init=False)
    snapshots: Changes = attrs.field(factory=Changes, init=False)
    """Pulsed at each snapshot of the private stream."""
    status_changes: Changes = attrs.field(factory=Changes, init=False)
    """Pulsed when the exchange as a whole takes other things than before."""
    snapshot: PrivateSnapshot | None = attrs.field(default=None, init=False)
    """The newest one that nobody has compared yet."""

    def book_changed(self, symbol: str, book: Book, received_s: float) -> None:
        """A verified change of a book."""
        if not self.feed.is_verified(symbol):
            self.probe(BookRestored(symbol))
        self.feed.book_changed(symbol, book, received_s)

    def book_lost(self, symbol: str, reason: str) -> None:
        """A book is not to be trusted."""
        self.feed.book_lost(symbol, reason)
        self.probe(BookLost(symbol, reason))

    def traded(self, trades: Sequence[Trade]) -> None:
        """The market printed trades."""
        self.feed.traded(trades)

    def candle_changed(self, candle: Candle) -> None:
        """A candle changed."""
        self.feed.candle_changed(candle)

    def order_reported(self, report: OrderReport) -> None:
        """A word about an order."""
        self.blotter.report(report)

    def filled(self, fill: Fill) -> None:
        """An execution."""
        self.blotter.fill(fill)

    def balance_changed(self, asset: str, total: Decimal) -> None:
        """The exchange's word on one asset."""
        self.account.told(asset, total)

    def private_lost(self, reason: str) -> None:
        """Words about orders may go missing."""
        if self.private_live:
            self.private_live = False
            self.probe(PrivateStreamLost(reason))

    def private_restored(self, snapshot: PrivateSnapshot) -> None:
        """The private stream is back: fills first, so that an order's end finds them."""
        self.private_live = True
        for fill in snapshot.fills:
            self.blotter.fill(fill)
        for report in snapshot.open_orders:
            self.blotter.report(report, SNAPSHOT)
        self.blotter.externals.listed({report.order_id for report in snapshot.open_orders})
        self.probe(PrivateStreamRestored(len(snapshot.open_orders)))
        self.snapshot = snapshot
        self.snapshots.pulse()

    def status_changed(self, status: VenueStatus) -> None:
        """The exchange takes other things than before."""
        self.probe(VenueStatusChanged(status))
        self.status_changes.pulse()
