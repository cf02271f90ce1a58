"""WebSocket tokens (docs.kraken.com/api/docs/rest-api/get-websockets-token)."""

from typing import Final

import attrs

from seawall.sim.exchange.ids import Ids

__all__ = ["TOKEN_LIFE_S", "Tokens"]

TOKEN_LIFE_S: Final = 900


@attrs.define(eq=False)
class _Token:
    issued_ns: int
    connections: set[int] = attrs.field(factory=set)


@attrs.define(eq=False)
class Tokens:
    """Tokens that were handed out: good for 900 seconds, and for as long as a connection that used one in time lives."""

    ids: Ids
    _known: dict[str, _Token] = attrs.field(factory=dict)

    def issue(self, now_ns: int) -> str:
        """A fresh token."""
        self._known = {text: token for text, token in self._known.items() if token.connections or self._fresh(token, now_ns)}
        text = self.ids.token()
        self._known[text] = _Token(now_ns)
        return text

    def admits(self, text: str, connection: int, now_ns: int) -> bool:
        """Whether a request on that connection may use the token; the first use in time binds it to the connection."""
        token = self._known.get(text)
        if token is None or not (connection in token.connections or self._fresh(token, now_ns)):
            return False
        token.connections.add(connection)
        return True

    def leave(self, connection: int) -> None:
        """A connection ended."""
        for token in self._known.values():
            token.connections.discard(connection)

    def expire_all(self) -> None:
        """Make every token stale, at once."""
        self._known.clear()

    @staticmethod
    def _fresh(token: _Token, now_ns: int) -> bool:
        return now_ns - token.issued_ns < TOKEN_LIFE_S * 10**9
