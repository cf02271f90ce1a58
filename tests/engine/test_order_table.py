from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.engine.order_table import Order, OrderTable
from seawall.engine.risk import Exposure
from seawall.model.errors import OutOfStep
from seawall.model.journal import IntentRecord, OrderRecord
from seawall.model.order_states import Heard, OrderState
from seawall.model.orders import Intent, Side, limit_buy, limit_sell
from seawall.model.reports import Fill, OrderReport, OrderStatus

ONE_BTC = limit_buy("BTC/USD", qty="1", price="50000")


def planned(table: OrderTable, name: str = "s1", intent: Intent = ONE_BTC) -> Order:
    return table.plan(IntentRecord(name, "me", intent, deadline_ns=10, at_ns=1))


def opened(table: OrderTable, name: str = "s1", intent: Intent = ONE_BTC) -> Order:
    order = planned(table, name, intent)
    table.hear(order, Heard.SENDING)
    table.hear(order, Heard.ACCEPTED, order_id=f"O-{name}")
    return order


def fill_of(order: Order, qty: str, exec_id: str = "T1") -> Fill:
    return Fill(
        exec_id,
        order.order_id or "O1",
        None,
        order.symbol,
        Side.BUY,
        Decimal(qty),
        Decimal(50000),
        Decimal(qty) * 50000,
        (),
        maker=True,
        at_ns=2,
    )


def report_of(order: Order, status: OrderStatus, **told: Decimal | str | None) -> OrderReport:
    return OrderReport("O9", order.client_order_id, status, 3, **told)  # type: ignore[arg-type]  # keywords of one report


def test_fills_are_counted_once_and_end_the_order() -> None:
    table = OrderTable()
    order = opened(table)

    assert table.fill(order, fill_of(order, "0.4"))
    assert not table.fill(order, fill_of(order, "0.4"))
    assert (order.state, order.filled_qty) == (OrderState.OPEN, Decimal("0.4"))
    assert table.fill(order, fill_of(order, "0.6", "T2"))
    assert order.state is OrderState.FILLED
    assert order.exposed_qty == 0


def test_a_fill_may_come_before_the_acknowledgement() -> None:
    table = OrderTable()
    order = planned(table)
    table.hear(order, Heard.SENDING)
    table.fill(order, fill_of(order, "1"))
    table.hear(order, Heard.ACCEPTED, order_id="O1")

    assert order.state is OrderState.FILLED


def test_a_late_fill_of_a_cancelled_order_still_counts() -> None:
    table = OrderTable()
    order = opened(table)
    table.report(order, report_of(order, OrderStatus.CANCELED, filled_qty=Decimal(1), reason="User requested"))
    assert order.misses_fills
    table.fill(order, fill_of(order, "1"))

    assert (order.state, order.misses_fills, order.reason) == (OrderState.CANCELED, False, "User requested")


def test_reports_are_merged_and_never_take_values_away() -> None:
    table = OrderTable()
    order = opened(table)
    table.report(order, report_of(order, OrderStatus.OPEN, qty=Decimal(2), limit_price=Decimal(49000)))
    table.report(order, report_of(order, OrderStatus.OPEN))

    assert (order.qty, order.limit_price) == (Decimal(2), Decimal(49000))


def test_a_pending_report_teaches_the_id_and_no_state() -> None:
    table = OrderTable()
    order = planned(table)
    table.hear(order, Heard.SENDING)

    assert not table.report(order, report_of(order, OrderStatus.PENDING))
    assert (order.state, order.order_id) == (OrderState.SENT, "O9")
    assert table.find(None, "O9") is order


def test_what_cannot_be_true_is_out_of_step() -> None:
    table = OrderTable()
    order = opened(table)
    table.fill(order, fill_of(order, "1"))

    with pytest.raises(OutOfStep):
        table.report(order, report_of(order, OrderStatus.CANCELED))


def test_an_amend_under_way_counts_as_the_larger_of_both() -> None:
    table = OrderTable()
    order = opened(table)
    order.asked_qty = Decimal(3)
    assert order.exposed_qty == 3
    order.asked_qty = Decimal("0.5")
    assert order.exposed_qty == 1


def test_exposure_counts_orders_in_doubt_and_leaves_one_out_on_request() -> None:
    table = OrderTable()
    buy = opened(table, "s1")
    table.fill(buy, fill_of(buy, "0.25"))
    sell = planned(table, "s2", limit_sell("BTC/USD", qty="2", price="60000"))
    table.hear(sell, Heard.SENDING)
    table.hear(sell, Heard.LOST)
    opened(table, "s3", limit_buy("ETH/USD", qty="7", price="2000"))

    assert table.exposure("BTC/USD", Decimal("0.25")) == Exposure(Decimal("0.25"), Decimal("0.75"), Decimal(2), 2, 1)
    assert table.exposure("BTC/USD", Decimal(0), without=sell) == Exposure(Decimal(0), Decimal("0.75"), Decimal(0), 1, 0)


def test_restored_orders_are_in_doubt_and_unwanted_unless_kept() -> None:
    table = OrderTable()
    kept = limit_buy("BTC/USD", qty="1", price="50000", keep=True)
    intents = [IntentRecord("s1", "me", ONE_BTC, 10, 1), IntentRecord("s2", "me", kept, 10, 1)]
    steps = [OrderRecord("s1", OrderState.OPEN, 2, order_id="O1", qty=Decimal(2))]
    fill = Fill("T1", "O1", None, "BTC/USD", Side.BUY, Decimal("0.5"), Decimal(1), Decimal("0.5"), (), maker=True, at_ns=2)
    table.restore(intents, steps, [fill])

    first, second = table.live()
    assert [first.state, second.state] == [OrderState.IN_DOUBT] * 2
    assert [first.wanted, second.wanted] == [False, True]
    assert (first.order_id, first.qty, first.filled_qty) == ("O1", Decimal(2), Decimal("0.5"))


def test_old_ended_orders_are_dropped_and_live_ones_never() -> None:
    table = OrderTable(keep_ended=5)
    live = opened(table, "live")
    for number in range(50):
        order = planned(table, f"s{number}")
        table.hear(order, Heard.HELD_BACK)

    assert len(table) <= 12
    assert table.find("live", None) is live
    assert table.find("s49", None) is not None
    assert table.find("s0", None) is None


@given(parts=st.lists(st.integers(min_value=1, max_value=100), min_size=1, max_size=20))
def test_exposure_is_the_total_less_what_filled(parts: list[int]) -> None:
    table = OrderTable()
    total = Decimal(sum(parts))
    order = opened(table, intent=limit_buy("BTC/USD", qty=total, price="1"))
    for number, part in enumerate(parts):
        table.fill(order, fill_of(order, str(part), f"T{number}"))

        assert order.exposed_qty == total - order.filled_qty

    assert order.state is OrderState.FILLED
