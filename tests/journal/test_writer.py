import queue
import random
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from seawall.journal import records
from seawall.journal.database import database_at
from seawall.journal.store import Store, open_store
from seawall.journal.writer import Batch, Broke, Ended, Inbox, Kept, Opened, Word, write
from seawall.model.errors import JournalFailed
from seawall.model.journal import IntentRecord


def batch(*intents: IntentRecord) -> Batch:
    return Batch(tuple(map(records.row, intents)), durable=True)


def closed_inbox(*batches: IntentRecord) -> Inbox:
    inbox: Inbox = queue.SimpleQueue()
    for record in batches:
        inbox.put(batch(record))
    inbox.put(None)
    return inbox


def test_what_waits_is_written_by_one_commit_and_then_the_end_is_said(path: Path, planned: Callable[[str], IntentRecord]) -> None:
    words: list[Word] = []
    inbox = closed_inbox(planned("c-1"), planned("c-2"))
    write(open_store(database_at(path), now_ns=lambda: 7, rng=random.Random(1)), inbox, words.append)
    assert isinstance(words[0], Opened)
    assert words[1:] == [Kept(2), Ended()]


def test_after_a_fault_nothing_is_written_and_the_end_is_still_waited_for(
    path: Path, planned: Callable[[str], IntentRecord]
) -> None:
    words: list[Word] = []
    inbox: Inbox = queue.SimpleQueue()

    def say(word: Word) -> None:
        words.append(word)
        if isinstance(word, Broke):
            inbox.put(batch(planned("c-2")))
            inbox.put(None)

    inbox.put(batch(planned("c-1"), planned("c-1")))
    write(open_store(database_at(path), now_ns=lambda: 7, rng=random.Random(1)), inbox, say)
    assert [type(word) for word in words] == [Opened, Broke, Ended]
    with open_store(database_at(path), now_ns=lambda: 8, rng=random.Random(1)) as store:
        assert store.replayed.intents == ()


def test_a_bug_is_said_and_raised(path: Path) -> None:
    @contextmanager
    def faulty() -> Generator[Store, None, None]:
        with open_store(database_at(path), now_ns=lambda: 1 // 0, rng=random.Random(1)) as store:
            yield store

    words: list[Word] = []
    with pytest.raises(ZeroDivisionError):
        write(faulty(), closed_inbox(), words.append)
    assert [type(word) for word in words] == [Broke, Ended]


def test_a_journal_that_cannot_be_opened_is_said_and_not_raised(path: Path) -> None:
    words: list[Word] = []
    write(open_store(database_at(path / "x"), now_ns=lambda: 7, rng=random.Random(1)), closed_inbox(), words.append)
    (broke, ended) = words
    assert isinstance(broke, Broke)
    assert isinstance(broke.fault, JournalFailed)
    assert ended == Ended()
