"""The nonce: a number that only ever rises, even when the clock does not."""

from collections.abc import Callable

__all__ = ["Nonce"]


class Nonce:
    """Hands out strictly rising integers near the wall clock, for one API key.

    Kraken wants each private call's nonce above the one before, in order of arrival, for the life of the key
    (docs.kraken.com/api/docs/guides/spot-rest-auth). `now_ns` is the wall clock in nanoseconds since the epoch, so that a
    restart goes on above the last run; when the clock steps back or stands still the next nonce is the last plus one.
    `last` is the highest nonce known to have been used with this key.
    """

    __slots__ = ("_last", "_now_ns")

    def __init__(self, now_ns: Callable[[], int], last: int = 0) -> None:
        self._now_ns = now_ns
        self._last = last

    @property
    def last(self) -> int:
        """The newest nonce handed out, or what the constructor was given."""
        return self._last

    def next(self) -> int:
        """A nonce above every one before it."""
        self._last = max(self._now_ns(), self._last + 1)
        return self._last

    def __repr__(self) -> str:
        return f"Nonce(last={self._last})"
