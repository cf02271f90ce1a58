"""What can be made of the answer to one request."""

import pytest

from seawall.sim.answer_faults import Answered, AnswerFault, AnswerFaults
from seawall.sim.settings import Door

LOST = AnswerFault(Answered.NOTHING, carried_out=True)
CUT = AnswerFault(Answered.CUT, carried_out=True)


@pytest.mark.parametrize("method", ["AddOrder", "add_order"])
def test_what_is_planned_for_a_method_is_used_up_whatever_its_spelling(method: str) -> None:
    faults = AnswerFaults()
    faults.add("add_order", LOST, times=2)
    faults.add("AddOrder", CUT, times=1)

    assert [faults.take(Door.REST, method) for _ in range(4)] == [LOST, LOST, CUT, None]
    assert faults.take(Door.REST, "Time") is None


def test_rules_stay_come_after_what_is_planned_and_the_first_that_says_something_counts() -> None:
    faults = AnswerFaults()
    faults.rules.append(lambda door, method: CUT if (door, method) == (Door.REST, "Time") else None)
    faults.rules.append(lambda door, _method: LOST if door is Door.REST else None)
    faults.add("Time", LOST, times=1)

    assert [faults.take(Door.REST, "Time") for _ in range(3)] == [LOST, CUT, CUT]
    assert faults.take(Door.REST, "Balance") is LOST
    assert faults.take(Door.PRIVATE, "add_order") is None

    faults.forget()
    assert faults.take(Door.REST, "Time") is None
