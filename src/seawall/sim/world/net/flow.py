"""One direction of one connection: bytes that were sent, when they arrive, and how they end. Plain and synchronous."""

import errno
import math
from collections import deque
from typing import Final

import attrs

from seawall.sim.world.net.link import MOST_PIECES, Link
from seawall.sim.world.net.system import broken
from seawall.sim.world.net.waiting import Wait

__all__ = ["Flow"]

_FIN: Final = b""


@attrs.define(eq=False)
class Flow:
    """What one side has sent and the other has not read. Times are of the world's clock.

    `reader` and `writer` are where the tasks of the two sides wait: whatever changes here wakes those whom it concerns.
    """

    link: Link
    reader: Wait = attrs.field(factory=Wait, init=False)
    writer: Wait = attrs.field(factory=Wait, init=False)
    sent: int = attrs.field(default=0, init=False)
    waiting: int = attrs.field(default=0, init=False)
    """Bytes on the way, or unread."""
    largest: int = attrs.field(default=0, init=False)
    """The most there ever were of those."""
    ends_after: int | None = attrs.field(default=None, init=False)
    """So many bytes are still let through, then the end; None lets all through."""
    silent: bool = attrs.field(default=False, init=False)
    """Whether nothing that is sent from now on arrives, the end included."""
    reset_s: float = attrs.field(default=math.inf, init=False)
    """When a reset arrives; infinite while none is on its way."""
    _segments: deque[tuple[float, bytes]] = attrs.field(factory=deque, init=False)
    """With the time of arrival, which never falls. The end is a segment without bytes, and the last."""
    _read: int = attrs.field(default=0, init=False)
    """How much of the first segment was read."""
    _last_s: float = attrs.field(default=-math.inf, init=False)
    _ended: bool = attrs.field(default=False, init=False)

    def __attrs_post_init__(self) -> None:
        self.link.carry(self)

    @property
    def room(self) -> int:
        """How many bytes may be sent now."""
        return max(0, self.link.window_bytes - self.waiting)

    @property
    def due_s(self) -> float:
        """When there is something to read: bytes, the end, or a reset."""
        segments = self._segments
        if segments and (first_s := segments[0][0]) < self.reset_s:
            return first_s
        return self.reset_s

    def send(self, now_s: float, data: bytes) -> float:
        """Take bytes, for which there is room. Returns when they will have arrived: never, for what nobody will hear."""
        size = len(data)
        self.sent += size
        self.waiting += size
        self.largest = max(self.largest, self.waiting)
        if self.silent or self._ended:
            return math.inf
        if self.ends_after is not None:
            return self._send_short(now_s, data)
        return self._put(now_s, data)

    def end(self, now_s: float) -> None:
        """Nothing comes after what was sent (FIN)."""
        if not self._ended:
            self._ended = True
            if not self.silent:
                self._append(self._arrival_s(now_s, 0), _FIN, now_s)

    def reset(self, at_s: float, now_s: float) -> None:
        """The connection is broken, as the reader learns at `at_s` (RST). What would arrive later never does."""
        if at_s >= self.reset_s:
            return
        self.reset_s = at_s
        self._ended = True
        while self._segments and self._segments[-1][0] > at_s:
            self._segments.pop()
        self._announce(now_s)

    def read(self, now_s: float, limit: int) -> bytes | None:
        """Take what has arrived: None when nothing has, b'' at the end. Raises ConnectionResetError after a reset."""
        segments = self._segments
        if not segments or segments[0][0] > now_s:
            if self.reset_s <= now_s:
                raise broken(errno.ECONNRESET)
            return None
        data = segments[0][1]
        if not data:
            return _FIN
        if len(segments) == 1 and not self._read and len(data) <= limit:
            segments.popleft()
        else:
            data = self._joined(now_s, limit)
        self.waiting -= len(data)
        if self.waiting * 2 <= self.link.window_bytes:  # as systems do it: not for every byte that there is room for
            self.writer.wake()
        return data

    def clear(self) -> None:
        """Forget everything: nobody will read it."""
        self._segments.clear()
        self.waiting = self._read = 0

    def hold_up(self, now_s: float) -> None:
        """What is on the way stays there. What has arrived, has."""
        self._segments = deque((due_s if due_s <= now_s else math.inf, data) for due_s, data in self._segments)
        self.reader.expect(self.due_s)

    def let_go(self, now_s: float) -> None:
        """What is on the way goes on from where it began, as the line is now."""
        held, self._segments, self._last_s = self._segments, deque(), -math.inf
        for due_s, data in held:
            self._segments.append((due_s if due_s <= now_s else self._arrival_s(now_s, len(data)), data))
        self._announce(now_s)

    def _send_short(self, now_s: float, data: bytes) -> float:
        kept = data[: self.ends_after]
        self.ends_after = (self.ends_after or 0) - len(kept)
        due_s = self._put(now_s, kept) if kept else math.inf
        if not self.ends_after:
            self.end(now_s)
        return due_s

    def _put(self, now_s: float, data: bytes) -> float:
        size, pieces = len(data), self.link.pieces
        if pieces is None or size <= pieces:
            due_s = self._arrival_s(now_s, size)
            self._append(due_s, data, now_s)
            return due_s
        due_s = now_s
        for at in range(0, min(size, pieces * MOST_PIECES), pieces):
            piece = data[at : at + pieces] if at < pieces * (MOST_PIECES - 1) else data[at:]
            due_s = self._arrival_s(now_s, len(piece))
            self._append(due_s, piece, now_s)
        return due_s

    def _arrival_s(self, now_s: float, size: int) -> float:
        due_s = self.link.arrival_s(now_s, size)
        self._last_s = max(self._last_s, due_s)
        return self._last_s

    def _append(self, due_s: float, data: bytes, now_s: float) -> None:
        self._segments.append((due_s, data))
        if len(self._segments) == 1:
            self._announce(now_s)

    def _announce(self, now_s: float) -> None:
        due_s = self.due_s
        if due_s <= now_s:
            self.reader.wake()
        else:
            self.reader.expect(due_s)

    def _joined(self, now_s: float, limit: int) -> bytes:
        """What has arrived, up to `limit` bytes; no more than one segment where the link delivers in pieces."""
        segments, parts, room = self._segments, list[bytes](), limit
        while segments:
            due_s, data = segments[0]
            if due_s > now_s or not data:
                break
            part = data[self._read : self._read + room]
            parts.append(part)
            room -= len(part)
            self._read += len(part)
            if self._read == len(data):
                segments.popleft()
                self._read = 0
            if not room or self.link.pieces is not None:
                break
        return b"".join(parts)
