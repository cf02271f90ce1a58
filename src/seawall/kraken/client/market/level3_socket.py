"""A socket of the level 3 host: single orders for the listener."""

from collections.abc import Awaitable, Callable
from typing import Final

import attrs

from seawall.kraken.client.market.books import LEVEL3_DEPTH
from seawall.kraken.client.market.owner import MarketOwner
from seawall.kraken.client.session.asking import AskPace
from seawall.kraken.client.session.facts import Takers
from seawall.kraken.client.session.rows import Ask, Terms
from seawall.kraken.client.session.spacing import Spacing
from seawall.kraken.client.settings import Tier
from seawall.kraken.dialect.socket import requests
from seawall.kraken.dialect.socket.level3_frames import Level3Frame
from seawall.kraken.dialect.socket.market_frames import Status

__all__ = ["LEVEL3_SYMBOLS", "Level3Socket", "level3_pace"]

LEVEL3_SYMBOLS: Final = 200
"""The most that one connection may follow (docs.kraken.com/api/docs/websocket-v2/level3)."""
_CHARGE: Final = {10: 5.0, 100: 25.0, 1000: 100.0}
"""What one symbol costs of the budget, by depth (same page)."""
_BUDGET_PER_S: Final[dict[Tier, float]] = {"starter": 200.0, "intermediate": 200.0, "pro": 500.0}


def level3_pace(tier: Tier) -> AskPace:
    """Half of the budget at once and half of it a second after that: no second ever sees more than all of it."""
    half = _BUDGET_PER_S[tier] / 2
    return AskPace(Spacing(half, half), _charge)


def _charge(terms: Terms) -> float:
    return _CHARGE[terms.depth or LEVEL3_DEPTH]


@attrs.define(eq=False)
class Level3Socket(MarketOwner):
    """Gives meaning to a `Session` of the level 3 host (an `Owner`).

    `get_token` asks REST for the token that every request carries, for each connection anew. One that was used stays good
    while its subscriptions last (docs.kraken.com/api/docs/guides/spot-ws-auth).
    """

    _get_token: Callable[[], Awaitable[str]]
    _token: str = attrs.field(default="", init=False, repr=False)

    async def prepare(self) -> None:
        """A new connection needs a new token."""
        self._token = await self._get_token()

    def encode(self, ask: Ask) -> str:
        """The text of a subscribe or unsubscribe."""
        depth = ask.terms.depth
        if ask.method == "unsubscribe":
            return requests.unsubscribe(ask.channel, ask.req_id, symbols=ask.symbols, depth=depth, token=self._token)
        return requests.subscribe(ask.channel, ask.req_id, symbols=ask.symbols, depth=depth, snapshot=True, token=self._token)

    def takers(self) -> Takers:
        """Orders, and the status that every socket is told."""
        return {Level3Frame: self._market.level3.take, Status: self._reference.take_status}
