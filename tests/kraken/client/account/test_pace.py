import pytest

from seawall.kraken.client.account.pace import Pace
from seawall.kraken.client.account.ways import OrderKey
from seawall.model.errors import NotSent
from seawall.model.reports import OrderReport, OrderStatus

RATE = "EOrder:Rate limit exceeded"
NOW_NS = 1_795_410_000_000_000_000


def test_orders_are_held_back_where_the_exchange_would_refuse_them() -> None:
    pace = Pace.of("starter")
    for _ in range(59):  # one is kept free
        pace.place("BTC/USD", 0.0)
    with pytest.raises(NotSent, match="BTC/USD") as held:
        pace.place("BTC/USD", 0.0)
    assert held.value.retry_after_s == pytest.approx(1.0)
    pace.place("ETH/USD", 0.0)
    pace.place("BTC/USD", 1.0)


def test_the_worked_example_of_the_exchanges_page_comes_out() -> None:
    pace = Pace.of("starter")
    pace.place("BTC/USD", 0.0, client_order_id="o")
    pace.change("amend", "o", 7.0)
    pace.cancel(OrderKey("o"), 43.0)
    charged = pace.value("BTC/USD", 43.0)
    assert charged == pytest.approx(4.0), "add 1 and amend 3 have decayed by then; the cancel of a 36 s old order costs 4"


@pytest.mark.parametrize(
    ("age_s", "amend", "edit", "cancel"),
    [(0, 4, 7, 8), (4.9, 4, 7, 8), (5, 3, 6, 6), (10, 2, 5, 5), (15, 1, 3, 4), (45, 1, 2, 2), (90, 1, 1, 1), (300, 1, 1, 0)],
)
def test_charges_go_by_the_age_of_the_order(age_s: float, amend: float, edit: float, cancel: float) -> None:
    def charged(act: str) -> float:
        pace = Pace.of("pro")
        pace.place("BTC/USD", -1.0, client_order_id="o")
        pace.change("amend", "o", 0.0)
        before = pace.value("BTC/USD", age_s)
        if act == "cancel":
            pace.cancel(OrderKey("o"), age_s)
        else:
            pace.change("amend" if act == "amend" else "edit", "o", age_s)
        return pace.value("BTC/USD", age_s) - before

    assert (charged("amend"), charged("edit"), charged("cancel")) == pytest.approx((amend, edit, cancel))


def test_cancels_are_counted_by_age_and_never_held_back() -> None:
    pace = Pace.of("starter")
    for number in range(20):
        pace.place("BTC/USD", 0.0, client_order_id=f"o{number}")
    for number in range(20):
        pace.cancel(OrderKey(f"o{number}"), 0.0)
    with pytest.raises(NotSent) as held:
        pace.place("BTC/USD", 0.0)
    assert held.value.retry_after_s == pytest.approx(20 + 160 + 1 - 59)


def test_an_amend_makes_an_order_young_again() -> None:
    pace = Pace.of("starter")
    pace.place("BTC/USD", 0.0, client_order_id="o")
    pace.change("amend", "o", 400.0)  # 1
    pace.cancel(OrderKey("o"), 401.0)  # 8, as of an order one second old
    for _ in range(51):
        pace.place("BTC/USD", 401.0)
    with pytest.raises(NotSent):
        pace.place("BTC/USD", 401.0)


def test_a_cancel_is_counted_whatever_the_order_is_called_by() -> None:
    pace = Pace.of("pro")
    pace.place("BTC/USD", 0.0, client_order_id="o")
    pace.named("o", "O1")
    pace.cancel(OrderKey(order_id="O1"), 0.0)
    assert pace.value("BTC/USD", 0.0) == 9
    pace.cancel(OrderKey("o"), 0.0)
    assert pace.value("BTC/USD", 0.0) == 9, "it is cancelled: to ask again costs nothing"


def test_a_user_reference_costs_as_much_as_all_its_orders() -> None:
    pace = Pace.of("pro")
    for name in ("a", "b"):
        pace.place("BTC/USD", 0.0, client_order_id=name, userref=7)
    pace.place("BTC/USD", 0.0, client_order_id="c", userref=8)
    pace.cancel(OrderKey(userref=7), 0.0)
    assert pace.value("BTC/USD", 0.0) == 3 + 16


def report(status: OrderStatus, age_s: int, symbol: str | None = "BTC/USD") -> OrderReport:
    return OrderReport("O1", "mine", status, NOW_NS - age_s * 1_000_000_000, symbol)


def test_an_order_of_an_earlier_run_is_charged_by_its_age_once_it_was_told_of() -> None:
    pace = Pace.of("pro")
    pace.reported(report(OrderStatus.OPEN, 30), 1000.0, NOW_NS)
    pace.cancel(OrderKey("mine"), 1000.0)
    assert pace.value("BTC/USD", 1000.0) == 4


def test_an_order_that_ended_is_forgotten() -> None:
    pace = Pace.of("pro")
    pace.place("BTC/USD", 1000.0, client_order_id="mine")
    pace.reported(report(OrderStatus.FILLED, 0, None), 1000.0, NOW_NS)
    pace.cancel(OrderKey("mine"), 1000.0)
    assert pace.value("BTC/USD", 1000.0) == 1


def test_an_edit_leaves_a_young_order_under_the_new_id() -> None:
    pace = Pace.of("pro")
    pace.place("BTC/USD", 0.0, client_order_id="o")
    pace.named("o", "O1")
    pace.replaced("O1", "O2", "BTC/USD", 400.0)
    pace.cancel(OrderKey(order_id="O2"), 401.0)
    assert pace.value("BTC/USD", 401.0) == 8


def test_the_exchanges_own_refusal_corrects_the_count() -> None:
    pace = Pace.of("pro")
    pace.refused("BTC/USD", RATE, 0.0)
    with pytest.raises(NotSent):
        pace.place("BTC/USD", 0.0)
    pace.refused("ETH/USD", "EOrder:Insufficient funds", 0.0)
    pace.place("ETH/USD", 0.0)


def test_the_exchanges_own_count_is_believed_where_it_is_above_ours() -> None:
    pace = Pace.of("starter")
    pace.place("BTC/USD", 0.0)
    pace.counted("BTC/USD", 60.0, 0.0)
    with pytest.raises(NotSent):
        pace.place("BTC/USD", 0.0)
    pace.counted("BTC/USD", 2.0, 0.0)
    assert pace.value("BTC/USD", 0.0) == 60.0, "it was told before the exchange saw what is on its way"
    pace.place("BTC/USD", 2.0)


def test_the_exchanges_threshold_replaces_that_of_the_tier() -> None:
    pace = Pace.of("starter")
    pace.counted("BTC/USD", 60.0, 0.0)
    pace.allowed(180.0)
    pace.place("BTC/USD", 0.0)


def test_what_is_remembered_is_bounded() -> None:
    pace = Pace.of("pro")
    for number in range(10_001):
        pace.place("BTC/USD", float(number), client_order_id=f"o{number}")
    assert pace.symbol_of("o0") is None
    assert pace.symbol_of("o10000") == "BTC/USD"
