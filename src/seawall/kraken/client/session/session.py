"""One socket of the exchange across its connections: dialled, subscribed, watched, and spoken to."""

import ssl
from collections.abc import Sequence

import attrs
import trio

from seawall.kraken.client.clock import ExchangeClock
from seawall.kraken.client.session.asking import AskPace
from seawall.kraken.client.session.changes import Changes
from seawall.kraken.client.session.conversation import Conversation
from seawall.kraken.client.session.facts import Owner, SessionStatistics
from seawall.kraken.client.session.feeds import Feeds
from seawall.kraken.client.session.inbox import Inbox
from seawall.kraken.client.session.pulse import Pulse
from seawall.kraken.client.settings import ClientSettings
from seawall.kraken.client.wire.connection import Connection, open_connection
from seawall.kraken.client.wire.dialling import Dial, dial
from seawall.model.venue import Probe
from seawall.resilience import Link

__all__ = ["Session"]


@attrs.define(eq=False, repr=False)
class Session:
    """What public and private socket have in common. `attempt` is one connection's life, for a `Reconnect`.

    `feeds` is what is wanted of it, `conversation` what is asked of it besides. One that `serves_early` does so from the
    first answer on: where subscribing has to be slow, it would outlast the deadline of a dial.
    """

    name: str
    url: str
    _settings: ClientSettings
    _context: ssl.SSLContext
    _clock: ExchangeClock
    _owner: Owner
    _probe: Probe
    _dial: Dial = dial
    _pace: AskPace = attrs.field(factory=AskPace)
    _serves_early: bool = False
    conversation: Conversation = attrs.field(init=False)
    feeds: Feeds = attrs.field(init=False)
    has_served: bool = attrs.field(default=False, init=False)
    """Whether a connection ever came to serve: its address and certificate are right then."""
    _inbox: Inbox = attrs.field(init=False)
    _pulse: Pulse = attrs.field(init=False)
    _link: Link | None = attrs.field(default=None, init=False)
    _live_since_s: float | None = attrs.field(default=None, init=False)
    _came_live: Changes = attrs.field(factory=Changes, init=False)
    _failure: Exception | None = attrs.field(default=None, init=False)
    _failed: trio.Event = attrs.field(factory=trio.Event, init=False)
    _connections: int = attrs.field(default=0, init=False)

    def __attrs_post_init__(self) -> None:
        self.conversation = Conversation(self.name, self._clock, self._probe)
        answers = self.conversation.answers
        self.feeds = Feeds(self.name, self._settings.answer_s, self._owner, self._probe, answers.next_id, self._pace)
        self._inbox = Inbox(self.name, self.conversation, self.feeds, self._owner, self._probe)
        self._pulse = Pulse(self.name, self._settings, answers, lambda: self.feeds.granted)

    def __repr__(self) -> str:
        return f"<Session {self.name!r} to {self.url}, {'live' if self.live else 'not live'}>"

    @property
    def live(self) -> bool:
        """Whether requests can be sent: connected, and all that is wanted was answered."""
        return self.conversation.is_open

    @property
    def responsive(self) -> bool:
        """Whether it is live and was heard of late."""
        return self.live and self._pulse.recent

    def statistics(self) -> SessionStatistics:
        """Counts since the start."""
        return SessionStatistics(
            name=self.name,
            connections=self._connections,
            messages=self._inbox.messages,
            misunderstood=self._inbox.misunderstood,
            unknown=self._inbox.unknown,
            unexpected_answers=self.conversation.answers.unexpected,
            live_for_s=None if self._live_since_s is None else trio.current_time() - self._live_since_s,
        )

    async def wait_live(self) -> None:
        """Return once requests can be sent. Puts no end to a wait."""
        await trio.lowlevel.checkpoint()
        await self._came_live.until(lambda: self.live)

    def fail(self, reason: Exception) -> None:
        """End this connection; the next one is dialled by the schedule."""
        self._failure = reason
        self._failed.set()

    async def attempt(self, link: Link) -> None:
        """Dial, subscribe to all that is wanted, serve until the connection ends, which raises."""
        await self._owner.prepare()
        stream = await self._dial(self.url, self._context)
        self._link = link
        self._failed = trio.Event()
        self._pulse.heard(trio.current_time())
        settings = self._settings
        async with open_connection(
            stream,
            self.url,
            self._receive,
            self._lose,
            write_s=settings.write_s,
            goodbye_s=settings.goodbye_s,
            max_message_bytes=settings.max_message_bytes,
            busy_poll=settings.busy_poll,
        ) as connection:
            self._connections += 1
            self.feeds.restart()
            try:
                await self._serve(connection, link)
            finally:
                connection.leave()

    async def _serve(self, connection: Connection, link: Link) -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._end_when_failed, name=f"{self.name}: failure")
            nursery.start_soon(self.feeds.keep, connection, name=f"{self.name}: subscriptions")
            await (self.feeds.wait_begun() if self._serves_early else self.feeds.wait_settled())
            self._live_since_s = trio.current_time()
            self.has_served = True
            self.conversation.open(connection)
            link.serving()
            self._came_live.note()
            nursery.start_soon(self._pulse.keep_alive, connection, name=f"{self.name}: ping")
            nursery.start_soon(self._pulse.watch, connection, name=f"{self.name}: silence")

    async def _end_when_failed(self) -> None:
        await self._failed.wait()
        assert self._failure is not None, "set together with the event"
        raise self._failure

    # Called by the task that reads: nothing here waits

    def _receive(self, messages: Sequence[bytes], received_s: float) -> None:
        self._pulse.heard(received_s)
        if self._link is not None:
            self._link.heard(received_s)
        self._inbox.take(messages, received_s)

    def _lose(self) -> None:
        reason = f"the {self.name} was lost"
        self._live_since_s = None
        self._link = None
        self.conversation.close(reason)
        self._owner.lost(reason)
        self.feeds.restart()
