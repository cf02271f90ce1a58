from decimal import Decimal

import pytest
from support.venue import BTC_USD


@pytest.mark.parametrize(
    ("price", "fault"),
    [("50000.1", None), ("50000.10", None), ("50000.05", "multiple of 0.1"), ("0", "above zero"), ("-1", "above zero")],
)
def test_prices_lie_on_the_tick(price: str, fault: str | None) -> None:
    found = BTC_USD.fault_of_price(Decimal(price))

    assert found is None if fault is None else found is not None and fault in found


@pytest.mark.parametrize(
    ("qty", "fault"),
    [("0.0001", None), ("0.00009999", "minimum"), ("0.000100001", "multiple"), ("0", "above zero")],
)
def test_quantities_lie_on_the_step_and_above_the_minimum(qty: str, fault: str | None) -> None:
    found = BTC_USD.fault_of_qty(Decimal(qty))

    assert found is None if fault is None else found is not None and fault in found


def test_cost_has_a_minimum() -> None:
    assert BTC_USD.fault_of_cost(Decimal("0.5")) is None
    assert "minimum" in (BTC_USD.fault_of_cost(Decimal("0.49")) or "")
