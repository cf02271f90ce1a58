"""REST calls: signed, in lanes, behind a limiter and a breaker, and honest about what became of them."""

from collections.abc import Awaitable, Callable
from enum import StrEnum
from random import Random
from typing import Final, TypeVar
from urllib.parse import urlencode

import attrs
import trio

from seawall.kraken.client.http import HttpAnswer, HttpFailed, HttpLink
from seawall.kraken.client.settings import ClientSettings, Credentials
from seawall.kraken.client.turns import Turns
from seawall.kraken.client.verdicts import HttpRefused, judge_request
from seawall.kraken.dialect.bad import BadFrame
from seawall.kraken.dialect.counters import REST_LIMITS, RestCounter, Tier
from seawall.kraken.dialect.nonce import Nonce
from seawall.kraken.dialect.rest import RestRequest, form_body
from seawall.kraken.dialect.signing import decode_secret, sign
from seawall.model.errors import AccessDenied, NotSent, OutcomeUnknown, Unavailable
from seawall.model.venue import Probe
from seawall.resilience import (
    REST_BREAKER,
    Backoff,
    Breaker,
    CircuitOpen,
    Lane,
    Limiter,
    RetryBudget,
    RetryPolicy,
    WaitTooLong,
    retry,
)
from seawall.resilience.probes import tell

__all__ = ["QUERY", "SESSION", "NonceRefused", "RestClient", "RestStatistics", "Traffic"]

T = TypeVar("T")

_HISTORY_CHARGE: Final = 4.0
"""The documentation has said 2 and, for a time, 4: stay under both."""
_PUBLIC_BURST: Final = 5.0
_PUBLIC_PER_S: Final = 1.0
_AT_ONCE: Final = {"order": 8, "cancel": 16, "query": 4}
"""Requests in flight, by lane: together below what the connection pool holds, so that no lane starves another."""
QUERY: Final = "query"
SESSION: Final = "session"
_SESSION_RESERVE: Final = 2.0
"""Calls of the counter kept for tokens: without one, no private socket comes back."""
_BAD_NONCE: Final = "EAPI:Invalid nonce"


class Traffic(StrEnum):
    """The lanes. Who places orders does not wait for who asks questions, and who cancels waits for nobody."""

    ORDER = "order"
    CANCEL = "cancel"
    QUERY = "query"


@attrs.frozen
class NonceRefused:
    """The exchange saw `request` after one with a higher nonce."""

    request: str
    repeated: bool


@attrs.frozen
class RestStatistics:
    """Counted since the start."""

    requests: int
    overtaken: int
    """Signed requests that did not wait for the one before to be written."""
    in_flight: int


@attrs.define(eq=False)
class _Signer:
    """Body and headers of private calls, for one key."""

    key: str
    _secret: bytes = attrs.field(repr=False)
    _nonce: Nonce

    def signed(self, request: RestRequest) -> tuple[bytes, dict[str, str]]:
        nonce = self._nonce.next()
        body = form_body(request.params, nonce)
        headers = {
            "API-Key": self.key,
            "API-Sign": sign(request.path, nonce, body, self._secret),
            "Content-Type": "application/x-www-form-urlencoded",
        }
        return body, headers


def _nothing() -> None:
    pass


