"""An order's past, for reads that lag behind."""

from decimal import Decimal

from support.sim import BUY, SELL, Stage

from seawall.sim.exchange.orders import OrderChange, Status


def test_an_order_is_seen_as_it_was(stage: Stage) -> None:
    opened_ns = stage.clock.ns
    order = stage.place(stage.order(BUY, "2", "99.0"))
    stage.clock.advance(1)
    stage.exchange.amend_order(order, OrderChange(limit_price=Decimal("98.0")))
    stage.clock.advance(1)
    stage.take(SELL, "2")

    def seen(after_s: int) -> tuple[object, ...] | None:
        then = order.as_of(opened_ns + after_s * 10**9)
        return None if then is None else (then.limit_price, then.status, then.cum_qty)

    assert seen(-1) is None
    assert seen(0) == (99, Status.NEW, 0)
    assert seen(1) == (98, Status.NEW, 0)
    assert seen(2) == (98, Status.FILLED, 2)


def test_what_is_older_than_asked_for_is_forgotten(stage: Stage) -> None:
    opened_ns = stage.clock.ns
    order = stage.place(stage.order(BUY, "2", "99.0"))
    for price in ("98.0", "97.0", "96.0", "95.0"):
        stage.clock.advance(100)
        stage.exchange.amend_order(order, OrderChange(limit_price=Decimal(price)))

    assert order.as_of(opened_ns) is None
    recent = order.as_of(stage.clock.ns - 10 * 10**9)
    assert recent is not None
    assert recent.limit_price == 96
