"""The nonce: a number that only ever rises, even when the clock does not."""

from collections.abc import Callable

__all__ = ["Nonce"]


def _nothing(_nonce: int) -> None:
    pass


class Nonce:
    """Hands out strictly rising integers near the wall clock, for one API key.

    Kraken wants each private call's nonce above the one before, in order of arrival, for the life of the key
    (docs.kraken.com/api/docs/guides/spot-rest-auth). `now_ns` is the wall clock in nanoseconds since the epoch, so that a
    restart goes on above the last run; when the clock steps back or stands still the next nonce is the last plus one.
    `last` is the highest nonce known to have been used with this key. `reserve` is told of each one before it is handed out;
    when it raises, the nonce was not handed out.
    """

    __slots__ = ("_last", "_now_ns", "_reserve")

    def __init__(self, now_ns: Callable[[], int], last: int = 0, reserve: Callable[[int], None] = _nothing) -> None:
        self._now_ns = now_ns
        self._last = last
        self._reserve = reserve

    @property
    def last(self) -> int:
        """The newest nonce handed out, or what the constructor was given."""
        return self._last

    def next(self) -> int:
        """A nonce above every one before it."""
        nonce = max(self._now_ns(), self._last + 1)
        self._reserve(nonce)
        self._last = nonce
        return nonce

    def __repr__(self) -> str:
        return f"Nonce(last={self._last})"
