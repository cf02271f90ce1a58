"""Waiting for an account, connected: what a hot standby has ready before its turn, and how it is handed on.

What is warm: the sockets, the books of the symbols that are followed, and the account's open orders and newest fills, as the
private stream tells them and as the exchange lists them every few minutes. Nothing of it is written anywhere and nothing is
sent but questions and subscriptions. What is not: the journal, which its writer alone may open, is replayed after the taking.
"""

from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from decimal import Decimal

import attrs
import trio

from seawall.engine.hosting import Hosting
from seawall.engine.lease import LeaseWatch, take_in_turn
from seawall.engine.notices import QuestionFailed
from seawall.engine.settings import EngineSettings
from seawall.model.errors import SeawallError
from seawall.model.market_data import Book, Candle, Trade, VenueStatus
from seawall.model.reports import Fill, OrderReport, OrderStatus, PrivateSnapshot
from seawall.model.venue import Probe, Venue, VenueListener

__all__ = ["Standby", "StandbyEar", "StandbyReconciled", "Warm", "wait_for_turn"]

_LIVE = (OrderStatus.PENDING, OrderStatus.OPEN)
_FILLS = 50
"""As many as the stream's own snapshot has (docs.kraken.com/api/docs/websocket-v2/executions)."""


@attrs.frozen
class StandbyReconciled:
    """The open orders that the exchange lists, against those the private stream told: `unheard` and `outlived` differ."""

    open_orders: int
    unheard: int
    """Listed, and not told of."""
    outlived: int
    """Told of, and not listed."""


@attrs.define(eq=False)
class StandbyEar:
    """Implements `seawall.model.venue.VenueListener`: remembers how things stand until there is an engine to tell it.

    From `hand_over` on it passes everything on, at once.
    """

    _listener: VenueListener | None = attrs.field(default=None, init=False)
    _books: dict[str, tuple[Book, float]] = attrs.field(factory=dict, init=False)
    _lost_books: dict[str, str] = attrs.field(factory=dict, init=False)
    _orders: dict[str, OrderReport] = attrs.field(factory=dict, init=False)
    _fills: deque[Fill] = attrs.field(factory=lambda: deque(maxlen=_FILLS), init=False)
    _private_live: bool = attrs.field(default=False, init=False)
    _status: VenueStatus | None = attrs.field(default=None, init=False)

    def open_orders(self) -> dict[str, OrderReport]:
        """What is open, by the exchange's id, as the private stream told it."""
        return dict(self._orders)

    def hand_over(self, listener: VenueListener) -> None:
        """Tell how things stand, as if they had just been told, and pass on what comes."""
        self._listener = listener
        if self._status is not None:
            listener.status_changed(self._status)
        for symbol, (book, received_s) in self._books.items():
            listener.book_changed(symbol, book, received_s)
        for symbol, reason in self._lost_books.items():
            listener.book_lost(symbol, reason)
        if self._private_live:
            listener.private_restored(PrivateSnapshot(tuple(self._orders.values()), tuple(self._fills)))

    def book_changed(self, symbol: str, book: Book, received_s: float) -> None:
        """Remembered: the newest."""
        if self._listener is not None:
            self._listener.book_changed(symbol, book, received_s)
        else:
            self._books[symbol] = (book, received_s)
            self._lost_books.pop(symbol, None)

    def book_lost(self, symbol: str, reason: str) -> None:
        """Remembered, until it is back."""
        if self._listener is not None:
            self._listener.book_lost(symbol, reason)
        else:
            self._books.pop(symbol, None)
            self._lost_books[symbol] = reason

    def traded(self, trades: Sequence[Trade]) -> None:
        """Nobody reads trades yet."""
        if self._listener is not None:
            self._listener.traded(trades)

    def candle_changed(self, candle: Candle) -> None:
        """Nobody reads candles yet."""
        if self._listener is not None:
            self._listener.candle_changed(candle)

    def order_reported(self, report: OrderReport) -> None:
        """Remembered while it is open: what became of the others is in the journal, or is asked for."""
        if self._listener is not None:
            self._listener.order_reported(report)
        elif report.status in _LIVE:
            self._orders[report.order_id] = _merged(self._orders.get(report.order_id), report)
        else:
            self._orders.pop(report.order_id, None)

    def filled(self, fill: Fill) -> None:
        """Remembered: the newest few. Older ones are in the journal, or are asked for."""
        if self._listener is not None:
            self._listener.filled(fill)
        else:
            self._fills.append(fill)

    def balance_changed(self, asset: str, total: Decimal) -> None:
        """Asked for at the start."""
        if self._listener is not None:
            self._listener.balance_changed(asset, total)

    def private_lost(self, reason: str) -> None:
        """What was told is not complete any more."""
        if self._listener is not None:
            self._listener.private_lost(reason)
        else:
            self._private_live = False

    def private_restored(self, snapshot: PrivateSnapshot) -> None:
        """From here on it is."""
        if self._listener is not None:
            self._listener.private_restored(snapshot)
            return
        self._private_live = True
        self._orders = {report.order_id: report for report in snapshot.open_orders}
        known = {fill.exec_id for fill in self._fills}
        self._fills.extend(fill for fill in snapshot.fills if fill.exec_id not in known)

    def status_changed(self, status: VenueStatus) -> None:
        """Remembered."""
        if self._listener is not None:
            self._listener.status_changed(status)
        else:
            self._status = status


