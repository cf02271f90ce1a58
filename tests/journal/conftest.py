from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from seawall.model.journal import FillRecord, IntentRecord, NoteRecord, OrderRecord
from seawall.model.order_states import OrderState
from seawall.model.orders import Side, limit_buy
from seawall.model.reports import Fee, Fill


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "seawall.sqlite"


@pytest.fixture
def planned() -> Callable[[str], IntentRecord]:
    """An intent of that client order id."""

    def planned(name: str) -> IntentRecord:
        wish = limit_buy("BTC/USD", qty="0.00000010", price="45283.50")
        return IntentRecord(name, "grid", wish, deadline_ns=2_000, at_ns=1_000)

    return planned


@pytest.fixture
def step() -> Callable[[str, OrderState], OrderRecord]:
    """A step of that order into that state."""

    def step(name: str, state: OrderState) -> OrderRecord:
        return OrderRecord(name, state, at_ns=1_500, order_id=f"O-{name}", filled_qty=Decimal("0.00000000"))

    return step


@pytest.fixture
def filled() -> Callable[[str, int], FillRecord]:
    """A fill of that exec id at that instant."""

    def filled(exec_id: str, at_ns: int) -> FillRecord:
        fees = (Fee("USD", Decimal("0.0113")), Fee("BTC", Decimal("1E-8")))
        qty, price, cost = Decimal("0.1"), Decimal("45283.50"), Decimal("4528.350")
        return FillRecord(
            "grid", Fill(exec_id, "O-1", "c-1", "BTC/USD", Side.BUY, qty, price, cost, fees, maker=True, at_ns=at_ns)
        )

    return filled


@pytest.fixture
def said() -> Callable[[str], NoteRecord]:
    """A note of that text."""

    def said(text: str) -> NoteRecord:
        return NoteRecord("grid", "say", text, at_ns=1_700)

    return said
