"""What an order was before an amend, and until when an answer may still show it so."""

from decimal import Decimal

import attrs
import pytest

from seawall.engine.former_values import FormerValues
from seawall.model.reports import OrderReport, OrderStatus

D = Decimal
WAS = OrderReport("O1", "s1", OrderStatus.OPEN, 0, qty=D(1), limit_price=D(50))


@pytest.fixture
def former() -> FormerValues:
    """Amended at ten, and answers lag by sixty."""
    values = FormerValues()
    values.add(D(1), D(50), now_ns=10, until_ns=70)
    return values


@pytest.mark.parametrize(
    ("qty", "limit_price", "may_be"),
    [
        (D(1), D(50), True),
        (D(2), D(50), False),
        (D(1), D(51), False),
        (None, D(50), True),
        (D(1), None, True),
        (None, None, True),
        (None, D(51), False),
    ],
)
def test_an_answer_that_shows_it_as_it_was_may_be_from_before(
    former: FormerValues, qty: Decimal | None, limit_price: Decimal | None, may_be: bool
) -> None:
    answer = attrs.evolve(WAS, qty=qty, limit_price=limit_price)
    assert former.may_be(answer, 69) is may_be
    assert former.may_be(answer, 70) is False, "no answer lags so far behind"


def test_several_amends_are_each_remembered_for_their_time(former: FormerValues) -> None:
    former.add(D(2), D(50), now_ns=40, until_ns=100)
    assert former.may_be(WAS, 69)
    assert not former.may_be(WAS, 71)
    assert former.may_be(attrs.evolve(WAS, qty=D(2)), 99)


def test_nothing_is_kept_beyond_its_time(former: FormerValues) -> None:
    for now_ns in range(20, 10_000, 20):
        former.add(D(2), D(50), now_ns, now_ns + 60)
    assert len(former) == 3
