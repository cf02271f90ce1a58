"""One owner for each API key, and nonces that rise across restarts whatever the clock does.

Kraken wants the nonces of a key to rise for the life of the key (docs.kraken.com/api/docs/guides/spot-rest-auth), so there is
one source of them. Within a process a key is owned once. Across processes and restarts a file says so: it is locked by who
uses it, and holds a number above every nonce that was handed out.
"""

import fcntl
import os
import re
from collections.abc import Callable, Generator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Final

import attrs

from seawall.kraken.dialect.nonce import Nonce
from seawall.model.errors import AccessDenied, SeawallError

__all__ = ["BadNonceFile", "KeyInUse", "owned_nonce"]

_AHEAD_NS: Final = 120_000_000_000
"""How far above the newest nonce the file says it may be: one write for each minute of use, and none for each nonce."""
_LEAST_AHEAD_NS: Final = 60_000_000_000
"""Written anew when less than this is left. By then the kernel has long put the last write on the disk by itself."""
_LINE: Final = re.compile(rb"seawall nonce (\d{20}) key ([0-9a-f]{16}) pid (\d{1,10}) *\n")
_LENGTH: Final = 80
_owned: Final[set[str]] = set()
"""Keys in use in this process, as `_mark` writes them."""


class KeyInUse(AccessDenied):
    """Another client uses this API key, or its nonce file."""


class BadNonceFile(SeawallError, ValueError):
    """The nonce file is not what this program wrote, or is of another key."""


@contextmanager
def owned_nonce(key: str, now_ns: Callable[[], int], path: Path | None = None) -> Generator[Nonce, None, None]:
    """The nonces of `key`, owned while the block lasts; with a `path` they rise above those of every run that used it.

    Raises `KeyInUse` where another client of this process has the key, or another process the file, whose pid it names;
    `BadNonceFile`; OSError where the file cannot be had. The file is made where it is absent, and never removed.
    """
    mark = _mark(key)
    if mark in _owned:
        raise KeyInUse("another client of this program uses this API key: open one, and share it, or give each a key of its own")
    _owned.add(mark)
    try:
        if path is None:
            yield Nonce(now_ns)
        else:
            with _open(path, mark) as file:
                yield Nonce(now_ns, file.highest(), file.reserve)
    finally:
        _owned.discard(mark)


@attrs.define(eq=False)
class _NonceFile:
    """One line, always of the same length and written at once: there is no moment at which it is half a number."""

    _descriptor: int
    _path: Path
    _mark: str
    _newest: int = attrs.field(init=False, default=0)
    _reserved: int = attrs.field(init=False, default=0)

    def highest(self) -> int:
        """A number that no nonce of earlier runs was above."""
        text = os.pread(self._descriptor, _LENGTH + 1, 0)
        if not text:
            return 0
        line = _LINE.fullmatch(text)
        if line is None:
            raise BadNonceFile(f"{self._path}: this is no nonce file; name another one, or remove it if no program used this key")
        if line[2].decode() != self._mark:
            raise BadNonceFile(f"{self._path}: it is of another API key; name a file for each key")
        return int(line[1])

    def reserve(self, nonce: int) -> None:
        """Called with each nonce before it is handed out. Raises OSError, and then it must not be."""
        if nonce + _LEAST_AHEAD_NS > self._reserved:
            self._write(nonce + _AHEAD_NS)
            self._reserved = nonce + _AHEAD_NS
        self._newest = nonce

    def close(self) -> None:
        """Write down the newest nonce itself, so that the next run goes on close to the clock."""
        if self._newest:
            self._write(self._newest)

    def _write(self, highest: int) -> None:
        line = f"seawall nonce {highest:020} key {self._mark} pid {os.getpid()}"
        os.pwrite(self._descriptor, f"{line:<{_LENGTH - 1}}\n".encode(), 0)


@contextmanager
def _open(path: Path, mark: str) -> Generator[_NonceFile, None, None]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise KeyInUse(f"{path}: {_holder(descriptor)} uses this API key: stop it first, or make a key for each") from None
        file = _NonceFile(descriptor, path, mark)
        try:
            yield file
        finally:
            file.close()
    finally:
        os.close(descriptor)


def _mark(key: str) -> str:
    """Enough of a key to tell it from others, and nothing of it."""
    return sha256(key.encode()).hexdigest()[:16]


def _holder(descriptor: int) -> str:
    line = _LINE.fullmatch(os.pread(descriptor, _LENGTH + 1, 0))
    return "another process" if line is None else f"the process {int(line[3])}"
