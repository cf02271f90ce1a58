"""Identifiers in Kraken's shapes, drawn from one seeded generator."""

import random
import string
from typing import Final

import attrs

__all__ = ["Ids"]

_LETTERS: Final = string.ascii_uppercase + string.digits


@attrs.define
class Ids:
    """Orders start with O, trades and amends with T, ledger entries with L. None is drawn twice."""

    rng: random.Random
    _drawn: int = 0

    def order(self) -> str:
        """A fresh order id, as `OUF4EM-FRGI2-MQMWZD`."""
        return self._make("O")

    def trade(self) -> str:
        """A fresh trade (or amend) id."""
        return self._make("T")

    def ledger(self) -> str:
        """A fresh id of a ledger entry."""
        return self._make("L")

    def token(self) -> str:
        """A fresh WebSocket token."""
        return "".join(self.rng.choices(string.ascii_letters + string.digits, k=43))

    def connection(self) -> int:
        """A connection id; Kraken's exceed what fits in a signed 64-bit integer."""
        return 2**63 + self.rng.getrandbits(62)

    def _make(self, kind: str) -> str:
        # The last group holds a running number in base 36, so that ids cannot repeat however many are drawn.
        self._drawn += 1
        number, tail = self._drawn, ""
        for _ in range(6):
            number, digit = divmod(number, 36)
            tail = _LETTERS[digit] + tail
        body = "".join(self.rng.choices(_LETTERS, k=10))
        return f"{kind}{body[:5]}-{body[5:]}-{tail}"
