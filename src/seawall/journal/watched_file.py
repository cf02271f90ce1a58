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
        before, self._size = self._size, stat.st_size
        if stat.st_size > before and self._lacks_its_last_frame(before):
            raise JournalTakenAway(self.path, "was cut short, and written on behind the gap")
        return stat.st_size < before

    def _lacks_its_last_frame(self, size: int) -> bool:
        """Whether there are but zeros where the last frame began when the file had this size."""
        if self.page_bytes is None:
            return False
        frame_bytes = _FRAME_HEAD_BYTES + self.page_bytes
        if size < _LOG_HEAD_BYTES + frame_bytes or (size - _LOG_HEAD_BYTES) % frame_bytes:
            return False
        descriptor = os.open(self.path, os.O_RDONLY)
        try:
            return not os.pread(descriptor, _FRAME_HEAD_BYTES, size - frame_bytes).strip(b"\0")
        finally:
            os.close(descriptor)
