"""What a session tells, raises and counts, and what it asks of the owner who gives it its meaning."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import attrs

from seawall.kraken.client.session.rows import Ask, Subscription
from seawall.kraken.dialect.bad import BadFrame
from seawall.kraken.dialect.socket.frames import Frame
from seawall.model.errors import Unavailable

__all__ = [
    "AnswerUnexpected",
    "FeedDead",
    "FrameMisunderstood",
    "FrameUnknown",
    "Owner",
    "SessionExpired",
    "SessionStatistics",
    "SocketSilent",
    "SubscriptionRefused",
    "SubscriptionUnanswered",
    "Takers",
    "Unfollowed",
]

Takers = Mapping[type[Frame], Callable[[Any, float], None]]
"""Who takes frames of which class, each with the time (trio's clock) at which its bytes were there. Others are for nobody."""


class SocketSilent(Unavailable):
    """Nothing came for so long that nothing will."""


class SubscriptionUnanswered(Unavailable):
    """The exchange did not answer a subscribe or unsubscribe."""


class SessionExpired(Unavailable):
    """The exchange no longer knows this connection's token; a new connection gets a new one."""


class FeedDead(Unavailable):
    """A feed stays silent while its market moves, however often it is subscribed anew; another connection is to try."""


class Unfollowed(Unavailable):
    """A feed was unfollowed while somebody waited for it."""


@attrs.frozen
class FrameMisunderstood:
    """A frame made no sense; `frame` is its beginning. What it seems to touch is asked for anew."""

    socket: str
    reason: str
    frame: str


@attrs.frozen
class FrameUnknown:
    """A well-formed frame with a word that is new to us; it was left aside."""

    socket: str
    what: str
    value: str


@attrs.frozen
class AnswerUnexpected:
    """The exchange complained about something that nobody here asked, or no longer waits for."""

    socket: str
    method: str
    error: str


@attrs.frozen
class SubscriptionRefused:
    """The exchange would not serve this feed. Where it was only too busy for it, it is asked again."""

    socket: str
    feed: str
    error: str


class Owner(Protocol):
    """Who gives a session its meaning. All but `prepare` are called by the task that reads, and must not wait."""

    async def prepare(self) -> None:
        """Get what a dial needs, before it."""
        ...

    def encode(self, ask: Ask) -> str:
        """The text of a subscribe or unsubscribe."""
        ...

    def takers(self) -> Takers:
        """Who takes what comes; answers to requests and subscriptions are dealt with already. Asked for once."""
        ...

    def misunderstood(self, bad: BadFrame, message: bytes) -> None:
        """A frame made no sense."""
        ...

    def refused(self, row: Subscription) -> None:
        """A subscription was refused. What it raises ends the connection."""
        ...

    def lost(self, reason: str) -> None:
        """The connection is gone, and all it told is to be doubted."""
        ...


@attrs.frozen
class SessionStatistics:
    """One socket, counted since the start. `live_for_s` is None while it does not serve."""

    name: str
    connections: int
    messages: int
    misunderstood: int
    unknown: int
    unexpected_answers: int
    live_for_s: float | None
