"""The small filesystems of `seawall ordeal`, for tests: where none can be mounted, the test is skipped, and says why."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from seawall.drill.real import disks
from seawall.drill.real.disks import fill_up, make_read_only
from seawall.drill.real.needs import Missing

__all__ = ["fill_up", "make_read_only", "mounted_ext4", "mounted_tmpfs"]


@contextmanager
def mounted_tmpfs(directory: Path, size: str) -> Generator[Path, None, None]:
    """A filesystem in memory, of that size."""
    with _skipping(), disks.mounted_tmpfs(directory, size):
        yield directory


@contextmanager
def mounted_ext4(directory: Path) -> Generator[Path, None, None]:
    """A filesystem as disks have it, of 8 MB."""
    with _skipping(), disks.mounted_ext4(directory):
        yield directory


@contextmanager
def _skipping() -> Generator[None, None, None]:
    try:
        yield
    except Missing as missing:
        pytest.skip(str(missing))
