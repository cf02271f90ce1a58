"""Whether the other side of a socket lives: it is pinged, and its silence has an end."""

from collections.abc import Callable

import attrs
import trio

from seawall.kraken.client.session.answers import Answers, Awaited
from seawall.kraken.client.session.facts import SocketSilent
from seawall.kraken.client.settings import ClientSettings
from seawall.kraken.client.wire.connection import Connection
from seawall.kraken.dialect.socket import requests

__all__ = ["Pulse"]


@attrs.define(eq=False)
class Pulse:
    """One stamp for whatever came last, and two tasks of a connection that serves.

    Heartbeats come only to a connection with a subscription (docs.kraken.com/api/docs/websocket-v2/heartbeat): while
    `subscribed` says that there is none, only pings make the other side speak, and it is given their time as well.
    """

    _socket: str
    _settings: ClientSettings
    _answers: Answers
    _subscribed: Callable[[], bool]
    _heard_s: float = attrs.field(default=float("-inf"), init=False)
    _ping: Awaited | None = attrs.field(default=None, init=False)

    def heard(self, at_s: float) -> None:
        """Something came, or a new connection begins its time."""
        self._heard_s = at_s

    @property
    def recent(self) -> bool:
        """Whether something came of late: a heartbeat a second is due when nothing else is said."""
        return trio.current_time() - self._heard_s < self._settings.doubtful_after_s

    async def keep_alive(self, connection: Connection) -> None:
        """Ping: the exchange closes a connection on which nothing was asked for a minute, and the answer tells its time."""
        while True:
            if self._ping is not None:
                self._answers.forget(self._ping)
            self._ping = ping = self._answers.expect("ping")

            def begin(ping: Awaited = ping) -> None:
                ping.sent_s = trio.current_time()

            await connection.say(requests.ping(ping.req_id), begin)
            await trio.sleep(self._settings.ping_every_s)

    async def watch(self, connection: Connection) -> None:
        """Raise `SocketSilent` when nothing came for too long: one look now and then, no deadline for each message."""
        subscribed, since_s = True, self._heard_s
        while True:
            before, subscribed = subscribed, self._subscribed()
            if subscribed and not before:
                since_s = trio.current_time()  # from now on there are heartbeats
            patience_s = self._settings.silent_after_s + (0.0 if subscribed else self._settings.ping_every_s)
            silent_at_s = max(self._heard_s, since_s) + patience_s
            if silent_at_s <= trio.current_time():
                break
            await trio.sleep_until(silent_at_s)
        connection.leave()
        raise SocketSilent(f"the {self._socket} was silent for {patience_s:g} s")
