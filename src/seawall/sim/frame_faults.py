"""What can go wrong with frames of feeds between the exchange and its sockets."""

import random
import re
from collections.abc import Callable
from typing import Final

import attrs

__all__ = ["FrameFaults"]

Put = Callable[[str], None]

_CHANNEL: Final = re.compile(r'"channel":\s*"(\w+)"')
_SYMBOL: Final = re.compile(r'"symbol":\s*"([^"]+)"')

NUMBERED: Final = frozenset({"book", "level3", "executions", "balances"})
"""Channels whose frames have a checksum or a number, so that a reader can find out what happened to them."""


@attrs.define(eq=False)
class FrameFaults:
    """Chances, from 0 to 1, for each frame of a channel that is numbered or has checksums; and channels that are quiet.

    A frame is spoilt for one reader at a time. Answers to requests are not touched: they have faults of their own.
    """

    rng: random.Random
    lost: float = 0.0
    doubled: float = 0.0
    swapped: float = 0.0
    """The chance that a frame comes after the one behind it."""
    muted: set[tuple[str, str | None]] = attrs.field(factory=set)
    """Channels with a symbol, or None for all, of which nothing is sent while everything else goes on."""
    held: set[str] = attrs.field(factory=set)
    """Channels whose frames wait for `release`."""
    _waiting: list[tuple[Put, str]] = attrs.field(factory=list)
    _swaps: dict[int, tuple[Put, str]] = attrs.field(factory=dict)

    @property
    def idle(self) -> bool:
        """Whether frames just pass."""
        return not (self.lost or self.doubled or self.swapped or self.muted or self.held or self._swaps or self._waiting)

    def carry(self, reader: int, frame: str, put: Put) -> None:
        """Send a frame to one reader by `put`, or not, or more than once, or later."""
        if self.idle:
            put(frame)
            return
        found = _CHANNEL.search(frame)
        channel = "" if found is None else found[1]
        if self._is_muted(channel, frame):
            return
        if channel in self.held or self._waits_behind(channel, put):
            self._waiting.append((put, frame))
            return
        if channel not in NUMBERED:
            put(frame)
            return
        self._pass(reader, frame, put)

    def release(self) -> None:
        """Send what waits, in the order in which it came. Channels that are held go on being held."""
        waiting, self._waiting = self._waiting, []
        swaps, self._swaps = list(self._swaps.values()), {}
        for put, frame in waiting + swaps:
            put(frame)

    def heal(self) -> None:
        """Let everything pass again, and send what waits."""
        self.lost = self.doubled = self.swapped = 0.0
        self.muted.clear()
        self.held.clear()
        self.release()

    def _pass(self, reader: int, frame: str, put: Put) -> None:
        behind = self._swaps.pop(reader, None)
        if self.lost and self.rng.random() < self.lost:
            pass
        elif behind is None and self.swapped and self.rng.random() < self.swapped:
            self._swaps[reader] = put, frame
        else:
            put(frame)
            if self.doubled and self.rng.random() < self.doubled:
                put(frame)
        if behind is not None:
            behind[0](behind[1])

    def _is_muted(self, channel: str, frame: str) -> bool:
        if not self.muted:
            return False
        named = _SYMBOL.search(frame)
        return (channel, None) in self.muted or (named is not None and (channel, named[1]) in self.muted)

    def _waits_behind(self, channel: str, put: Put) -> bool:
        """Whether an earlier frame of this channel and reader waits: order is kept."""
        return any(
            of == put and (found := _CHANNEL.search(frame)) is not None and found[1] == channel for of, frame in self._waiting
        )
