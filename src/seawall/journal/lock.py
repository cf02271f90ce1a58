"""One engine for each journal."""

import contextlib
import fcntl
import os
from collections.abc import Generator
from pathlib import Path

from seawall.journal.errors import JournalInUse

__all__ = ["locked"]


@contextlib.contextmanager
def locked(path: Path) -> Generator[None, None, None]:
    """Hold the journal at `path` for this process. Raises `JournalInUse`, or OSError when the lock cannot be had.

    The lock is on a file beside the journal (`NAME.lock`), for two reasons: SQLite has locks of its own on the journal, which
    readers need; and closing any descriptor of a file drops the process's POSIX locks on it. The kernel frees the lock
    when the process dies, however it dies. The file stays: to remove it is to hand the next two engines a lock each.
    """
    beside = path.with_name(f"{path.name}.lock")
    descriptor = os.open(beside, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise JournalInUse(path, _holder(descriptor)) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)


def _holder(descriptor: int) -> str | None:
    text = os.pread(descriptor, 32, 0).strip()
    return f"process {int(text)}" if text.isdigit() else None
