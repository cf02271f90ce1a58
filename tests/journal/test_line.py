import queue
from collections.abc import Callable

import pytest

from seawall.journal.line import JournalBroke, Line
from seawall.journal.writer import Broke, Kept, Opened
from seawall.model.errors import JournalFailed
from seawall.model.journal import NoteRecord, Replayed

WHERE = "a.sqlite"
NOTHING = Replayed("0", 1, (), (), ())


def opened_line(probe: Callable[[object], None] = lambda _: None, bound: int = 10) -> Line:
    line = Line(WHERE, probe, bound, queue.SimpleQueue())
    line.hear(Opened(NOTHING))
    return line


def test_tickets_are_settled_in_the_order_they_were_handed_over(said: Callable[[str], NoteRecord]) -> None:
    line = opened_line()
    tickets = [line.hand_over([said(text)], durable=True) for text in "abc"]
    line.hear(Kept(2))
    assert [ticket.kept for ticket in tickets] == [True, True, False]
    assert [ticket.settled.is_set() for ticket in tickets] == [True, True, False]


def test_records_are_counted_against_the_bound_until_they_are_kept(said: Callable[[str], NoteRecord]) -> None:
    line = opened_line(bound=3)
    line.hand_over([said("a"), said("b"), said("c")], durable=True)
    with pytest.raises(JournalFailed, match="3 records wait for it, at most 3 may"):
        line.hand_over([said("d")], durable=True)
    line.hear(Kept(1))
    line.hand_over([said("d")], durable=True)
    numbers = line.statistics()
    assert (numbers.kept, numbers.commits, numbers.queued, numbers.most_queued) == (3, 1, 1, 3)


def test_a_fault_settles_all_who_wait_and_refuses_all_who_come(said: Callable[[str], NoteRecord]) -> None:
    notices: list[object] = []
    line = opened_line(notices.append)
    ticket = line.hand_over([said("a"), said("b")], durable=True)
    line.hear(Broke(OSError("disk gone")))
    assert ticket.settled.is_set()
    assert not ticket.kept
    assert notices == [JournalBroke(WHERE, "OSError: disk gone", records_lost=2)]
    with pytest.raises(JournalFailed, match="disk gone") as caught:
        line.hand_over([said("c")], durable=True)
    assert isinstance(caught.value.__cause__, OSError)


def test_a_probe_that_raises_changes_nothing_for_those_who_wait(
    said: Callable[[str], NoteRecord], caplog: pytest.LogCaptureFixture
) -> None:
    def faulty(notice: object) -> None:
        raise ZeroDivisionError

    line = opened_line(faulty)
    ticket = line.hand_over([said("a")], durable=True)
    line.hear(Broke(OSError("disk gone")))
    assert ticket.settled.is_set()
    assert "the probe raised at JournalBroke" in caplog.text


def test_a_closed_line_takes_no_more(said: Callable[[str], NoteRecord]) -> None:
    line = opened_line()
    line.close()
    with pytest.raises(JournalFailed, match="closed"):
        line.hand_over([said("a")], durable=True)


def test_a_record_that_cannot_be_written_fails_its_caller_alone(said: Callable[[str], NoteRecord]) -> None:
    line = opened_line()
    with pytest.raises(ValueError, match="instant"):
        line.hand_over([said("a"), NoteRecord("grid", "say", "b", 2**64)], durable=True)
    assert line.statistics().queued == 0
    line.hand_over([said("c")], durable=True)
