"""Orders and fills of the account that are none of ours."""

from decimal import Decimal

import attrs

from seawall.engine.externals import Externals
from seawall.model.orders import Side
from seawall.model.reports import Fill, OrderReport, OrderStatus

D = Decimal
OPEN = OrderReport("X1", None, OrderStatus.OPEN, 3, symbol="BTC/USD", side=Side.BUY, qty=D(1), limit_price=D(100))


def test_an_order_is_new_once_and_open_until_it_has_ended() -> None:
    externals = Externals()
    assert externals.reported(OPEN)
    assert not externals.reported(OPEN)
    assert externals.orders() == (OPEN,)

    assert not externals.reported(attrs.evolve(OPEN, status=OrderStatus.CANCELED))
    assert externals.orders() == ()
    assert externals.reported(OPEN), "and new again, should it come back"


def test_an_end_of_one_that_was_never_seen_is_nothing() -> None:
    externals = Externals()

    assert not externals.reported(attrs.evolve(OPEN, status=OrderStatus.FILLED))
    assert externals.orders() == ()


def test_sparse_words_are_merged() -> None:
    externals = Externals()
    externals.reported(OPEN)
    externals.reported(OrderReport("X1", None, OrderStatus.OPEN, 4, filled_qty=D("0.5")))

    assert externals.find("X1") == attrs.evolve(OPEN, at_ns=4, filled_qty=D("0.5"))


def test_what_a_full_list_leaves_out_has_ended() -> None:
    externals = Externals()
    externals.reported(OPEN)
    externals.reported(attrs.evolve(OPEN, order_id="X2"))
    externals.listed({"X2", "O5"})

    assert [order.order_id for order in externals.orders()] == ["X2"]


def test_fills_are_counted_and_kept_to_a_bound() -> None:
    externals = Externals()
    fill = Fill("T1", "X1", None, "BTC/USD", Side.BUY, D(1), D(100), D(100), (), maker=True, at_ns=1)
    for number in range(500):
        externals.filled(attrs.evolve(fill, exec_id=f"T{number}"))

    assert externals.fill_count == 500
    assert [fill.exec_id for fill in externals.fills()][-1] == "T499"
    assert len(externals.fills()) == 100
