"""One socket of the exchange across its connections: dialled, subscribed, watched, and spoken to."""

import re
import ssl
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import attrs
import trio

from seawall.kraken.client.answers import Answers, Awaited
from seawall.kraken.client.clock import ExchangeClock
from seawall.kraken.client.connection import Connection, ConnectionLost, dial, open_connection
from seawall.kraken.client.session_facts import (
    AnswerUnexpected,
    FrameMisunderstood,
    FrameUnknown,
    Owner,
    SessionStatistics,
    SocketSilent,
    SubscriptionRefused,
    SubscriptionUnanswered,
)
from seawall.kraken.client.settings import ClientSettings
from seawall.kraken.client.subscriptions import Feed, Phase, Subscription, Subscriptions
from seawall.kraken.dialect import requests
from seawall.kraken.dialect.bad import BadFrame
from seawall.kraken.dialect.frames import decode
from seawall.kraken.dialect.private_frames import Response
from seawall.kraken.dialect.times import from_rfc3339
from seawall.kraken.dialect.unknown import Unknown
from seawall.model.errors import NotSent, OutcomeUnknown
from seawall.model.venue import Probe
from seawall.resilience import Link
from seawall.resilience.probes import tell

__all__ = ["Dial", "Session"]

_REQ_ID: Final = re.compile(rb'"req_id"\s*:\s*(\d{1,18})(?!\d)')

Dial = Callable[[str, ssl.SSLContext], Awaitable[trio.abc.Stream]]


