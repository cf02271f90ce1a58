"""One WebSocket connection as the exchange sees it: requests in, frames out. Synchronous; `socket` moves the bytes."""

import random
from collections.abc import Callable
from decimal import Decimal
from typing import Final

import attrs
import msgspec

from seawall.kraken.dialect.times import to_rfc3339
from seawall.sim.exchange.exchange import Exchange
from seawall.sim.exchange.refusal import ApiError
from seawall.sim.feeds.frames import Json as Written
from seawall.sim.feeds.frames import encode
from seawall.sim.server.fields import MOST_INTEGER, Json
from seawall.sim.server.keys import Key
from seawall.sim.server.outbox import Outbox
from seawall.sim.server.subscriptions import LEVEL3, PRIVATE_CHANNELS, Feeds, subscribe, unsubscribe
from seawall.sim.server.tokens import Tokens
from seawall.sim.server.trading import TRADING_METHODS, Outcome, trade
from seawall.sim.settings import AnswerOrder, Door

__all__ = ["Asked", "Session"]

TOP_LEVEL: Final = frozenset({"method", "params", "req_id"})

_decoder: Final = msgspec.json.Decoder(float_hook=Decimal)


@attrs.frozen
class Asked:
    """One request, read."""

    method: str
    params: dict[str, object]
    req_id: int | None
    arrived_ns: int


@attrs.define(eq=False)
class Session:
    """One connection's state. It is a subscriber: feeds send frames to it."""

    door: Door
    number: int
    connection_id: int
    exchange: Exchange
    feeds: Feeds
    tokens: Tokens
    outbox: Outbox
    answer_order: AnswerOrder
    rng: random.Random
    followed: Callable[[], None]
    """Called after each change of subscriptions."""
    key: Key
    dress: Callable[[str], str]
    """Gets each frame, and returns what is sent in its place: for faults."""
    carry: Callable[[int, str, Callable[[str], None]], None]
    """Gets each frame of a feed for the reader of that number, and passes it on: for faults."""
    _subscribed: bool = False
    _muted: bool = False

    def send(self, frame: str) -> None:
        """Queue a frame."""
        self.carry(self.number, frame, self._put)

    @property
    def subscribed(self) -> bool:
        """Whether there is, or was, a subscription: only then are heartbeats sent."""
        return self._subscribed

    @property
    def kept(self) -> bool:
        """Whether it may stay however long: a private connection needs a private subscription for that
        (docs.kraken.com/api/docs/guides/spot-ws-intro).
        """
        return self.door is not Door.PRIVATE or self.feeds.private.count(self) > 0

    def leave(self) -> None:
        """The connection ended."""
        self.feeds.public.leave(self)
        self.feeds.private.leave(self)
        self.feeds.level3.leave(self)
        self.tokens.leave(self.number)
        self.outbox.abandon()

    def read(self, text: str) -> Asked | None:
        """Read a request; what cannot be read is answered here, and None is returned."""
        now_ns = self.exchange.now_ns()
        try:
            frame = _decoder.decode(text)
        except (msgspec.DecodeError, RecursionError):
            self._answer(Asked("", {}, None, now_ns), Outcome(error="Malformed request"))
            return None
        if not isinstance(frame, dict) or not isinstance(frame.get("method"), str):
            self._answer(Asked("", {}, None, now_ns), Outcome(error="Malformed request"))
            return None
        req_id = frame.get("req_id")
        whole = isinstance(req_id, int) and abs(req_id) < MOST_INTEGER
        asked = Asked(frame["method"], {}, req_id if whole else None, now_ns)
        strange = [name for name in frame if name not in TOP_LEVEL or (name == "params" and asked.method == "ping")]
        if strange:
            error = f"Unsupported field: '{strange[0]}' for the given msg type: {asked.method}"
            self._answer(asked, Outcome(error=error))
            return None
        params = frame.get("params", {})
        if not isinstance(params, dict):
            self._answer(asked, Outcome(error="Malformed request"))
            return None
        return attrs.evolve(asked, params=params)

    def carry_out(self, asked: Asked, *, muted: bool = False) -> None:
        """Do what was asked, and answer unless `muted`."""
        self._muted = muted
        before = len(self.outbox)
        outcomes = self._outcomes(asked)
        first = asked.method in TRADING_METHODS and self._answer_first()
        for place, outcome in enumerate(outcomes):
            self._answer(asked, outcome, at=before + place if first else None)
        self._muted = False

    def refuse(self, asked: Asked, error: str) -> None:
        """Answer with an error, and do nothing."""
        self._answer(asked, Outcome(error=error))

    def _put(self, frame: str) -> None:
        self.outbox.put(self.dress(frame))

    def _outcomes(self, asked: Asked) -> list[Outcome]:
        fields = Json(asked.params)
        if asked.method == "ping":
            return [Outcome()]
        try:
            if asked.method in {"subscribe", "unsubscribe"}:
                return self._subscription(asked, fields)
            if asked.method in TRADING_METHODS and self.door is Door.PRIVATE:
                self._check_token(fields, stale="EAPI:Invalid token")
                self.key.check_permitted(asked.method)
                return trade(self.exchange, asked.method, fields, asked.arrived_ns)
        except ApiError as error:
            return [Outcome(error=error.text)]
        return [Outcome(error="Unsupported event")]

    def _subscription(self, asked: Asked, fields: Json) -> list[Outcome]:
        channel = fields.text("channel")
        home = Door.PRIVATE if channel in PRIVATE_CHANNELS else Door.LEVEL3 if channel == LEVEL3 else Door.PUBLIC
        if home is not self.door:
            raise ApiError("Subscription name invalid")
        if home is not Door.PUBLIC:
            self._check_token(fields, stale="ESession:Invalid session")
        change = subscribe if asked.method == "subscribe" else unsubscribe
        for outcome, snapshot in change(self.feeds, self, fields):
            # Sent one by one: the acknowledgement of each symbol stands before its snapshot.
            self._answer(asked, outcome)
            if snapshot is not None:
                snapshot()
            self._subscribed = self._subscribed or (outcome.error is None and asked.method == "subscribe")
        self.followed()
        return []

    def _check_token(self, fields: Json, *, stale: str) -> None:
        token = fields.text("token")
        if token is None:
            raise ApiError("Token(s) not found")
        if not self.tokens.admits(token, self.number, self.exchange.now_ns()):
            raise ApiError(stale)

    def _answer_first(self) -> bool:
        return self.answer_order == "answer first" or (self.answer_order == "either" and self.rng.random() < 0.5)

    def _answer(self, asked: Asked, outcome: Outcome, at: int | None = None) -> None:
        if self._muted:
            return
        frame: dict[str, Written] = {"method": "pong" if asked.method == "ping" and outcome.error is None else asked.method}
        if asked.req_id is not None:
            frame["req_id"] = asked.req_id
        if frame["method"] != "pong":
            frame["success"] = outcome.error is None
        if outcome.error is not None:
            frame["error"] = outcome.error
        elif outcome.result is not None:
            frame["result"] = outcome.result
        now_ns = self.exchange.now_ns()
        times = {"time_in": to_rfc3339(asked.arrived_ns), "time_out": to_rfc3339(now_ns)}
        self.outbox.put(self.dress(encode({**frame, **outcome.beside, **times})), at=at)
