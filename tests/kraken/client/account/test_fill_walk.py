"""However a reading of fills is interrupted, and whatever is filled meanwhile, it has every fill."""

from decimal import Decimal
from functools import cache

from hypothesis import example, given, settings
from hypothesis import strategies as st

from seawall.kraken.client.account.fill_walk import PAGE, FillWalk
from seawall.model.orders import Side
from seawall.model.reports import Fill


@cache
def fill(number: int) -> Fill:
    return Fill(
        exec_id=f"T{number}",
        order_id="O1",
        client_order_id=None,
        symbol="BTC/USD",
        side=Side.BUY,
        qty=Decimal("0.1"),
        price=Decimal(1),
        cost=Decimal("0.1"),
        fees=(),
        maker=True,
        at_ns=number,
    )


def page_of(count: int, number: int) -> list[Fill]:
    """Newest first, of fills 0 to `count`."""
    return [fill(each) for each in range(count - 1, -1, -1)[number * PAGE : (number + 1) * PAGE]]


def test_nothing_was_filled() -> None:
    walk = FillWalk()
    walk.resume()
    assert walk.page() == 0
    walk.take([])
    assert walk.page() is None
    assert walk.fills() == ()


def test_a_full_last_page_is_followed_by_an_empty_one() -> None:
    walk = FillWalk()
    walk.take(page_of(PAGE, 0))
    assert walk.page() == 1
    walk.take(page_of(PAGE, 1))
    assert walk.page() is None


@settings(deadline=None, max_examples=1000)
@example(count=50, meanwhile=[(False, 50), (False, 50), (False, 0), (True, 0), (False, 1)])
@given(
    count=st.integers(0, 400),
    meanwhile=st.lists(st.tuples(st.booleans(), st.integers(0, 180)), max_size=12),
)
def test_none_is_missed(count: int, meanwhile: list[tuple[bool, int]]) -> None:
    walk = FillWalk()
    steps = iter(meanwhile)
    at_last_start = count
    while (number := walk.page()) is not None:
        is_interrupted, more = next(steps, (False, 0))
        if is_interrupted:
            walk.resume()
            at_last_start = count
            number = walk.page()
            assert number is not None
        walk.take(page_of(count, number))
        count += more
    found = {each.at_ns for each in walk.fills()}
    assert found >= set(range(at_last_start)), "what was there when it was last resumed"