@attrs.define(eq=False, repr=False)
class Session:
    """What public and private socket have in common. `attempt` is one connection's life, for a `Reconnect`."""

    name: str
    url: str
    _settings: ClientSettings
    _context: ssl.SSLContext
    _clock: ExchangeClock
    _answers: Answers
    _owner: Owner
    _probe: Probe
    _dial: Dial = dial
    subscriptions: Subscriptions = attrs.field(init=False)
    has_served: bool = attrs.field(default=False, init=False)
    """Whether a connection ever came to serve: its address and certificate are right then."""
    _connection: Connection | None = attrs.field(default=None, init=False)
    _live_since_s: float | None = attrs.field(default=None, init=False)
    _link: Link | None = attrs.field(default=None, init=False)
    _heard_s: float = attrs.field(default=0.0, init=False)
    _wake: trio.Event = attrs.field(factory=trio.Event, init=False)
    _changed: trio.Event = attrs.field(factory=trio.Event, init=False)
    _failure: Exception | None = attrs.field(default=None, init=False)
    _ping: Awaited | None = attrs.field(default=None, init=False)
    _connections: int = attrs.field(default=0, init=False)
    _messages: int = attrs.field(default=0, init=False)
    _misunderstood: int = attrs.field(default=0, init=False)
    _unknown: int = attrs.field(default=0, init=False)

    def __attrs_post_init__(self) -> None:
        self.subscriptions = Subscriptions(self._answers.next_id)

    def __repr__(self) -> str:
        return f"<Session {self.name!r} to {self.url}, {'live' if self.live else 'not live'}>"

    @property
    def live(self) -> bool:
        """Whether requests can be sent: connected, and all that is wanted was answered."""
        return self._live_since_s is not None

    @property
    def responsive(self) -> bool:
        """Whether it is live and was heard of late: a heartbeat a second is due when nothing else is said."""
        return self.live and trio.current_time() - self._heard_s < self._settings.doubtful_after_s

    def statistics(self) -> SessionStatistics:
        """Counts since the start."""
        return SessionStatistics(
            name=self.name,
            connections=self._connections,
            messages=self._messages,
            misunderstood=self._misunderstood,
            unknown=self._unknown,
            unexpected_answers=self._answers.unexpected,
            live_for_s=None if self._live_since_s is None else trio.current_time() - self._live_since_s,
        )

    async def attempt(self, link: Link) -> None:
        """Dial, subscribe to all that is wanted, serve until the connection ends, which raises."""
        await self._owner.prepare()
        stream = await self._dial(self.url, self._context)
        self._link = link
        self._failure = None
        self._heard_s = trio.current_time()
        settings = self._settings
        async with open_connection(
            stream,
            self.url,
            self._receive,
            self._lose,
            write_s=settings.write_s,
            goodbye_s=settings.goodbye_s,
            max_message_bytes=settings.max_message_bytes,
        ) as connection:
            self._connections += 1
            self._connection = connection
            self.subscriptions.connected(trio.current_time())
            try:
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(self._keep_subscribed, connection, name=f"{self.name}: subscriptions")
                    while not self.subscriptions.settled():
                        await self._next_change()
                    self._live_since_s = trio.current_time()
                    self.has_served = True
                    link.serving()
                    self._note_change()
                    nursery.start_soon(self._keep_alive, connection, name=f"{self.name}: ping")
                    nursery.start_soon(self._watch, connection, name=f"{self.name}: silence")
            finally:
                connection.leave()

    async def wait_live(self) -> None:
        """Return once requests can be sent."""
        await trio.lowlevel.checkpoint()
        while not self.live:
            await self._next_change()

    async def settle(self, feed: Feed) -> Subscription:
        """Want a feed, and wait until the exchange has granted or refused it."""
        row = self.subscriptions.want(feed)
        self.nudge()
        while row.phase not in (Phase.LIVE, Phase.REFUSED):
            await self._next_change()
        return row

    def suspect(self, feed: Feed) -> int:
        """Something of a feed was lost: have it asked for anew. Returns how often in a row, 0 when it is under way."""
        times = self.subscriptions.suspect(feed, trio.current_time())
        if times:
            self.nudge()
        return times

    def nudge(self) -> None:
        """Have the subscriptions looked at."""
        self._wake.set()

    def fail(self, reason: Exception) -> None:
        """End this connection; the next one is dialled by the schedule."""
        self._failure = reason
        self._wake.set()

    async def request(
        self,
        method: str,
        encode: Callable[[int], str],
        *,
        count: int = 1,
        final: Callable[[Response], bool] = lambda _response: False,
        sending: Callable[[], None] = lambda: None,
    ) -> Sequence[Response]:
        """Send one request and wait for its `count` answers, or for one that is `final`.

        `sending` is called just before its first byte.

        Raises `NotSent` when not a byte left, `OutcomeUnknown` when the connection ended before all answers were there.
        """
        connection = self._connection
        if connection is None or not self.live:
            raise NotSent(f"the {self.name} is not connected")
        awaited = self._answers.expect(method, count, final)

        def begin() -> None:
            awaited.sent_s = trio.current_time()
            sending()

        try:
            await connection.send(encode(awaited.req_id), begin)
            await awaited.done.wait()
        except ConnectionLost as lost:
            raise OutcomeUnknown(f"{method}: {lost}") from lost
        finally:
            self._answers.forget(awaited)
        if awaited.lost is not None:
            raise OutcomeUnknown(f"{method}: {awaited.lost}")
        return awaited.responses

    # Called by the reader: nothing here waits

    def _receive(self, messages: Sequence[bytes], received_s: float) -> None:
        self._heard_s = received_s
        self._messages += len(messages)
        if self._link is not None:
            self._link.heard()
        for message in messages:
            try:
                frame = decode(message)
            except BadFrame as bad:
                self._misunderstood += 1
                tell(self._probe, FrameMisunderstood(self.name, bad.reason, bad.frame))
                self._lose_answer(message, bad)
                self._owner.misunderstood(bad, message)
                continue
            if isinstance(frame, Response):
                self._answered(frame, received_s)
            elif isinstance(frame, Unknown):
                self._unknown += 1
                tell(self._probe, FrameUnknown(self.name, frame.what, frame.value))
            else:
                self._owner.took(frame, received_s)

    def _lose_answer(self, message: bytes, bad: BadFrame) -> None:
        named = _REQ_ID.search(message)
        if named is not None:
            self._answers.lose_one(int(named[1]), f"its answer could not be understood ({bad.reason})")

    def _answered(self, response: Response, received_s: float) -> None:
        if response.method in {"subscribe", "unsubscribe"}:
            for row in self.subscriptions.answered(response, received_s):
                tell(self._probe, SubscriptionRefused(self.name, str(row.feed), row.error or ""))
                self._owner.refused(row)
            self.nudge()
            self._note_change()
            return
        awaited = self._answers.take(response, received_s)
        if awaited is None and response.failed:
            tell(self._probe, AnswerUnexpected(self.name, response.method, response.error or ""))
        if awaited is not None and awaited.sent_s is not None and response.time_in and response.time_out:
            try:
                at_ns = (from_rfc3339(response.time_in) + from_rfc3339(response.time_out)) // 2
            except ValueError:
                return  # a clock that cannot be read tells no time; the answer stands
            self._clock.heard(awaited.sent_s, received_s, at_ns)

    def filled(self, feed: Feed, received_s: float) -> None:
        """The owner took a snapshot of a feed."""
        self.subscriptions.filled(feed, received_s)
        self._note_change()

    def _lose(self) -> None:
        reason = f"the {self.name} was lost"
        self._live_since_s = None
        self._connection = None
        self._link = None
        self._answers.lose(reason)
        self._owner.lost(reason)
        self._note_change()

    # Tasks of one connection

    async def _keep_subscribed(self, connection: Connection) -> None:
        while True:
            self._wake = trio.Event()
            if self._failure is not None:
                raise self._failure
            now_s = trio.current_time()
            overdue = self.subscriptions.overdue(now_s - self._settings.answer_s)
            if overdue:
                feeds = ", ".join(str(row.feed) for row in overdue[:3])
                raise SubscriptionUnanswered(f"{feeds}: no answer within {self._settings.answer_s:g} s")
            for ask in self.subscriptions.due(now_s):
                await _say(connection, self._owner.encode(ask))
            with trio.move_on_at(self._next_look_s()):
                await self._wake.wait()

    def _next_look_s(self) -> float:
        asked = (row.since_s for row in self.subscriptions if row.phase in (Phase.ASKED, Phase.LEAVING))
        # a hair later than the deadline itself, so that `overdue` sees it passed
        unanswered_s = min(asked, default=float("inf")) + self._settings.answer_s + 0.001
        return min(self.subscriptions.next_due_s(), unanswered_s)

    async def _keep_alive(self, connection: Connection) -> None:
        """Ping: the exchange closes a connection on which nothing was asked for a minute, and the answer tells its time."""
        while True:
            if self._ping is not None:
                self._answers.forget(self._ping)
            self._ping = ping = self._answers.expect("ping")

            def begin(ping: Awaited = ping) -> None:
                ping.sent_s = trio.current_time()

            await _say(connection, requests.ping(ping.req_id), begin)
            await trio.sleep(self._settings.ping_every_s)

    async def _watch(self, connection: Connection) -> None:
        """One look at a stamp now and then, instead of a deadline for each message."""
        while True:
            silent_at_s = self._heard_s + self._settings.silent_after_s
            if silent_at_s <= trio.current_time():
                break
            await trio.sleep_until(silent_at_s)
        connection.leave()
        raise SocketSilent(f"the {self.name} was silent for {self._settings.silent_after_s:g} s")

    def _note_change(self) -> None:
        self._changed.set()
        self._changed = trio.Event()

    async def _next_change(self) -> None:
        await self._changed.wait()


async def _say(connection: Connection, text: str, sending: Callable[[], None] = lambda: None) -> None:
    """Send from a task of the connection itself. When it has ended, its reader is about to say why: wait for that."""
    try:
        await connection.send(text, sending)
    except (NotSent, ConnectionLost):
        await trio.sleep_forever()
