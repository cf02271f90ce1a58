"""What is wanted of a socket, kept subscribed on whatever connection there is."""

from collections.abc import Callable, Iterator

import attrs
import trio

from seawall.kraken.client.session.changes import Changes
from seawall.kraken.client.session.facts import Owner, SubscriptionRefused, SubscriptionUnanswered
from seawall.kraken.client.session.subscriptions import Feed, Phase, Subscription, Subscriptions
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
    _table: Subscriptions = attrs.field(init=False)
    _wake: trio.Event = attrs.field(factory=trio.Event, init=False)
    _changes: Changes = attrs.field(factory=Changes, init=False)

    def __attrs_post_init__(self) -> None:
        self._table = Subscriptions(self._next_id)

    def __iter__(self) -> Iterator[Subscription]:
        return iter(self._table)

    def want(self, feed: Feed) -> Subscription:
        """Want a feed from now on, at the next look at the table."""
        return self._table.want(feed)

    async def settle(self, feed: Feed) -> Subscription:
        """Want a feed, and wait until the exchange has granted or refused it."""
        row = self._table.want(feed)
        self._wake.set()
        await self._changes.until(lambda: row.phase in (Phase.LIVE, Phase.REFUSED))
        return row

    def suspect(self, feed: Feed) -> int:
        """Something of a feed was lost: have it asked for anew. Returns how often in a row, 0 when it is under way."""
        times = self._table.suspect(feed, trio.current_time())
        if times:
            self._wake.set()
        return times

    def filled(self, feed: Feed, received_s: float) -> None:
        """The owner took a snapshot of a feed."""
        self._table.filled(feed, received_s)
        self._changes.note()

    def answered(self, response: Response, received_s: float) -> None:
        """An answer to a subscribe or unsubscribe came."""
        for row in self._table.answered(response, received_s):
            tell(self._probe, SubscriptionRefused(self._socket, str(row.feed), row.error or ""))
            self._owner.refused(row)
        self._wake.set()
        self._changes.note()

    def connected(self) -> None:
        """A new connection knows of nothing that is wanted."""
        self._table.connected(trio.current_time())

    async def wait_settled(self) -> None:
        """Return once all that is wanted was granted or refused on this connection."""
        await self._changes.until(self._table.settled)

    async def keep(self, connection: Connection) -> None:
        """Ask for what is due, for as long as the connection lasts. Raises `SubscriptionUnanswered`."""
        while True:
            self._wake = trio.Event()
            now_s = trio.current_time()
            overdue = self._table.overdue(now_s - self._answer_s)
            if overdue:
                feeds = ", ".join(str(row.feed) for row in overdue[:3])
                raise SubscriptionUnanswered(f"{feeds}: no answer within {self._answer_s:g} s")
            for ask in self._table.due(now_s):
                await connection.say(self._owner.encode(ask))
            with trio.move_on_at(self._next_look_s()):
                await self._wake.wait()

    def _next_look_s(self) -> float:
        asked = (row.since_s for row in self._table if row.phase in (Phase.ASKED, Phase.LEAVING))
        # a hair later than the deadline itself, so that `overdue` sees it passed
        unanswered_s = min(asked, default=float("inf")) + self._answer_s + 0.001
        return min(self._table.next_due_s(), unanswered_s)
