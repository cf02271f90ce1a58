"""The account lease on one host: a lock on a file that names the holder."""

import fcntl
import json
import os
from pathlib import Path

import attrs

from seawall.model.errors import AccountLeased, JournalFailed, LeaseLost
from seawall.model.lease import Holder

__all__ = ["LeaseFile"]

_LONGEST = 4096


class LeaseFile:
    """The lock of one account in a directory of the user's. Used by one thread at a time; every method may block.

    The kernel frees the lock when the process dies, however it dies (flock(2)). The file stays, with the name of its last
    holder: to remove it is to hand the next two engines a lock each, which `check` finds out.
    """

    def __init__(self, directory: Path, account: str) -> None:
        self.path = directory / f"{account}.lease"
        self.account = account
        self.previous: Holder | None = None
        """Who held it last, as long as this one has not signed."""
        self.previous_epoch = 0
        self._descriptor: int | None = None

    def take(self) -> None:
        """Lock it, without signing it. Raises `AccountLeased`, `JournalFailed` where there can be no such file."""
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as fault:
            raise JournalFailed(f"{self.path}: the account's lock file cannot be opened: {fault.strerror}") from fault
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as fault:
            holder, _ = _read(descriptor)
            os.close(descriptor)
            if isinstance(fault, BlockingIOError):
                raise AccountLeased(self.account, None if holder is None else str(holder)) from None
            raise JournalFailed(f"{self.path}: the account's lock file cannot be locked: {fault.strerror}") from fault
        self._descriptor = descriptor
        self.previous, self.previous_epoch = _read(descriptor)

    def sign(self, holder: Holder, epoch: int) -> None:
        """Write who holds it. Raises `JournalFailed` on a disk that does not take it."""
        assert self._descriptor is not None, "not taken"
        text = f"{json.dumps(attrs.asdict(holder) | {'epoch': epoch})}\n".encode()
        try:
            os.pwrite(self._descriptor, text, 0)
            os.ftruncate(self._descriptor, len(text))
        except OSError as fault:
            raise JournalFailed(f"{self.path}: the account's lock file cannot be written: {fault.strerror}") from fault

    def check(self) -> None:
        """Raise `LeaseLost` unless the file of that name is the one that is locked."""
        try:
            named = self.path.stat()
        except OSError as fault:
            raise LeaseLost(f"{self.path}: the account's lock file is gone: {fault.strerror}") from fault
        if self._descriptor is None or not os.path.samestat(named, os.fstat(self._descriptor)):
            raise LeaseLost(f"{self.path}: the account's lock file is another one now")

    def release(self) -> None:
        """Unlock it, if it was locked."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _read(descriptor: int) -> tuple[Holder | None, int]:
    """Who signed it, and under which epoch; nobody where it is empty or was cut short."""
    try:
        record = json.loads(os.pread(descriptor, _LONGEST, 0))
    except ValueError:
        return None, 0
    match record:
        case {"engine": str(engine), "host": str(host), "process": int(process), "since_ns": int(since_ns), "epoch": int(epoch)}:
            return Holder(engine, host, process, since_ns), epoch
        case _:
            return None, 0
