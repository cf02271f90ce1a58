"""How fast a socket may be asked for subscriptions. Plain counting: whoever asks does the waiting."""

from collections.abc import Callable
from typing import Final

import attrs

from seawall.kraken.client.session.rows import Ask, Terms
from seawall.kraken.client.session.spacing import Spacing

__all__ = ["AskPace"]

_MOST_SYMBOLS: Final = 100
"""Symbols in one request: no limit is published, and a frame should stay small."""
_ASKS_PER_S: Final = 10.0
_ASKS_AT_ONCE: Final = 10.0
"""The exchange limits messages without saying how many; clients that keep below twenty a second are served."""


@attrs.define(eq=False)
class AskPace:
    """The spacing of subscribes and unsubscribes of one socket, and how many symbols each may name.

    Without `charge` each request is a unit, however many symbols it names. With it each symbol costs what `charge` says of
    its terms, and no request costs more than may pass at once.
    """

    _spacing: Spacing = attrs.field(factory=lambda: Spacing(_ASKS_PER_S, _ASKS_AT_ONCE))
    _charge: Callable[[Terms], float] | None = None

    def most_symbols(self, terms: Terms) -> int:
        """How many symbols one request may name."""
        if self._charge is None:
            return _MOST_SYMBOLS
        return min(_MOST_SYMBOLS, max(1, int(self._spacing.burst // self._charge(terms))))

    def take(self, ask: Ask, now_s: float) -> float:
        """When this request may be sent, now or later; it counts as sent then."""
        least = self._spacing.burst / _ASKS_AT_ONCE
        cost = least if self._charge is None else max(least, self._charge(ask.terms) * len(ask.symbols))
        return self._spacing.take(now_s, cost)
