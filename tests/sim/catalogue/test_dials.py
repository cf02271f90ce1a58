"""What was turned is put back, in whatever order."""

from contextlib import ExitStack
from itertools import permutations

import attrs
import pytest

from seawall.sim.catalogue import Dials


@attrs.define
class Knobs:
    loudness: int = 1
    colour: str = "grey"


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_newest_turn_holds_and_the_first_value_is_put_back(order: tuple[int, ...]) -> None:
    knobs, dials = Knobs(), Dials()
    turns = [ExitStack() for _ in range(3)]
    for number, turn in enumerate(turns):
        turn.enter_context(dials.turned(knobs, loudness=10 + number))
        assert knobs.loudness == 10 + number
    left = [0, 1, 2]
    for number in order:
        turns[number].close()
        left.remove(number)
        assert knobs.loudness == (10 + left[-1] if left else 1)

    assert len(dials) == 0


def test_all_turns_are_taken_back_at_once_and_those_who_made_them_change_nothing_more() -> None:
    knobs, dials = Knobs(), Dials()
    with dials.turned(knobs, loudness=5, colour="red"):
        assert knobs == Knobs(5, "red")
        dials.reset()
        assert knobs == Knobs()
        with dials.turned(knobs, colour="blue"):
            assert knobs == Knobs(1, "blue")
    assert knobs == Knobs()
