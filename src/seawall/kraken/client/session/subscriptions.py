"""What is wanted from a socket, what was asked of it, and what it granted: a table, without any waiting.

Every connection starts with nothing; what is wanted stays. Answers come one for each symbol under the request's
`req_id`, a refusal may name no symbol, and a snapshot may come before the answer
(docs.kraken.com/api/docs/guides/spot-ws-intro).
"""

from collections.abc import Callable, Iterator
from typing import Final

import attrs

from seawall.kraken.client.session.rows import Ask, Feed, Phase, Subscription, Terms
from seawall.kraken.client.session.spacing import Spacing
from seawall.kraken.dialect.socket.private_frames import Response

__all__ = ["UNVERIFIED_AFTER", "Subscriptions"]

UNVERIFIED_AFTER: Final = 3
"""A feed that was lost so often in a row counts as unverified, until it was good for a while."""
_CALM_S: Final = 60.0
"""A feed that was good for this long is forgiven its earlier resyncs."""
_MOST_DELAY_S: Final = 30.0
_RESYNCS_PER_S: Final = 5.0
_RESYNCS_AT_ONCE: Final = 10.0
"""Each costs two requests: this leaves half of what a socket may be asked for."""


@attrs.define(eq=False)
class Subscriptions:
    """The table. `next_id` makes request ids."""

    _next_id: Callable[[], int]
    _rows: dict[Feed, Subscription] = attrs.field(factory=dict, init=False)
    _resyncs: Spacing = attrs.field(factory=lambda: Spacing(_RESYNCS_PER_S, _RESYNCS_AT_ONCE), init=False)

    def __iter__(self) -> Iterator[Subscription]:
        return iter(self._rows.values())

    def get(self, feed: Feed) -> Subscription | None:
        """The row of a feed, or None when nobody wants it."""
        return self._rows.get(feed)

    def want(self, feed: Feed, terms: Terms | None = None) -> Subscription:
        """The row of a feed, made when it is new. One that was refused is asked for again, on these terms."""
        row = self._rows.get(feed)
        if row is None:
            row = self._rows[feed] = Subscription(feed, terms or Terms())
        elif row.phase is Phase.REFUSED:
            row.phase, row.error, row.answered, row.terms = Phase.WANTED, None, False, terms or row.terms
        return row

    def end(self, feed: Feed, now_s: float) -> None:
        """Want a feed no more: the exchange is told where it was asked. Until it has answered, the row stays as `ended`."""
        row = self._rows.get(feed)
        if row is None:
            return
        row.ended = True
        if row.phase in (Phase.WANTED, Phase.REFUSED):
            del self._rows[feed]
        elif row.phase in (Phase.LIVE, Phase.SUSPECT):
            row.leave(now_s)

    def restart(self, now_s: float) -> None:
        """The connection is gone, or new: the exchange knows of nothing.

        What was refused stays so: asking again changes nothing.
        """
        for row in list(self._rows.values()):
            if row.ended:
                del self._rows[row.feed]
            elif row.phase is not Phase.REFUSED:
                row.move(Phase.WANTED, now_s)
                row.answered = False
                row.not_before_s = now_s

    def next_ask(self, now_s: float, most_symbols: Callable[[Terms], int]) -> Ask | None:
        """A request to send now, if any; its rows count as asked from here on. What is left comes before what is wanted."""
        for phase, method, following in (
            (Phase.SUSPECT, "unsubscribe", Phase.LEAVING),
            (Phase.WANTED, "subscribe", Phase.ASKED),
        ):
            due = [row for row in self._rows.values() if row.phase is phase and row.not_before_s <= now_s]
            if not due:
                continue
            channel, interval_min, terms = due[0].feed.channel, due[0].feed.interval_min, due[0].terms
            alike = [row for row in due if (row.feed.channel, row.feed.interval_min, row.terms) == (channel, interval_min, terms)]
            part = alike[: most_symbols(terms)]
            symbols = tuple(row.feed.symbol for row in part if row.feed.symbol)
            ask = Ask(method, self._next_id(), channel, symbols, interval_min, terms)
            for row in part:
                row.move(following, now_s)
                row.req_id = ask.req_id
            return ask
        return None

    def next_due_s(self) -> float:
        """When `next_ask` has something to say, if nothing else happens; infinity for never."""
        return min(
            (row.not_before_s for row in self._rows.values() if row.phase in (Phase.WANTED, Phase.SUSPECT)),
            default=float("inf"),
        )

    def answered(self, response: Response, now_s: float) -> list[Subscription]:
        """An answer to a subscribe or unsubscribe; returns the rows it refused."""
        refused: list[Subscription] = []
        for row in self.rows_of(response):
            if response.method == "unsubscribe":
                self._left(row, now_s)  # a refusal says that there was nothing to leave
            elif not response.failed:
                row.acknowledged = True
                row.result = next(iter(response.results), None)
                if row.ended:
                    row.leave(now_s)
                else:
                    row.settle(now_s)
            elif (response.error or "").startswith("Already subscribed"):
                row.leave(now_s)
            elif row.ended:
                del self._rows[row.feed]
            else:
                row.error = response.error or "no reason given"
                row.move(Phase.REFUSED, now_s)
                refused.append(row)
        return refused

    def _left(self, row: Subscription, now_s: float) -> None:
        if row.ended:
            del self._rows[row.feed]
        else:
            row.move(Phase.WANTED, now_s)

    def put_off(self, feed: Feed, delay_s: float, now_s: float) -> None:
        """The exchange was only too busy for a feed that it refused: ask again later."""
        row = self._rows.get(feed)
        if row is not None and row.phase is Phase.REFUSED:
            row.move(Phase.WANTED, now_s)
            row.not_before_s = now_s + delay_s

    def rows_of(self, response: Response) -> list[Subscription]:
        """The rows that an answer speaks of."""
        waiting = Phase.LEAVING if response.method == "unsubscribe" else Phase.ASKED
        rows = [row for row in self._rows.values() if row.phase is waiting and row.req_id == response.req_id]
        named = response.symbol or next((result.symbol for result in response.results), None)
        if named is not None:
            return [row for row in rows if row.feed.symbol == named]
        told = [row for row in rows if row.feed.symbol is not None and row.feed.symbol in (response.error or "")]
        return told or rows  # without any name it speaks of the request as a whole

    def filled(self, feed: Feed, now_s: float) -> None:
        """A snapshot came."""
        row = self._rows.get(feed)
        if row is not None and row.phase is Phase.ASKED and not row.ended:
            row.filled = True
            row.settle(now_s)

    def suspect(self, feed: Feed, now_s: float) -> int:
        """Something of a feed was lost: ask for it anew, at once the first time, ever later when it happens again.

        All feeds of the table share a budget of resyncs, so that many at once are spread. Returns how often in a row this
        one was lost, counting this time; 0 when it is on its way already.
        """
        row = self._rows.get(feed)
        if row is None or row.ended or not (row.phase is Phase.LIVE or (row.phase is Phase.ASKED and row.filled)):
            return 0
        if now_s - row.last_resync_s > _CALM_S:
            row.resyncs = 0
        delay_s = min(2.0 ** (row.resyncs - 1), _MOST_DELAY_S) if row.resyncs else 0.0
        row.not_before_s = max(now_s + delay_s, self._resyncs.take(now_s))
        row.resyncs += 1
        row.last_resync_s = row.not_before_s
        row.move(Phase.SUSPECT, now_s)
        return row.resyncs

    def unverified(self, now_s: float) -> list[Feed]:
        """Feeds that were lost again and again, and were not good for long enough since."""
        return [
            row.feed
            for row in self._rows.values()
            if row.resyncs >= UNVERIFIED_AFTER and now_s - row.last_resync_s <= _CALM_S and not row.ended
        ]

    def overdue(self, since_s: float) -> list[Subscription]:
        """Rows that were asked for before `since_s` and have no answer."""
        return [row for row in self._rows.values() if row.phase in (Phase.ASKED, Phase.LEAVING) and row.since_s < since_s]

    def settled(self) -> bool:
        """Whether every row was granted or refused on this connection; one that was lost again since does not count."""
        return all(row.answered or row.phase is Phase.REFUSED for row in self._rows.values())

    def begun(self) -> bool:
        """Whether any row was granted or refused on this connection, or nothing is wanted."""
        return self.wants_nothing() or any(row.answered for row in self._rows.values())

    def wants_nothing(self) -> bool:
        """Whether there is nothing but refusals."""
        return all(row.phase is Phase.REFUSED for row in self._rows.values())

    def granted(self) -> bool:
        """Whether the exchange serves any row now."""
        return any(row.phase in (Phase.LIVE, Phase.SUSPECT, Phase.LEAVING) for row in self._rows.values())
