"""Whether the files that are open are still those that their names stand for.

An open file outlives its name: what is written to a journal that was removed, or put aside for another, is written well, and is
gone when the process ends. The system tells nobody; so whoever writes has to look.
"""

import os
from pathlib import Path
from typing import Final

import attrs

from seawall.journal.errors import JournalTakenAway

__all__ = ["WatchedFile"]

_LOG_HEAD_BYTES: Final = 32
_FRAME_HEAD_BYTES: Final = 24
"""A log is a head and then frames without a gap, each a head, never all zero, and a page (sqlite.org/fileformat2.html, 4.1)."""


@attrs.define(eq=False)
class WatchedFile:
    """One file as it was when it was first looked at, and its size at the last look.

    `page_bytes` is given for a write-ahead log. One that is cut while a commit is being written is longer again at the next
    look, with a gap before what was written last; so its last frame of before is looked for.
    """

    path: Path
    page_bytes: int | None = None
    _identity: tuple[int, int] = attrs.field(init=False)
    _size: int = attrs.field(default=0, init=False)

    def __attrs_post_init__(self) -> None:
        stat = self.path.stat()
        self._identity, self._size = (stat.st_dev, stat.st_ino), stat.st_size

    def has_shrunk(self) -> bool:
        """Whether it has become smaller since the last look. Raises `JournalTakenAway` when it is not there."""
        try:
            stat = self.path.stat()
        except FileNotFoundError:
            raise JournalTakenAway(self.path, "was removed") from None
        if (stat.st_dev, stat.st_ino) != self._identity:
            raise JournalTakenAway(self.path, "was replaced by another file")
        if self.page_bytes is not None and stat.st_size > self._size:  # no other file: to close one drops SQLite's locks on it
            try:
                descriptor = os.open(self.path, os.O_RDONLY)
            except OSError:
                return False  # no descriptor is left: that is no fault of the journal's, and the next look sees the same gap
            try:
                if self._lacks_its_last_frame(descriptor):
                    raise JournalTakenAway(self.path, "was cut short, and written on behind the gap")
            finally:
                os.close(descriptor)
        shrunk = stat.st_size < self._size
        self._size = stat.st_size
        return shrunk

    def _lacks_its_last_frame(self, descriptor: int) -> bool:
        """Whether there are but zeros where the last frame began at the last look."""
        assert self.page_bytes is not None
        frame_bytes = _FRAME_HEAD_BYTES + self.page_bytes
        if self._size < _LOG_HEAD_BYTES + frame_bytes or (self._size - _LOG_HEAD_BYTES) % frame_bytes:
            return False
        return not os.pread(descriptor, _FRAME_HEAD_BYTES, self._size - frame_bytes).strip(b"\0")
