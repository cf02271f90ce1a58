"""The disk of one host: how long it takes, how it fails, and what a power cut leaves of it.

It holds files as lists of commits, not bytes: the database is trusted to keep what it committed, and not what it was told.
"""

import errno
import os
from random import Random

import attrs

__all__ = ["Disk"]


@attrs.define(eq=False)
class Disk:
    """Knobs for faults, and the verdict on each write. Latencies are in seconds, of the world's time."""

    rng: Random
    write_s: float = 0.000_02
    sync_s: float = 0.002
    is_full: bool = False
    is_read_only: bool = False
    sync_fails: bool = False
    slowness: float = 1.0
    """How many times longer everything takes."""
    stalled: bool = False
    """Whether writes wait until this is over."""
    tears: bool = True
    """Whether a power cut may leave a part of what was written and not synced."""

    def delay_s(self, *, synced: bool) -> float:
        """How long the next write takes."""
        spread = 0.5 + self.rng.random()
        return (self.write_s + (self.sync_s if synced else 0.0)) * self.slowness * spread

    def check(self, *, synced: bool) -> None:
        """Raise what the system would raise for a write now."""
        if self.is_read_only:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))
        if self.is_full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if synced and self.sync_fails:
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    def left_after_power_cut(self, unsynced: int) -> int:
        """How many of so many commits that were written and not synced are there when the power is back."""
        return self.rng.randint(0, unsynced) if self.tears else 0

    def heal(self) -> None:
        """End every fault."""
        self.is_full = self.is_read_only = self.sync_fails = self.stalled = False
        self.slowness = 1.0
