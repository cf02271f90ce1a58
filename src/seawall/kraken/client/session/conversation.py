"""What is asked of a socket, and what it answers."""

import re
from collections.abc import Callable, Sequence
from typing import Final

import attrs

from seawall.kraken.client.clock import ExchangeClock
from seawall.kraken.client.sending import Sending, nothing
from seawall.kraken.client.session.answers import Answers, Awaited, never
from seawall.kraken.client.session.facts import AnswerUnexpected
from seawall.kraken.client.wire.connection import Connection, ConnectionLost
from seawall.kraken.dialect.bad import BadFrame
from seawall.kraken.dialect.socket.private_frames import Response
from seawall.kraken.dialect.times import from_rfc3339
from seawall.model.errors import NotSent, OutcomeUnknown
from seawall.model.venue import Probe
from seawall.resilience.probes import tell

__all__ = ["Conversation"]

_REQ_ID: Final = re.compile(rb'"req_id"\s*:\s*(\d{1,18})(?!\d)')


@attrs.define(eq=False)
class Conversation:
    """The requests of one socket across its connections. Answers that tell the exchange's time set `clock`."""

    _socket: str
    _clock: ExchangeClock
    _probe: Probe
    answers: Answers = attrs.field(factory=Answers, init=False)
    _connection: Connection | None = attrs.field(default=None, init=False)

    @property
    def is_open(self) -> bool:
        """Whether requests can be sent."""
        return self._connection is not None

    def open(self, connection: Connection) -> None:
        """Send requests over this connection from now on."""
        self._connection = connection

    def close(self, reason: str) -> None:
        """The connection is gone, and with it every answer that was due."""
        self._connection = None
        self.answers.lose(reason)

    async def request(
        self,
        method: str,
        encode: Callable[[int], str],
        *,
        count: int = 1,
        final: Callable[[Response], bool] = never,
        sending: Sending = nothing,
    ) -> Sequence[Response]:
        """As `ask`, for a request that is written only now."""
        req_id = self.answers.next_id()
        return await self.ask(method, req_id, encode(req_id), count=count, final=final, sending=sending)

    async def ask(
        self,
        method: str,
        req_id: int,
        text: str,
        *,
        count: int = 1,
        final: Callable[[Response], bool] = never,
        sending: Sending = nothing,
    ) -> Sequence[Response]:
        """Send one request and wait for its `count` answers, or for one that is `final`.

        `req_id` comes from `answers.next_id`, and is in the text. `sending` is called just before the first byte.

        Raises `NotSent` when not a byte left, `OutcomeUnknown` when the connection ended before all answers were there.
        """
        connection = self._connection
        if connection is None:
            raise NotSent(f"the {self._socket} is not connected")
        awaited = Awaited(req_id, method, count, final, sending)
        self.answers.add(awaited)
        try:
            await connection.send(text, awaited.begin)
            await awaited.done.wait()
        except ConnectionLost as lost:
            raise OutcomeUnknown(f"{method}: {lost}") from lost
        finally:
            self.answers.forget(awaited)
        if awaited.lost is not None:
            raise OutcomeUnknown(f"{method}: {awaited.lost}")
        return awaited.responses

    # Called by the task that reads: nothing here waits

    def answered(self, response: Response, received_s: float) -> None:
        """Hand an answer to whoever waits for it; a complaint that nobody waits for is told."""
        awaited = self.answers.take(response, received_s)
        if awaited is None and response.failed:
            tell(self._probe, AnswerUnexpected(self._socket, response.method, response.error or ""))
        if awaited is not None and awaited.sent_s is not None and response.time_in and response.time_out:
            try:
                at_ns = (from_rfc3339(response.time_in) + from_rfc3339(response.time_out)) // 2
            except ValueError:
                return  # a clock that cannot be read tells no time; the answer stands
            self._clock.heard(awaited.sent_s, received_s, at_ns)

    def misunderstood(self, bad: BadFrame, message: bytes) -> None:
        """A frame made no sense. If it names a request, that one's answer was lost with it."""
        named = _REQ_ID.search(message)
        if named is not None:
            self.answers.lose_one(int(named[1]), f"its answer could not be understood ({bad.reason})")
