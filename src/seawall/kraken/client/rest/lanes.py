"""Who may call REST when: how many at once, and how many in a time."""

from enum import StrEnum
from typing import Final

import attrs
import trio

from seawall.kraken.client.settings import Tier as TierName
from seawall.kraken.dialect.counters import REST_LIMITS, RestCounter, Tier
from seawall.kraken.dialect.rest import RestRequest
from seawall.model.venue import Probe
from seawall.resilience import Lane, Limiter

__all__ = ["LISTING", "QUERY", "SESSION", "Allowance", "RestLanes", "Traffic"]

_HISTORY_CHARGE: Final = 4.0
"""The documentation has said 2 and, for a time, 4: stay under both."""
_PUBLIC_BURST: Final = 5.0
_PUBLIC_PER_S: Final = 1.0
_AT_ONCE: Final = {"order": 8, "cancel": 16, "query": 4}
"""Requests in flight, by lane: together below what the connection pool holds, so that no lane starves another."""
QUERY: Final = "query"
LISTING: Final = "listing"
SESSION: Final = "session"
_LISTING_RESERVE: Final = 1.0
"""A call kept for the list of open orders: a stop ends with it, however often orders in doubt were asked for just before."""
_SESSION_RESERVE: Final = 2.0
"""Calls of the counter kept for tokens: without one, no private socket comes back."""


class Traffic(StrEnum):
    """The lanes. Who places orders does not wait for who asks questions, and who cancels waits for nobody."""

    ORDER = "order"
    CANCEL = "cancel"
    QUERY = "query"


@attrs.define(eq=False)
class Allowance:
    """What one read takes from the exchange's counters, each time it is made; `paid` says that the first time was taken."""

    _limiter: Limiter
    _lane: str
    _weight: float
    _more: float = 0.0
    """What the read that follows will take, taken the first time."""
    _paid: bool = False

    async def take(self) -> None:
        """Wait for the turn. Raises `WaitTooLong` where it would come after the caller's deadline."""
        if self._paid:
            self._paid = False
            return
        if self._more:
            await self._limiter.take(self._lane, self._weight + self._more)
            self._more = 0.0
            return
        if not self._limiter.try_take(self._lane, self._weight):  # the request itself is checkpoint enough
            await self._limiter.take(self._lane, self._weight)

    def pause_s(self, pause_s: float) -> None:
        """The exchange asks for so long a rest: nobody who draws on the same counter goes before that."""
        self._limiter.pause_until(trio.current_time() + pause_s)


class RestLanes:
    """Lanes bound what is in flight; limiters keep reads under the exchange's counters. Orders have counters of their own.

    The counter of private reads goes by the tier (docs.kraken.com/api/docs/guides/spot-rest-ratelimits); for public ones
    no figure is published, and one call a second is kept.
    """

    def __init__(self, tier: TierName, probe: Probe) -> None:
        limit = REST_LIMITS[Tier(tier)]
        self._counter = RestCounter(limit, history_charge=_HISTORY_CHARGE)
        self._private = Limiter(
            "kraken rest",
            capacity=limit.cap,
            refill_per_s=limit.decay_per_s,
            lanes=[Lane(SESSION, reserved=_SESSION_RESERVE), Lane(LISTING, reserved=_LISTING_RESERVE), Lane(QUERY)],
            probe=probe,
        )
        self._public = Limiter(
            "kraken rest public", capacity=_PUBLIC_BURST, refill_per_s=_PUBLIC_PER_S, lanes=[Lane(QUERY)], probe=probe
        )
        self._places = {lane: trio.CapacityLimiter(_AT_ONCE[lane]) for lane in Traffic}

    @property
    def in_flight(self) -> int:
        """Requests of all lanes that are under way."""
        return sum(lane.borrowed_tokens for lane in self._places.values())

    def place_in(self, traffic: Traffic) -> trio.CapacityLimiter:
        """A place among those in flight, for `async with`."""
        return self._places[traffic]

    def allowance(
        self, request: RestRequest, lane: str, followed_by: RestRequest | None = None, *, paid: bool = False
    ) -> Allowance:
        """What a read costs. `lane` is of private reads: `QUERY`, `LISTING`, or `SESSION` for what a socket is dialled with."""
        if not request.private:
            return Allowance(self._public, QUERY, 1.0)
        more = 0.0 if followed_by is None else self._charge(followed_by)
        return Allowance(self._private, lane, self._charge(request), more, paid)

    def _charge(self, request: RestRequest) -> float:
        return self._counter.charge_of(request.name) or 1.0