@attrs.define(eq=False, repr=False)
class RestClient:
    """Four ways to call, by what a lost answer means: `public` and `query` read, `place` and `cancel` act.

    `request_s` bounds each attempt from inside the breaker, which therefore sees every timeout. Callers bound the whole.
    """

    _link: HttpLink
    _settings: ClientSettings
    _rng: Random
    _probe: Probe
    _now_ns: Callable[[], int]
    breaker: Breaker = attrs.field(init=False)
    order_breaker: Breaker = attrs.field(init=False)
    _signer: _Signer | None = attrs.field(init=False)
    _turns: Turns = attrs.field(init=False)
    _limiter: Limiter = attrs.field(init=False)
    _public_limiter: Limiter = attrs.field(init=False)
    _counter: RestCounter = attrs.field(init=False)
    _lanes: dict[Traffic, trio.CapacityLimiter] = attrs.field(init=False)
    _policy: RetryPolicy = attrs.field(init=False)
    _budget: RetryBudget = attrs.field(factory=RetryBudget, init=False)
    _requests: int = attrs.field(default=0, init=False)

    def __attrs_post_init__(self) -> None:
        self.breaker = Breaker("kraken rest", REST_BREAKER, classify=judge_request, probe=self._probe)
        self.order_breaker = Breaker("kraken rest orders", REST_BREAKER, classify=judge_request, probe=self._probe)
        self._signer = _signer(self._settings.credentials, self._now_ns)
        self._turns = Turns(self._settings.turn_s)
        limit = REST_LIMITS[Tier(self._settings.tier)]
        self._counter = RestCounter(limit, history_charge=_HISTORY_CHARGE)
        self._limiter = Limiter(
            "kraken rest",
            capacity=limit.cap,
            refill_per_s=limit.decay_per_s,
            lanes=[Lane(SESSION, reserved=_SESSION_RESERVE), Lane(QUERY)],
            probe=self._probe,
        )
        self._public_limiter = Limiter(
            "kraken rest public", capacity=_PUBLIC_BURST, refill_per_s=_PUBLIC_PER_S, probe=self._probe
        )
        self._lanes = {lane: trio.CapacityLimiter(_AT_ONCE[lane]) for lane in Traffic}
        self._policy = RetryPolicy(attempts=3, backoff=Backoff(base_s=0.5, max_s=5.0))

    def __repr__(self) -> str:
        return f"<RestClient {self._settings.addresses.rest}, {self.statistics()}>"

    def statistics(self) -> RestStatistics:
        """Counts since the start."""
        in_flight = sum(lane.borrowed_tokens for lane in self._lanes.values())
        return RestStatistics(self._requests, self._turns.overtaken, in_flight)

    async def public(self, request: RestRequest, read: Callable[[HttpAnswer], T]) -> T:
        """A public read, repeated when that may help. Raises `Unavailable`, `ExchangeError`."""
        return await self._read_again(request, read, self._public_limiter.take, self._public_limiter)

    async def query(self, request: RestRequest, read: Callable[[HttpAnswer], T], *, lane: str = QUERY) -> T:
        """A private read, repeated when that may help. Raises `Unavailable`, `AccessDenied`, `ExchangeError`.

        `lane` is `QUERY`, or `SESSION` for what the private socket cannot do without.
        """
        self._require_key()

        async def turn() -> None:
            await self._limiter.take(lane, self._counter.charge_of(request.name) or 1.0)

        return await self._read_again(request, read, turn, self._limiter)

    async def place(self, request: RestRequest, read: Callable[[HttpAnswer], T], sending: Callable[[], None] = _nothing) -> T:
        """A call that makes or changes an order; sent once at most. Raises as `Venue.place`."""
        self._require_key()
        begun = _Begun(sending)
        try:
            async with self._lanes[Traffic.ORDER]:
                return await self.order_breaker.call(self._attempt, request, read, begun)
        except CircuitOpen as open_:
            raise NotSent(str(open_), retry_after_s=open_.retry_after_s) from open_
        except (HttpFailed, HttpRefused, trio.TooSlowError, BadFrame) as error:
            if not begun.happened:
                raise NotSent(_told(request, error)) from error
            raise OutcomeUnknown(_told(request, error)) from error

    async def cancel(self, request: RestRequest, read: Callable[[HttpAnswer], T]) -> T:
        """A cancel, or the dead man's switch: no breaker, no limiter; once more after a refused nonce.

        Raises `NotSent`, `OutcomeUnknown`, and what the exchange answered as for a read.
        """
        self._require_key()
        begun = _Begun(_nothing)
        try:
            async with self._lanes[Traffic.CANCEL]:
                return await self._with_fresh_nonce(self._attempt, request, read, begun)
        except (HttpFailed, HttpRefused, trio.TooSlowError, BadFrame) as error:
            if not begun.happened:
                raise NotSent(_told(request, error)) from error
            raise OutcomeUnknown(_told(request, error)) from error

    async def _read_again(
        self, request: RestRequest, read: Callable[[HttpAnswer], T], turn: Callable[[], Awaitable[None]], limiter: Limiter
    ) -> T:
        async def once() -> T:
            return await self._read_once(request, read, turn, limiter)

        return await retry(
            once,
            repeatable=True,
            policy=self._policy,
            rng=self._rng,
            budget=self._budget,
            name=request.name,
            probe=self._probe,
        )

    async def _read_once(
        self, request: RestRequest, read: Callable[[HttpAnswer], T], turn: Callable[[], Awaitable[None]], limiter: Limiter
    ) -> T:
        try:
            await turn()
            async with self._lanes[Traffic.QUERY]:
                return await self._with_fresh_nonce(self._guarded, request, read, _Begun(_nothing))
        except (CircuitOpen, WaitTooLong) as refusal:
            raise Unavailable(f"{request.name}: {refusal}", retry_after_s=refusal.retry_after_s) from refusal
        except (HttpFailed, trio.TooSlowError, BadFrame) as error:
            raise Unavailable(_told(request, error)) from error
        except Unavailable as error:
            if error.retry_after_s is not None and error.retry_after_s > 0:
                limiter.pause_until(trio.current_time() + error.retry_after_s)
            raise

    async def _guarded(self, request: RestRequest, read: Callable[[HttpAnswer], T], begun: "_Begun") -> T:
        return await self.breaker.call(self._attempt, request, read, begun)

    async def _with_fresh_nonce(
        self,
        call: Callable[[RestRequest, Callable[[HttpAnswer], T], "_Begun"], Awaitable[T]],
        request: RestRequest,
        read: Callable[[HttpAnswer], T],
        begun: "_Begun",
    ) -> T:
        """Call, and once more where the nonce came too late: signed anew, as a refused nonce means that nothing was done."""
        try:
            return await call(request, read, begun)
        except AccessDenied as denied:
            if not str(denied).startswith(_BAD_NONCE):
                raise
        tell(self._probe, NonceRefused(request.name, repeated=True))
        return await call(request, read, begun)

    async def _attempt(self, request: RestRequest, read: Callable[[HttpAnswer], T], begun: "_Begun") -> T:
        self._requests += 1
        with trio.fail_after(self._settings.request_s):
            if not request.private:
                target = f"{request.path}?{urlencode(request.params)}" if request.params else request.path
                answer = await self._link.request(request.method, target, sending=begun)
            else:
                answer = await self._signed(request, begun)
        if answer.status != 200:
            raise HttpRefused(answer.status, answer.retry_after_s)
        return read(answer)

    async def _signed(self, request: RestRequest, begun: "_Begun") -> HttpAnswer:
        assert self._signer is not None, "checked by every way in"
        async with self._turns.turn() as written:
            body, headers = self._signer.signed(request)
            return await self._link.request(
                request.method, request.path, body=body, headers=headers, sending=begun, written=written
            )

    def _require_key(self) -> None:
        if self._signer is None:
            raise AccessDenied("no API key is configured: only public market data is to be had")


@attrs.define(eq=False)
class _Begun:
    """Remembers that a first byte was about to leave, and passes it on."""

    _sending: Callable[[], None]
    happened: bool = False

    def __call__(self) -> None:
        self.happened = True
        self._sending()


def _signer(credentials: Credentials | None, now_ns: Callable[[], int]) -> _Signer | None:
    if credentials is None:
        return None
    return _Signer(credentials.key, decode_secret(credentials.secret), Nonce(now_ns))


def _told(request: RestRequest, error: Exception) -> str:
    if isinstance(error, trio.TooSlowError):
        return f"{request.name}: no answer in time"
    return f"{request.name}: {error}"
