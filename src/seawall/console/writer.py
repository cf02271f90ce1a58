"""Lines on their way to a disk, a terminal or a pipe, without the sender ever waiting for them.

A file on a sick disk, a terminal that was stopped with Ctrl+S, a pipe nobody reads: each may hold a write for as long
as it likes. So one thread of each destination writes, and the sender only queues.
"""

import os
import queue
import stat
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import attrs

__all__ = ["LineWriter", "WriterStatistics", "open_log_file"]

_LAST: Final = None
_MOST_AT_ONCE: Final = 1000


@attrs.frozen
class WriterStatistics:
    """`written`, `dropped` (the queue was full) and `failed` (the write was refused) count lines; `waiting` is the queue."""

    written: int
    dropped: int
    failed: int
    waiting: int


@attrs.define(eq=False)
class LineWriter:
    """Writes lines to a file descriptor from a thread of its own.

    The queue holds at most `limit` lines. A line that finds it full is dropped and counted, and so is one whose write
    fails; once a write succeeds again, the line that `lost` makes of their number is written first. Safe from every thread.

    As a context manager it closes at the end, waiting at most `close_s` seconds of real time for the lines still queued.
    With `owns_fd` the descriptor is closed by the thread, once no write of its own can be under way.
    """

    fd: int
    limit: int = attrs.field(default=10_000, validator=attrs.validators.ge(1))
    close_s: float = 2.0
    owns_fd: bool = False
    lost: Callable[[int], bytes] = lambda count: b"(%d lines lost)\n" % count
    _queue: "queue.Queue[bytes | None]" = attrs.field(init=False)
    _thread: threading.Thread = attrs.field(init=False)
    _putting: threading.Lock = attrs.field(init=False, factory=threading.Lock)
    _closed: bool = attrs.field(init=False, default=False)
    _written: int = attrs.field(init=False, default=0)
    _dropped: int = attrs.field(init=False, default=0)
    _failed: int = attrs.field(init=False, default=0)
    _told: int = attrs.field(init=False, default=0)
    _torn: bool = attrs.field(init=False, default=False)

    def __attrs_post_init__(self) -> None:
        # One place more than the limit: the last is for the end, which must always fit.
        self._queue = queue.Queue(self.limit + 1)
        # A daemon, because a write that never returns must not keep the process from exiting.
        self._thread = threading.Thread(target=self._run, name=f"seawall lines {self.fd}", daemon=True)
        self._thread.start()

    def put(self, line: bytes) -> None:
        """Queue one line, its newline included; returns at once. After `close` lines are dropped."""
        with self._putting:  # held by other senders only, never by the thread that writes
            if self._closed or self._queue.qsize() >= self.limit:
                self._dropped += 1
            else:
                self._queue.put_nowait(line)

    def close(self) -> bool:
        """Write what is queued, for at most `close_s` seconds; whether all of it was written. Idempotent."""
        with self._putting:
            if not self._closed:
                self._queue.put_nowait(_LAST)
            self._closed = True
        self._thread.join(self.close_s)
        return not self._thread.is_alive() and self._failed + self._dropped == self._told

    def statistics(self) -> WriterStatistics:
        """What became of the lines so far."""
        return WriterStatistics(self._written, self._dropped, self._failed, self._queue.qsize())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None) -> None:
        self.close()

    def _run(self) -> None:
        ended = False
        while not ended:
            lines = [self._queue.get()]
            while len(lines) < _MOST_AT_ONCE and not self._queue.empty():
                lines.append(self._queue.get_nowait())
            ended = _LAST in lines
            self._write([line for line in lines if line is not None])
        if self.owns_fd:
            os.close(self.fd)

    def _write(self, lines: list[bytes]) -> None:
        lost = self._dropped + self._failed - self._told
        try:
            if lost:
                self._write_bytes(self.lost(lost))
                self._told += lost
            self._write_bytes(b"".join(lines))
        except OSError:
            # A full disk or a closed pipe. It is told, by the count, once there is somewhere to tell it.
            self._failed += len(lines)
        else:
            self._written += len(lines)

    def _write_bytes(self, data: bytes) -> None:
        if self._torn:  # an earlier write ended within a line: end that line, or it spoils this one too
            data = b"\n" + data
        view = memoryview(data)
        while view:
            count = os.write(self.fd, view)
            view = view[count:]
            self._torn = bool(view)


def open_log_file(path: Path) -> int:
    """Open (or create) a file to append lines to; readable by its owner alone. Returns its descriptor. Raises OSError."""
    fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if stat.S_ISREG(os.fstat(fd).st_mode):  # not a terminal or a pipe, which are not ours to close to others
            os.fchmod(fd, 0o600)
    except OSError:
        os.close(fd)
        raise
    return fd
