"""Whether the files that are open are still those that their names stand for.

An open file outlives its name: what is written to a journal that was removed, or put aside for another, is written well, and is
gone when the process ends. The system tells nobody; so whoever writes has to look.
"""

from pathlib import Path

import attrs

from seawall.journal.errors import JournalTakenAway

__all__ = ["WatchedFile"]


@attrs.define(eq=False)
class WatchedFile:
    """One file as it was when it was first looked at, and its largest size since."""

    path: Path
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
        shrunk = stat.st_size < self._size
        self._size = stat.st_size
        return shrunk
