"""Waiting for the disk: what must be kept before anything follows from it."""

from collections.abc import Sequence

import trio

from seawall.engine.blotter import Blotter
from seawall.engine.settings import Deadlines
from seawall.model.errors import JournalFailed
from seawall.model.journal import Record

__all__ = ["keep"]


async def keep(blotter: Blotter, records: Sequence[Record], deadlines: Deadlines, what: str) -> None:
    """Return once the records are on disk. A disk that is too slow has failed like one that is broken.

    Raises `JournalFailed`, after telling the blotter's `on_journal_failure`. On cancellation the records may or may not
    be kept.
    """
    try:
        with trio.fail_after(deadlines.journal_s):
            await blotter.journal.keep(records)
    except trio.TooSlowError:
        failure = JournalFailed(f"{what} was not on disk after {deadlines.journal_s} s")
        blotter.on_journal_failure(failure)
        raise failure from None
    except JournalFailed as failure:
        blotter.on_journal_failure(failure)
        raise
