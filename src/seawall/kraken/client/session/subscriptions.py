"""What is wanted from a socket, what was asked of it, and what it granted: a table, without any waiting.

Every connection starts with nothing; what is wanted stays. Answers come one for each symbol under the request's
`req_id`, a refusal may name no symbol, and a snapshot may come before the answer
(docs.kraken.com/api/docs/guides/spot-ws-intro).
"""

import enum
from collections.abc import Callable, Iterator
from typing import Final

import attrs

from seawall.kraken.dialect.socket.private_frames import Response

__all__ = ["Ask", "Feed", "Phase", "Subscription", "Subscriptions"]

_MOST_SYMBOLS: Final = 100
"""Symbols in one request: no limit is published, and a frame should stay small."""
_CALM_S: Final = 60.0
"""A feed that was good for this long is forgiven its earlier resyncs."""
_MOST_DELAY_S: Final = 30.0


@attrs.frozen
class Feed:
    """One subscription as the exchange tells them apart. `interval_min` belongs to `ohlc`."""

    channel: str
    symbol: str | None = None
    interval_min: int | None = None

    @property
    def has_snapshot(self) -> bool:
        """Whether it serves from its snapshot on, and not from the acknowledgement."""
        return self.channel != "trade"

    def __str__(self) -> str:
        return " ".join(str(part) for part in (self.channel, self.symbol, self.interval_min) if part is not None)


class Phase(enum.Enum):
    """Where a subscription stands on the connection that is."""

    WANTED = "wanted"
    ASKED = "asked"
    LIVE = "live"
    SUSPECT = "suspect"
    """Something of it was lost: it is to be given up and asked for anew."""
    LEAVING = "leaving"
    REFUSED = "refused"


@attrs.define(eq=False)
class Subscription:
    """One row of the table."""

    feed: Feed
    phase: Phase = Phase.WANTED
    since_s: float = 0.0
    answered: bool = False
    """Granted or refused, at least once on this connection."""
    req_id: int = 0
    acknowledged: bool = False
    filled: bool = False
    error: str | None = None
    not_before_s: float = 0.0
    resyncs: int = 0
    last_resync_s: float = float("-inf")

    def move(self, phase: Phase, now_s: float) -> None:
        """Enter a phase."""
        self.phase = phase
        self.since_s = now_s
        if phase is Phase.ASKED:
            self.acknowledged = self.filled = False
        elif phase is not Phase.WANTED:
            self.answered = True

    def settle(self, now_s: float) -> None:
        """Become LIVE once all that a subscription needs is there."""
        if self.phase is Phase.ASKED and self.acknowledged and (self.filled or not self.feed.has_snapshot):
            self.move(Phase.LIVE, now_s)


@attrs.frozen
class Ask:
    """One request to be sent: `method` is `subscribe` or `unsubscribe`."""

    method: str
    req_id: int
    channel: str
    symbols: tuple[str, ...]
    interval_min: int | None


@attrs.define(eq=False)
class Subscriptions:
    """The table. `next_id` makes request ids."""

    _next_id: Callable[[], int]
    _rows: dict[Feed, Subscription] = attrs.field(factory=dict, init=False)

    def __iter__(self) -> Iterator[Subscription]:
        return iter(self._rows.values())

    def get(self, feed: Feed) -> Subscription | None:
        """The row of a feed, or None when nobody ever wanted it."""
        return self._rows.get(feed)

    def want(self, feed: Feed) -> Subscription:
        """The row of a feed, made when it is new. One that was refused is asked for again."""
        row = self._rows.setdefault(feed, Subscription(feed))
        if row.phase is Phase.REFUSED:
            row.phase, row.error, row.answered = Phase.WANTED, None, False
        return row

    def connected(self, now_s: float) -> None:
        """A new connection knows of nothing. What was refused before stays so: asking again changes nothing."""
        for row in self._rows.values():
            if row.phase is not Phase.REFUSED:
                row.move(Phase.WANTED, now_s)
                row.answered = False
                row.not_before_s = now_s

    def due(self, now_s: float) -> list[Ask]:
        """The requests to send now; their rows count as asked from here on."""
        asks: list[Ask] = []
        for phase, method, following in (
            (Phase.SUSPECT, "unsubscribe", Phase.LEAVING),
            (Phase.WANTED, "subscribe", Phase.ASKED),
        ):
            groups: dict[tuple[str, int | None], list[Subscription]] = {}
            for row in self._rows.values():
                if row.phase is phase and row.not_before_s <= now_s:
                    groups.setdefault((row.feed.channel, row.feed.interval_min), []).append(row)
            for (channel, interval_min), rows in groups.items():
                for begin in range(0, len(rows), _MOST_SYMBOLS):
                    part = rows[begin : begin + _MOST_SYMBOLS]
                    ask = Ask(method, self._next_id(), channel, tuple(r.feed.symbol for r in part if r.feed.symbol), interval_min)
                    for row in part:
                        row.move(following, now_s)
                        row.req_id = ask.req_id
                    asks.append(ask)
        return asks

    def next_due_s(self) -> float:
        """When `due` has something to say next, if nothing else happens; infinity for never."""
        return min(
            (row.not_before_s for row in self._rows.values() if row.phase in (Phase.WANTED, Phase.SUSPECT)),
            default=float("inf"),
        )

    def answered(self, response: Response, now_s: float) -> list[Subscription]:
        """An answer to a subscribe or unsubscribe; returns the rows it refused."""
        rows = self._rows_of(response)
        refused: list[Subscription] = []
        for row in rows:
            if response.method == "unsubscribe":
                row.move(Phase.WANTED, now_s)  # a refusal says that there was nothing to leave
            elif not response.failed:
                row.acknowledged = True
                row.settle(now_s)
            elif (response.error or "").startswith("Already subscribed"):
                row.move(Phase.SUSPECT, now_s)
            else:
                row.error = response.error or "no reason given"
                row.move(Phase.REFUSED, now_s)
                refused.append(row)
        return refused

    def _rows_of(self, response: Response) -> list[Subscription]:
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
        if row is not None and row.phase is Phase.ASKED:
            row.filled = True
            row.settle(now_s)

    def suspect(self, feed: Feed, now_s: float) -> int:
        """Something of a feed was lost: ask for it anew, at once the first time, ever later when it happens again.

        Returns how often in a row, counting this one; 0 when it is on its way already.
        """
        row = self._rows.get(feed)
        if row is None or not (row.phase is Phase.LIVE or (row.phase is Phase.ASKED and row.filled)):
            return 0
        if now_s - row.last_resync_s > _CALM_S:
            row.resyncs = 0
        row.not_before_s = now_s + (min(2.0 ** (row.resyncs - 1), _MOST_DELAY_S) if row.resyncs else 0.0)
        row.resyncs += 1
        row.last_resync_s = row.not_before_s
        row.move(Phase.SUSPECT, now_s)
        return row.resyncs

    def overdue(self, since_s: float) -> list[Subscription]:
        """Rows that were asked for before `since_s` and have no answer."""
        return [row for row in self._rows.values() if row.phase in (Phase.ASKED, Phase.LEAVING) and row.since_s < since_s]

    def settled(self) -> bool:
        """Whether every row was granted or refused on this connection; one that was lost again since does not count."""
        return all(row.answered or row.phase is Phase.REFUSED for row in self._rows.values())