@attrs.define(eq=False)
class Standby:
    """Keeps what is warm warm: follows books, and compares the open orders. Only asks."""

    venue: Venue
    ear: StandbyEar
    follow: tuple[str, ...]
    compare_every_s: float
    answer_s: float
    """The deadline of each question and of each subscription."""
    probe: Probe

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Follow, then compare for ever. What fails is a notice: it is asked again later, and once more after the taking."""
        task_status.started()
        for symbol in self.follow:
            try:
                with trio.fail_after(self.answer_s):
                    await self.venue.follow_book(symbol)
            except (SeawallError, trio.TooSlowError) as problem:
                self._failed(f"book of {symbol}", problem)
        while True:
            try:
                with trio.fail_after(self.answer_s):
                    await self._compare()
            except (SeawallError, trio.TooSlowError) as problem:
                self._failed("open orders", problem)
            await trio.sleep(self.compare_every_s)

    async def _compare(self) -> None:
        before = self.ear.open_orders()
        listed = {report.order_id for report in (await self.venue.open_orders()).orders}
        after = self.ear.open_orders()
        # An order that began or ended meanwhile is no difference.
        outlived = sum(name not in listed for name in before if name in after)
        self.probe(StandbyReconciled(len(listed), sum(name not in after and name not in before for name in listed), outlived))

    def _failed(self, about: str, problem: Exception) -> None:
        self.probe(QuestionFailed(about, f"{type(problem).__name__}: {problem}"))


@attrs.frozen
class Warm:
    """What is open when the turn has come: the venue, where its session runs, and what it has told."""

    hosting: Hosting
    ear: StandbyEar
    venue: Venue


async def wait_for_turn(
    hosting: Hosting,
    watch: LeaseWatch,
    open_venue: Callable[[Hosting, VenueListener], Awaitable[Venue]],
    settings: EngineSettings,
    probe: Probe,
) -> Warm:
    """Open the venue, and return once the account is this engine's. Raises what the venue raises at the start.

    On cancellation the venue stays open, for as long as `hosting` lasts, and the account may have been taken.
    """
    ear = StandbyEar()
    with trio.fail_after(settings.deadlines.start_s):
        venue = await open_venue(hosting, ear)
    standby = Standby(venue, ear, watch.terms.follow, settings.reconcile_every_s, settings.deadlines.query_s, probe)
    part, _ = await hosting.start("standby", standby.run)
    await take_in_turn(watch, probe)
    await part.end("its turn has come")
    return Warm(hosting, ear, venue)


def _merged(known: OrderReport | None, report: OrderReport) -> OrderReport:
    if known is None:
        return report
    said = {name: value for name, value in attrs.asdict(report, recurse=False).items() if value is not None}
    return attrs.evolve(known, **said)
