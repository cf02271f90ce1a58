"""What just happened, in short sentences for people."""

import time
from collections import deque
from collections.abc import Callable

import attrs

from seawall.engine.sentences import sentence

__all__ = ["News", "clock_text"]

_DAY_NS = 86_400 * 1_000_000_000


def clock_text(at_ns: int, *, millis: bool = False) -> str:
    """The time of day in UTC: `05:06:07`, or `05:06:07.123`."""
    seconds, rest_ns = divmod(at_ns % _DAY_NS, 1_000_000_000)
    text = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return f"{text}.{rest_ns // 1_000_000:03}" if millis else text


@attrs.define
class _Item:
    at_ns: int
    text: str
    times: int = 1

    def __str__(self) -> str:
        return f"{clock_text(self.at_ns)} {self.text}" + (f" (×{self.times})" if self.times > 1 else "")


@attrs.define(eq=False)
class News:
    """A probe that keeps the newest `limit` sentences; older ones are forgotten.

    The same sentence several times in a row is kept once, with its newest time and how often. `now_ns` is the wall
    clock, nanoseconds since the epoch.
    """

    limit: int = attrs.field(default=200, validator=attrs.validators.ge(1))
    now_ns: Callable[[], int] = time.time_ns
    _items: deque[_Item] = attrs.field(init=False, factory=deque)

    def __call__(self, notice: object) -> None:
        """Take one notice."""
        text = sentence(notice)
        if not text:
            return
        if self._items and self._items[-1].text == text:
            self._items[-1].at_ns = self.now_ns()
            self._items[-1].times += 1
            return
        self._items.append(_Item(self.now_ns(), text))
        if len(self._items) > self.limit:
            self._items.popleft()

    def lines(self, count: int) -> tuple[str, ...]:
        """The newest `count` sentences with their time of day (UTC), oldest first."""
        return tuple(map(str, list(self._items)[-count:])) if count > 0 else ()
