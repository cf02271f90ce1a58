"""Identifiers."""

import random
import re

from seawall.sim.exchange.ids import Ids

SHAPE = re.compile(r"[A-Z0-9]{6}-[A-Z0-9]{5}-[A-Z0-9]{6}")


def test_ids_have_krakens_shape_and_say_what_they_are() -> None:
    ids = Ids(random.Random(1))

    drawn = [ids.order(), ids.trade(), ids.ledger()]

    assert [each[0] for each in drawn] == ["O", "T", "L"]
    assert all(SHAPE.fullmatch(each) for each in drawn)


def test_ids_do_not_repeat_and_equal_seeds_give_equal_ids() -> None:
    one, other = Ids(random.Random(1)), Ids(random.Random(1))
    drawn = [one.order() for _ in range(5_000)]

    assert len(set(drawn)) == 5_000
    assert drawn[:3] == [other.order() for _ in range(3)]


def test_connection_ids_do_not_fit_a_signed_integer() -> None:
    number = Ids(random.Random(1)).connection()

    assert 2**63 <= number < 2**64
