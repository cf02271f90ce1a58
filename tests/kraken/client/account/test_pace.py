import pytest

from seawall.kraken.client.account.pace import Pace
from seawall.model.errors import NotSent, RefusedByExchange


def test_orders_are_held_back_where_the_exchange_would_refuse_them() -> None:
    pace = Pace.of("starter")
    for number in range(60):
        pace.place(f"o{number}", "BTC/USD", 0.0)
    with pytest.raises(NotSent, match="BTC/USD") as held:
        pace.place("o60", "BTC/USD", 0.0)
    assert held.value.retry_after_s == pytest.approx(1.0)
    pace.place("other", "ETH/USD", 0.0)
    pace.place("o60", "BTC/USD", 1.0)


def test_cancels_are_counted_by_age_and_never_held_back() -> None:
    pace = Pace.of("starter")
    for number in range(20):
        pace.place(f"o{number}", "BTC/USD", 0.0)
    for number in range(20):
        pace.cancel(f"o{number}", 0.0)
    with pytest.raises(NotSent) as held:
        pace.place("next", "BTC/USD", 0.0)
    assert held.value.retry_after_s == pytest.approx(20 + 160 + 1 - 60)


def test_an_amend_makes_an_order_young_again() -> None:
    pace = Pace.of("starter")
    pace.place("o", "BTC/USD", 0.0)
    pace.amend("o", 400.0)  # 1
    pace.cancel("o", 401.0)  # 8, as of an order one second old
    for number in range(52):
        pace.place(f"n{number}", "BTC/USD", 401.0)
    with pytest.raises(NotSent):
        pace.place("last", "BTC/USD", 401.0)


def test_the_exchanges_own_refusal_corrects_the_count() -> None:
    pace = Pace.of("pro")
    pace.refused("BTC/USD", RefusedByExchange("EOrder:Rate limit exceeded", ""), 0.0)
    with pytest.raises(NotSent):
        pace.place("o", "BTC/USD", 0.0)
    pace.refused("ETH/USD", RefusedByExchange("EOrder:Insufficient funds", ""), 0.0)
    pace.place("o", "ETH/USD", 0.0)
