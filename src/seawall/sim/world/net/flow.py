"""One direction of one connection: bytes that were sent, when they arrive, and how they end. Plain and synchronous."""

import errno
import math
import os
from collections import deque
from typing import Final

import attrs

from seawall.sim.world.net.link import Link
from seawall.sim.world.net.waiting import Wait

__all__ = ["Flow"]

_FIN: Final = b""


@attrs.define(eq=False)
class Flow:
    """What one side has sent and the other has not read. Times are of the world's clock.

    `reader` and `writer` are where the tasks of the two sides wait: whatever changes here, wakes those whom it concerns.
    """

    link: Link
    reader: Wait = attrs.field(factory=Wait, init=False)
    writer: Wait = attrs.field(factory=Wait, init=False)
    sent: int = attrs.field(default=0, init=False)
    largest: int = attrs.field(default=0, init=False)
    """The most bytes that were ever on the way, or unread."""
    ends_after: int | None = attrs.field(default=None, init=False)
    """So many bytes are still let through, then the end; None lets all through."""
    silent: bool = attrs.field(default=False, init=False)
    """Whether nothing that is sent from now on arrives."""
    _segments: deque[tuple[float, bytes]] = attrs.field(factory=deque, init=False)
    """With the time of arrival, which never falls. The end is a segment without bytes, and the last."""
    _read: int = attrs.field(default=0, init=False)
    """How much of the first segment was read."""
    _waiting: int = attrs.field(default=0, init=False)
    _last_s: float = attrs.field(default=-math.inf, init=False)
    _reset_s: float = attrs.field(default=math.inf, init=False)
    _ended: bool = attrs.field(default=False, init=False)

    def __attrs_post_init__(self) -> None:
        self.link.carry(self)

    @property
    def waiting(self) -> int:
        """Bytes on the way, or unread."""
        return self._waiting

    @property
    def room(self) -> int:
        """How many bytes may be sent now."""
        return max(0, self.link.window_bytes - self._waiting)

    @property
    def due_s(self) -> float:
        """When there is something to read: bytes, the end, or a reset."""
        first_s = self._segments[0][0] if self._segments else math.inf
        return min(first_s, self._reset_s)

    @property
    def reset_s(self) -> float:
        """When a reset arrives; infinite while none is on its way."""
        return self._reset_s

    def send(self, now_s: float, data: bytes) -> float:
        """Take bytes, for which there is room. Returns when they will have arrived: never, for what nobody will hear."""
        size = len(data)
        self.sent += size
        self._waiting += size
        self.largest = max(self.largest, self._waiting)
        if self.silent or self._ended:
            return math.inf
        if self.ends_after is not None:
            data = data[: self.ends_after]
            self.ends_after -= len(data)
        due_s = self._put(now_s, data) if data else math.inf
        if self.ends_after == 0:
            self.end(now_s)
        return due_s

    def end(self, now_s: float) -> None:
        """Nothing comes after what was sent (FIN)."""
        if not self._ended:
            self._ended = True
            if not self.silent:
                self._append(self._arrival_s(now_s, 0), _FIN, now_s)

    def reset(self, at_s: float, now_s: float) -> None:
        """The connection is broken, as the reader learns at `at_s` (RST). What would arrive later never does."""
        if at_s >= self._reset_s:
            return
        self._reset_s = at_s
        self._ended = True
        while self._segments and self._segments[-1][0] > at_s:
            self._segments.pop()
        self._announce(now_s)
        if at_s <= now_s:
            self.writer.wake()

    def read(self, now_s: float, limit: int) -> bytes | None:
        """Take what has arrived: None when nothing has, b'' at the end. Raises ConnectionResetError after a reset."""
        segments = self._segments
        if not segments or segments[0][0] > now_s:
            if self._reset_s <= now_s:
                raise ConnectionResetError(errno.ECONNRESET, os.strerror(errno.ECONNRESET))
            return None
        data = segments[0][1]
        if not data:
            return _FIN
        size = len(data) - self._read
        if self.link.pieces is None and size < limit and len(segments) > 1:
            data = self._joined(now_s, limit)
        elif size <= limit:
            segments.popleft()
            data = data[self._read :] if self._read else data
            self._read = 0
        else:
            data = data[self._read : self._read + limit]
            self._read += limit
        self._waiting -= len(data)
        self.writer.wake()
        return data

    def hush(self) -> None:
        """Nothing that is sent from now on arrives, no end either."""
        self.silent = True

    def clear(self) -> int:
        """Forget everything: nobody will read. Returns how many bytes there were."""
        lost = self._waiting
        self._segments.clear()
        self._waiting = self._read = 0
        return lost

    def hold_up(self, now_s: float) -> None:
        """What is on the way stays there. What has arrived, has."""
        self._segments = deque((due_s if due_s <= now_s else math.inf, data) for due_s, data in self._segments)
        self.reader.expect(self.due_s)

    def let_go(self, now_s: float) -> None:
        """What was held up goes on."""
        held, self._last_s = self._segments, -math.inf
        self._segments = deque()
        for due_s, data in held:
            self._segments.append((due_s if due_s != math.inf else self._arrival_s(now_s, len(data)), data))
        self._announce(now_s)

    def _put(self, now_s: float, data: bytes) -> float:
        pieces = self.link.pieces
        if pieces is None or len(data) <= pieces:
            due_s = self._arrival_s(now_s, len(data))
            self._append(due_s, data, now_s)
            return due_s
        due_s = now_s
        for at in range(0, len(data), pieces):
            piece = data[at : at + pieces]
            due_s = self._arrival_s(now_s, len(piece))
            self._append(due_s, piece, now_s)
        return due_s

    def _arrival_s(self, now_s: float, size: int) -> float:
        due_s = self._last_s = max(self._last_s, self.link.arrival_s(now_s, size))
        return due_s

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
        """Everything that has arrived, up to `limit` bytes."""
        segments, parts, room = self._segments, list[bytes](), limit
        while room and segments:
            due_s, data = segments[0]
            if due_s > now_s or not data:
                break
            part = data[self._read : self._read + room]
            self._read += len(part)
            if self._read == len(data):
                segments.popleft()
                self._read = 0
            room -= len(part)
            parts.append(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)
