"""What is wanted of a socket, kept subscribed on whatever connection there is."""

from collections.abc import Callable, Iterator

import attrs
import trio

from seawall.kraken.client.session.asking import AskPace
from seawall.kraken.client.session.changes import Changes
from seawall.kraken.client.session.facts import Owner, SubscriptionRefused, SubscriptionUnanswered
from seawall.kraken.client.session.rows import Feed, Phase, Subscription, Terms
from seawall.kraken.client.session.subscriptions import Subscriptions
from seawall.kraken.client.wire.connection import Connection
from seawall.kraken.dialect.socket.private_frames import Response
from seawall.model.venue import Probe
from seawall.resilience.probes import tell

__all__ = ["Feeds"]


@attrs.define(eq=False)
class Feeds:
    """The table of subscriptions, those who wait for its rows, and the task that asks the exchange for what is due."""

    _socket: str
    _answer_s: float
    _owner: Owner
    _probe: Probe
    _next_id: Callable[[], int]
    _pace: AskPace = attrs.field(factory=AskPace)
    _table: Subscriptions = attrs.field(init=False)
    _wake: trio.Event = attrs.field(factory=trio.Event, init=False)
    _changes: Changes = attrs.field(factory=Changes, init=False)
    """For the few who wait for something of the whole table."""
    _changes_of: dict[Feed, Changes] = attrs.field(factory=dict, init=False)
    """For those who wait for one feed: many may, and each is woken for its own."""

    def __attrs_post_init__(self) -> None:
        self._table = Subscriptions(self._next_id)

    def __iter__(self) -> Iterator[Subscription]:
        return iter(self._table)

    @property
    def empty(self) -> bool:
        """Whether nothing is wanted, or all of it was refused."""
        return self._table.wants_nothing()

    @property
    def granted(self) -> bool:
        """Whether the exchange serves any feed now."""
        return self._table.granted()

    def get(self, feed: Feed) -> Subscription | None:
        """The row of a feed, or None when nobody wants it."""
        return self._table.get(feed)

    def want(self, feed: Feed, terms: Terms | None = None) -> Subscription:
        """Want a feed from now on. `terms` are for one that is new, or was refused."""
        row = self._table.want(feed, terms)
        self._wake.set()
        self._changes.note()
        return row

    async def settle(self, feed: Feed, terms: Terms | None = None) -> Subscription:
        """Want a feed, and wait until the exchange has granted or refused it, or it is wanted no more."""
        row = self.want(feed, terms)
        await self._until(feed, lambda: row.phase in (Phase.LIVE, Phase.REFUSED) or row.ended)
        return row

    async def end(self, feed: Feed) -> None:
        """Want a feed no more, at once, and wait until the exchange has let go of it. Cancellation leaves it unwanted."""
        row = self._table.get(feed)
        self._table.end(feed, trio.current_time())
        self._wake.set()
        self._note(feed)
        await trio.lowlevel.checkpoint()
        await self._until(feed, lambda: self._table.get(feed) is not row or row is None)

    def is_ending(self, feed: Feed) -> bool:
        """Whether a feed is wanted no more, and the exchange has yet to let go of it."""
        row = self._table.get(feed)
        return row is not None and row.ended

    def suspect(self, feed: Feed) -> int:
        """Something of a feed was lost: have it asked for anew. Returns how often in a row, 0 when it is under way."""
        times = self._table.suspect(feed, trio.current_time())
        if times:
            self._wake.set()
        return times

    def put_off(self, feed: Feed, delay_s: float) -> None:
        """A feed was refused because the exchange was busy: ask again later."""
        self._table.put_off(feed, delay_s, trio.current_time())
        self._wake.set()

    def unverified(self) -> list[Feed]:
        """Feeds that were lost again and again of late."""
        return self._table.unverified(trio.current_time())

    def filled(self, feed: Feed, received_s: float) -> None:
        """The owner took a snapshot of a feed."""
        self._table.filled(feed, received_s)
        self._note(feed)

    def answered(self, response: Response, received_s: float) -> None:
        """An answer to a subscribe or unsubscribe came."""
        answered = self._table.rows_of(response)
        for row in self._table.answered(response, received_s):
            tell(self._probe, SubscriptionRefused(self._socket, str(row.feed), row.error or ""))
            self._owner.refused(row)
        self._wake.set()
        self._note(*(row.feed for row in answered))

    def restart(self) -> None:
        """The connection is gone, or new: it knows of nothing that is wanted."""
        self._table.restart(trio.current_time())
        self._note(*self._changes_of)

    async def wait_settled(self) -> None:
        """Return once all that is wanted was granted or refused on this connection."""
        await self._changes.until(self._table.settled)

    async def wait_begun(self) -> None:
        """Return once anything that is wanted was granted or refused on this connection, or nothing is wanted."""
        await self._changes.until(self._table.begun)

    async def wait_empty(self, *, empty: bool) -> None:
        """Return once nothing is wanted, or once something is."""
        await self._changes.until(lambda: self.empty is empty)

    async def keep(self, connection: Connection) -> None:
        """Ask for what is due, for as long as the connection lasts. Raises `SubscriptionUnanswered`."""
        while True:
            self._wake = trio.Event()
            now_s = trio.current_time()
            overdue = self._table.overdue(now_s - self._answer_s)
            if overdue:
                feeds = ", ".join(str(row.feed) for row in overdue[:3])
                raise SubscriptionUnanswered(f"{feeds}: no answer within {self._answer_s:g} s")
            ask = self._table.next_ask(now_s, self._pace.most_symbols)
            if ask is not None:
                await trio.sleep_until(self._pace.take(ask, now_s))
                await connection.say(self._owner.encode(ask))
                continue
            with trio.move_on_at(self._next_look_s()):
                await self._wake.wait()

    def _note(self, *feeds: Feed) -> None:
        for feed in feeds:
            if feed in self._changes_of:
                self._changes_of[feed].note()
        self._changes.note()

    async def _until(self, feed: Feed, holds: Callable[[], bool]) -> None:
        # never taken out: another may wait for the same feed, and there are no more of them than pairs
        await self._changes_of.setdefault(feed, Changes()).until(holds)

    def _next_look_s(self) -> float:
        asked = (row.since_s for row in self._table if row.phase in (Phase.ASKED, Phase.LEAVING))
        # a hair later than the deadline itself, so that `overdue` sees it passed
        unanswered_s = min(asked, default=float("inf")) + self._answer_s + 0.001
        return min(self._table.next_due_s(), unanswered_s)
