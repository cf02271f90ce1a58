"""REST calls, by what a lost answer means: reads are repeated, placements never, cancels go before everything."""

from collections.abc import Callable
from random import Random
from typing import TypeVar

import attrs

from seawall.kraken.client.rest.attempts import UNANSWERED, Attempt, Begun, RestAttempts, lost, told, wait_s
from seawall.kraken.client.rest.http import HttpAnswer, HttpLink
from seawall.kraken.client.rest.lanes import QUERY, SESSION, Allowance, RestLanes, Traffic
from seawall.kraken.client.rest.signer import Signer
from seawall.kraken.client.rest.turns import Turns
from seawall.kraken.client.rest.verdicts import judge_request
from seawall.kraken.client.sending import Sending, nothing
from seawall.kraken.client.settings import ClientSettings
from seawall.kraken.dialect.nonce import Nonce
from seawall.kraken.dialect.rest import RestRequest
from seawall.model.errors import NotSent, Unavailable
from seawall.model.venue import Probe
from seawall.resilience import REST_BREAKER, Backoff, Breaker, CircuitOpen, RetryBudget, RetryPolicy, WaitTooLong, retry

__all__ = ["RestClient", "RestStatistics"]

T = TypeVar("T")


@attrs.frozen
class RestStatistics:
    """Counted since the start."""

    requests: int
    overtaken: int
    """Signed requests that did not wait for the one before to be written."""
    in_flight: int


@attrs.define(eq=False, repr=False)
class RestClient:
    """Five ways to call: `public`, `query` and `query_for_socket` read, `place` and `cancel` act.

    `request_s` bounds each attempt from inside the breaker, which therefore sees every timeout. Callers bound the whole.
    `nonce` is of the settings' key, and of nobody else; `exchange_ns` is the exchange's clock, for waits that end at a time.
    """

    _link: HttpLink
    _settings: ClientSettings
    _rng: Random
    _probe: Probe
    _nonce: Nonce
    _exchange_ns: Callable[[], int]
    breaker: Breaker = attrs.field(init=False)
    order_breaker: Breaker = attrs.field(init=False)
    _attempts: RestAttempts = attrs.field(init=False)
    _lanes: RestLanes = attrs.field(init=False)
    _policy: RetryPolicy = attrs.field(init=False)
    _budget: RetryBudget = attrs.field(factory=RetryBudget, init=False)

    def __attrs_post_init__(self) -> None:
        self.breaker = Breaker("kraken rest", REST_BREAKER, classify=judge_request, probe=self._probe)
        self.order_breaker = Breaker("kraken rest orders", REST_BREAKER, classify=judge_request, probe=self._probe)
        settings = self._settings
        signer = None if settings.credentials is None else Signer.of(settings.credentials, self._nonce)
        turns = Turns(settings.turn_s)
        self._attempts = RestAttempts(self._link, signer, settings.request_s, turns, self._probe, self._exchange_ns)
        self._lanes = RestLanes(settings.tier, self._probe)
        self._policy = RetryPolicy(attempts=3, backoff=Backoff(base_s=0.5, max_s=5.0))

    def __repr__(self) -> str:
        return f"<RestClient {self._settings.addresses.rest}, {self.statistics()}>"

    def statistics(self) -> RestStatistics:
        """Counts since the start."""
        return RestStatistics(self._attempts.count, self._attempts.overtaken, self._lanes.in_flight)

    async def public(self, request: RestRequest, read: Callable[[HttpAnswer], T]) -> T:
        """A public read, repeated when that may help. Raises `Unavailable`, `AccessDenied`, `ExchangeError`."""
        return await self._read_again(request, read, self._lanes.allowance(request, QUERY))

    async def query(
        self,
        request: RestRequest,
        read: Callable[[HttpAnswer], T],
        lane: str = QUERY,
        *,
        followed_by: RestRequest | None = None,
        paid: bool = False,
    ) -> T:
        """A private read, repeated when that may help. Raises `Unavailable`, `AccessDenied`, `ExchangeError`.

        It is not begun before the rate counter has room for what it may be `followed_by`, too; that one is `paid` then.
        """
        self._attempts.require_key()
        return await self._read_again(request, read, self._lanes.allowance(request, lane, followed_by, paid=paid))

    async def query_for_socket(self, request: RestRequest, read: Callable[[HttpAnswer], T]) -> T:
        """A private read that a socket cannot be dialled without, asked once: the schedule of its dials repeats it.

        An open breaker does not stop it, or a short outage would cost the private socket the breaker's whole open spell. An
        answer counts as the success that such a breaker waits for. Raises as `query`.
        """
        self._attempts.require_key()
        result = await self._read_once(request, read, self._lanes.allowance(request, SESSION), self._attempts.make)
        self.breaker.probe_now()
        if self.breaker.peek() <= 0.0:
            self.breaker.acquire().success()
        return result

    async def place(self, request: RestRequest, read: Callable[[HttpAnswer], T], sending: Sending = nothing) -> T:
        """A call that makes or changes an order; sent once at most. Raises as `Venue.place`."""
        self._attempts.require_key()
        begun = Begun(sending)
        try:
            async with self._lanes.place_in(Traffic.ORDER):
                return await self.order_breaker.call(self._attempts.make, request, read, begun)
        except CircuitOpen as open_:
            raise NotSent(str(open_), retry_after_s=open_.retry_after_s) from open_
        except UNANSWERED as error:
            raise lost(request, error, begun) from error

    async def cancel(self, request: RestRequest, read: Callable[[HttpAnswer], T], sending: Sending = nothing) -> T:
        """A cancel, or the dead man's switch: no breaker, no limiter; again after a refused nonce.

        Raises `NotSent`, `OutcomeUnknown`, and what the exchange answered as for a read.
        """
        self._attempts.require_key()
        begun = Begun(sending)
        try:
            async with self._lanes.place_in(Traffic.CANCEL):
                return await self._attempts.with_fresh_nonce(self._attempts.make, request, read, begun)
        except UNANSWERED as error:
            raise lost(request, error, begun) from error

    async def _read_again(self, request: RestRequest, read: Callable[[HttpAnswer], T], allowance: Allowance) -> T:
        async def once() -> T:
            return await self._read_once(request, read, allowance, self._guarded)

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
        self, request: RestRequest, read: Callable[[HttpAnswer], T], allowance: Allowance, attempt: Attempt[T]
    ) -> T:
        try:
            await allowance.take()
            async with self._lanes.place_in(Traffic.QUERY):
                return await self._attempts.with_fresh_nonce(attempt, request, read, Begun())
        except (CircuitOpen, WaitTooLong) as refusal:
            raise Unavailable(f"{request.name}: {refusal}", retry_after_s=refusal.retry_after_s) from refusal
        except Unavailable as error:
            if error.retry_after_s is not None and error.retry_after_s > 0:
                allowance.pause_s(error.retry_after_s)
            raise
        except UNANSWERED as error:
            raise Unavailable(told(request, error), retry_after_s=wait_s(error)) from error

    async def _guarded(self, request: RestRequest, read: Callable[[HttpAnswer], T], begun: Begun) -> T:
        return await self.breaker.call(self._attempts.make, request, read, begun)
