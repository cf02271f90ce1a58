"""Asking REST for trades that the socket did not bring."""

from collections.abc import Callable, Sequence
from typing import Final

import attrs
import trio

from seawall.kraken.client.market.reference import Reference
from seawall.kraken.client.market.trades import Hole
from seawall.kraken.client.rest.client import RestClient
from seawall.kraken.dialect import rest
from seawall.model.errors import SeawallError
from seawall.model.market_data import Trade

__all__ = ["TradeRefills"]

_OVERLAP_NS: Final = 1_000_000
"""One taker's trades share a timestamp, and REST writes more digits of it than the socket: ask from a little before."""


@attrs.define(eq=False)
class TradeRefills:
    """One question for each hole, answered within `refill_s` or not at all. `fill` is set by who builds both sides.

    REST gives the first thousand trades after an instant (docs.kraken.com/api/docs/rest-api/get-recent-trades): a hole
    that is wider is filled as far as they reach.
    """

    _rest: RestClient
    _reference: Reference
    _refill_s: float
    fill: Callable[[Hole, Sequence[Trade], str], None] = attrs.field(init=False)
    _holes: list[Hole] = attrs.field(factory=list, init=False)
    _asked: trio.Event = attrs.field(factory=trio.Event, init=False)

    def ask(self, hole: Hole) -> None:
        """Have a hole looked into. There is one at a time for each symbol, so that few can wait here."""
        self._holes.append(hole)
        self._asked.set()

    async def run(self) -> None:
        """Look into holes, for ever, and into those of different symbols at the same time."""
        async with trio.open_nursery() as nursery:
            while True:
                await self._asked.wait()
                self._asked = trio.Event()
                holes, self._holes = self._holes, []
                for hole in holes:
                    nursery.start_soon(self._look_into, hole, name=f"missing trades of {hole.symbol}")

    async def _look_into(self, hole: Hole) -> None:
        found: Sequence[Trade] = ()
        try:
            with trio.fail_after(self._refill_s):
                found = await self._trades_after(hole)
            reason = "REST does not tell them"
        except trio.TooSlowError:
            reason = f"REST did not answer within {self._refill_s:g} s"
        except SeawallError as error:
            reason = str(error)
        self.fill(hole, found, reason)

    async def _trades_after(self, hole: Hole) -> Sequence[Trade]:
        name = self._reference.instrument(hole.symbol).rest_name
        request = rest.recent_trades(name, since_ns=hole.after.at_ns - _OVERLAP_NS)
        found, _ = await self._rest.public(request, lambda answer: rest.read_trades(answer.body, hole.symbol))
        return found
