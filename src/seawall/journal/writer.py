"""The thread that writes the journal.

Why one long-lived thread, and not a thread from the pool for each commit: the database's connection is made, used and closed
on it alone; whatever was handed over while a commit was on its way to the disk makes up the next commit; and a disk that hangs
can be left behind when the engine must end. The thread then still holds the lock, so no second engine begins, and
writes, closes and unlocks by itself if the disk comes back. Being a thread and not a task, it needs no nursery around the
caller's block, which would wrap the caller's own exceptions in groups.
"""

import queue
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, suppress

import attrs

from seawall.journal.records import Row
from seawall.journal.store import FAULTS, Store
from seawall.model.errors import JournalFailed
from seawall.model.journal import Replayed

__all__ = ["Batch", "Broke", "Ended", "Inbox", "Kept", "Opened", "Word", "write"]


@attrs.frozen
class Opened:
    """The journal is open and replayed."""

    replayed: Replayed


@attrs.frozen
class Kept:
    """The next `batches` of the inbox are on the disk, by one commit."""

    batches: int


@attrs.frozen
class Broke:
    """It could not be opened, or a commit failed: nothing more will be kept."""

    fault: BaseException


@attrs.frozen
class Ended:
    """The file is closed and the lock free; said last, always."""


Word = Opened | Kept | Broke | Ended


@attrs.frozen
class Batch:
    """Rows handed over in one call; `durable` when somebody waits for them to be on the disk."""

    rows: tuple[Row, ...]
    durable: bool


Inbox = queue.SimpleQueue[Batch | None]
"""Batches in the order they were handed over; None closes it. Whoever fills it bounds it."""


def write(opening: AbstractContextManager[Store], inbox: Inbox, say: Callable[[Word], None], *, sync: bool = True) -> None:
    """Open the store, write what comes until the inbox is closed, close the store. `say` must not raise.

    Without `sync` nothing waits for the disk: what is written outlives the process, and not the machine.
    """
    try:
        with opening as store:
            say(Opened(store.replayed))
            _write_all(store, inbox, say, sync=sync)
    except JournalFailed as fault:
        say(Broke(fault))
    except BaseException as bug:
        say(Broke(bug))
        raise
    finally:
        say(Ended())


def _write_all(store: Store, inbox: Inbox, say: Callable[[Word], None], *, sync: bool) -> None:
    groups = _groups(inbox)
    for group in groups:
        try:
            store.append((row for batch in group for row in batch.rows), durable=sync and any(batch.durable for batch in group))
        except (*FAULTS, JournalFailed) as fault:
            say(Broke(fault))
            break
        say(Kept(len(group)))
    # After a failure nothing more is written, since what came before is missing. But the engine still cancels its orders, and
    # until it is done the lock must stay.
    for _ in groups:
        pass


def _groups(inbox: Inbox) -> Generator[list[Batch], None, None]:
    """All that waits, each time, until the inbox is closed."""
    closed = False
    while not closed:
        waiting = [inbox.get()]
        with suppress(queue.Empty):
            while True:
                waiting.append(inbox.get_nowait())
        closed = None in waiting
        group = [batch for batch in waiting if batch is not None]
        if group:
            yield group
