"""A stream as its reader holds it."""

from collections.abc import Mapping
from typing import Generic, Protocol, TypeVar

import attrs
import trio

__all__ = ["Stream", "StreamStatistics", "Unread"]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


@attrs.frozen
class StreamStatistics:
    """Counted since the block was entered."""

    what: str
    read: int
    unread: int
    replaced: int
    """Unread ones that a newer one took the place of."""
    missed: int
    """Those for which there was no place; the reader was told, or will be."""
    stale: tuple[str, ...]


class Unread(Protocol[T_co]):
    """What a stream needs of a `Mailbox`: its reader is not to care what comes in."""

    @property
    def what(self) -> str: ...  # noqa: D102 - as in `Mailbox`, as all that follow
    @property
    def replaced(self) -> int: ...  # noqa: D102
    @property
    def missed(self) -> int: ...  # noqa: D102
    @property
    def ready(self) -> bool: ...  # noqa: D102
    @property
    def stale(self) -> Mapping[str, str]: ...  # noqa: D102
    def __len__(self) -> int: ...
    def pop(self) -> T_co: ...  # noqa: D102
    def newest(self) -> T_co | None: ...  # noqa: D102
    def newest_of(self, subject: str) -> T_co | None: ...  # noqa: D102


@attrs.define(eq=False, repr=False)
class Stream(Generic[T]):
    """`async for` it, wait for one with `next`, or look at `latest` without waiting; for one reader at a time.

    What is raised stands in its place in the stream: reading may go on after it, except after `FellBehind`.
    """

    _unread: Unread[T]
    _lot: trio.lowlevel.ParkingLot = attrs.field(factory=trio.lowlevel.ParkingLot, init=False)
    _read: int = attrs.field(default=0, init=False)
    _being_read: bool = attrs.field(default=False, init=False)
    _closed: bool = attrs.field(default=False, init=False)

    def __repr__(self) -> str:
        state = "closed" if self._closed else f"{len(self._unread)} unread"
        stale = f", stale: {', '.join(self.stale)}" if self.stale else ""
        return f"<Stream {self._unread.what}, {state}{stale}>"

    def __aiter__(self) -> "Stream[T]":
        return self

    async def __anext__(self) -> T:
        return await self.next()

    @property
    def latest(self) -> T | None:
        """The newest that is to be trusted, read or not; None before the first, and where nothing is to be trusted."""
        return self._unread.newest()

    def latest_of(self, subject: str) -> T | None:
        """The same of one pair, by its symbol (`BTC/USD`), or of one asset (`BTC`)."""
        return self._unread.newest_of(subject)

    @property
    def stale(self) -> Mapping[str, str]:
        """Of which symbols nothing newer can be heard now, and why; `account` where it is of no pair."""
        return self._unread.stale

    async def next(self) -> T:
        """Wait for the next one. A cancellation loses nothing.

        Raises `MissedMessages` where something is missing, `StreamLost` where the stream was opened to raise it, `FellBehind`
        at the end of a stream that was not read in time; `trio.ClosedResourceError` once its block was left, and
        `trio.BusyResourceError` while another task waits.
        """
        if self._being_read:
            raise trio.BusyResourceError(f"another task is reading {self._unread.what}")
        self._being_read = True
        try:
            await trio.lowlevel.checkpoint()
            while not self._unread.ready and not self._closed:
                await self._lot.park()
        finally:
            self._being_read = False
        if self._closed:
            raise trio.ClosedResourceError(f"the block of {self._unread.what} was left")
        item = self._unread.pop()
        self._read += 1
        return item

    def statistics(self) -> StreamStatistics:
        """A snapshot."""
        box = self._unread
        return StreamStatistics(box.what, self._read, len(box), box.replaced, box.missed, tuple(box.stale))

    def wake(self) -> None:
        """Something has come: by whoever fills it."""
        self._lot.unpark()

    def close(self) -> None:
        """Its block is left: by whoever opened it."""
        self._closed = True
        self._lot.unpark_all()
