"""What a person calls a pair, in the words of either wire."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Final

import attrs

from seawall.kraken.client.market.reference import Reference
from seawall.model.errors import UnknownSymbol

__all__ = ["Names"]

_NEAR: Final = 5


@attrs.define(eq=False)
class Names:
    """Every spelling of the pairs that the exchange lists, in capitals or not.

    `BTC/USD`, `XBT/USD`, `btc/usd`, `BTCUSD`, `XBTUSD` and `XXBTZUSD` are one pair.
    """

    _reference: Reference
    _listed: Mapping[str, str] | None = attrs.field(default=None, init=False)
    _capitals: dict[str, str | None] = attrs.field(factory=dict, init=False)
    """Names in capitals, to the symbol; None for one of two pairs."""

    def symbol(self, name: str) -> str:
        """The WebSocket's name of a pair: `BTC/USD`. Raises `UnknownSymbol`, which names pairs that are near; TypeError."""
        if not isinstance(name, str):
            raise TypeError(f"{name!r} is a {type(name).__name__}, where a pair is named by a text such as 'BTC/USD'")
        known = self._reference.names.get(name) or self._in_capitals().get(name.strip().upper())
        if known is None:
            symbols = [instrument.symbol for instrument in self._reference.instruments()]
            raise UnknownSymbol(name, tuple(get_close_matches(name.strip().upper(), symbols, _NEAR)))
        return known

    def known(self, name: str) -> str:
        """The same for a name in an answer; one that is not listed stays as it is."""
        return self._reference.names.get(name, name)

    def rest_name(self, name: str) -> str:
        """REST's name of a pair: `XBTUSD`. Raises `UnknownSymbol`."""
        return self._reference.instrument(self.symbol(name)).rest_name

    def _in_capitals(self) -> Mapping[str, str | None]:
        names = self._reference.names
        if self._listed is not names:
            self._listed = names
            self._capitals = {}
            for name, symbol in names.items():
                if self._capitals.setdefault(name.upper(), symbol) != symbol:
                    self._capitals[name.upper()] = None
        return self._capitals
