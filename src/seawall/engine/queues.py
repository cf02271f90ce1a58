"""Streams that keep order and lose nothing unsaid: trades and candles (see `seawall.engine.streams` for the policies)."""

from collections import deque
from collections.abc import Iterable
from typing import Generic, TypeVar

import attrs
import trio

from seawall.engine.streams import Stream
from seawall.model.errors import Advice, SeawallError
from seawall.model.market_data import Candle, Trade

__all__ = ["CandleStream", "FellBehind", "Queues", "TradeStream"]

K = TypeVar("K")
T = TypeVar("T")


class FellBehind(SeawallError):
    """More arrived than a stream keeps for a reader that does not read.

    All of it was dropped, `lost` values; reading on gets what arrives from now on.
    """

    advice: Advice = "retry"

    def __init__(self, what: str, lost: int, bound: int) -> None:
        super().__init__(f"{what}: {lost} were not read and are lost; {bound} are kept")
        self.what = what
        self.lost = lost
        self.bound = bound


@attrs.define(eq=False)
class Queues(Generic[K, T]):
    """The open queued streams of one kind, by what they are about."""

    lost: int = attrs.field(default=0, init=False)
    """How many values were dropped because a reader fell behind."""
    _by_key: dict[K, "list[_Queued[K, T]]"] = attrs.field(factory=dict, init=False)

    def __len__(self) -> int:
        return sum(map(len, self._by_key.values()))

    def put(self, key: K, value: T) -> None:
        """Queue a value for each stream about `key`."""
        for stream in self._by_key.get(key, ()):
            stream.put(value)

    def add(self, key: K, stream: "_Queued[K, T]") -> None:
        """A stream was opened."""
        self._by_key.setdefault(key, []).append(stream)

    def remove(self, key: K, stream: "_Queued[K, T]") -> None:
        """A stream was closed."""
        self._by_key[key].remove(stream)
        if not self._by_key[key]:
            del self._by_key[key]


class _Queued(Stream[T], Generic[K, T]):
    """Keeps up to `bound` values in order; one more, and all of them are dropped and the reader is told."""

    def __init__(self, what: str, key: K, queues: Queues[K, T], bound: int) -> None:
        super().__init__(what)
        if bound < 1:
            raise ValueError(f"bound: {bound} is not a number of values to keep, at least 1")
        self._key = key
        self._queues = queues
        self._bound = bound
        self._unread: deque[T] = deque()
        self._untold = 0

    def put(self, value: T) -> None:
        """Queue a value; or, when there is no room, drop it and all the others."""
        self._arrived.set()
        if not self._untold and len(self._unread) < self._bound:
            self._unread.append(value)
            return
        dropped = len(self._unread) + 1
        self._unread.clear()
        self._untold += dropped
        self._queues.lost += dropped

    def _attach(self) -> None:
        self._queues.add(self._key, self)

    def _detach(self) -> None:
        self._queues.remove(self._key, self)
        self._unread.clear()

    def _take(self) -> T | None:
        if self._untold:
            lost, self._untold = self._untold, 0
            self._arrived = trio.Event()
            raise FellBehind(self._what, lost, self._bound)
        value = self._unread.popleft() if self._unread else None
        if not self._unread:
            self._arrived = trio.Event()
        return value


class TradeStream(_Queued[str, Trade]):
    """Every trade the market printed since the stream was opened, in order. Raises `FellBehind`."""

    def __init__(self, symbol: str, queues: Queues[str, Trade], bound: int) -> None:
        super().__init__(f"trades of {symbol}", symbol, queues, bound)


class CandleStream(_Queued[tuple[str, int], Candle]):
    """Every change of the running candle, and every closed one, in order. Raises `FellBehind`.

    The running candle conflates: its newer state replaces an unread older one. Closed candles are never replaced.
    """

    def __init__(self, symbol: str, interval_s: int, queues: Queues[tuple[str, int], Candle], bound: int) -> None:
        super().__init__(f"candles of {symbol}, {interval_s} s", (symbol, interval_s), queues, bound)
        self.replaced = 0
        """How many unread states of a running candle a newer one replaced."""

    def begin_with(self, known: Iterable[Candle]) -> None:
        """Read these first; they are newer than anything queued until now, which is in them."""
        self._unread.clear()
        for candle in known:
            self.put(candle)

    def put(self, value: Candle) -> None:
        """Queue a candle, in place of an older state of the same one."""
        if self._unread and not self._unread[-1].closed and self._unread[-1].begin_ns == value.begin_ns:
            self._unread[-1] = value
            self.replaced += 1
        else:
            super().put(value)
