"""One subscription: what it is, where it stands, and how it is asked for."""

import enum

import attrs

from seawall.kraken.dialect.socket.private_frames import Result

__all__ = ["Ask", "Feed", "Phase", "Subscription", "Terms"]


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


@attrs.frozen
class Terms:
    """How a feed is subscribed. Leaving it must repeat them, or the default ones are meant
    (docs.kraken.com/api/docs/websocket-v2/book, .../ticker).
    """

    depth: int | None = None
    event_trigger: str | None = None

    def __str__(self) -> str:
        told = (("depth", self.depth), ("event_trigger", self.event_trigger))
        return ", ".join(f"{name} {value}" for name, value in told if value is not None) or "nothing in particular"


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
    """One row of the table. One that has `ended` is wanted no more, and leaves the table with the exchange's answer."""

    feed: Feed
    terms: Terms = Terms()
    phase: Phase = Phase.WANTED
    ended: bool = False
    since_s: float = 0.0
    answered: bool = False
    """Granted, refused or put off, at least once on this connection."""
    req_id: int = 0
    acknowledged: bool = False
    filled: bool = False
    result: Result | None = None
    """What the exchange said of it when it last granted it."""
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

    def leave(self, now_s: float) -> None:
        """Be given up at once."""
        self.not_before_s = now_s
        self.move(Phase.SUSPECT, now_s)


@attrs.frozen
class Ask:
    """One request to be sent: `method` is `subscribe` or `unsubscribe`."""

    method: str
    req_id: int
    channel: str
    symbols: tuple[str, ...]
    interval_min: int | None
    terms: Terms = Terms()
