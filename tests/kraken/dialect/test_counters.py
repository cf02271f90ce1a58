import pytest

from seawall.kraken.dialect.counters import (
    ENGINE_LIMITS,
    REST_LIMITS,
    Aged,
    DecayingCounter,
    EngineCounter,
    RestCounter,
    Tier,
)


def test_every_tier_has_its_documented_limits() -> None:
    assert {tier: (limit.cap, limit.decay_per_s) for tier, limit in REST_LIMITS.items()} == {
        Tier.STARTER: (15, 0.33),
        Tier.INTERMEDIATE: (20, 0.5),
        Tier.PRO: (20, 1.0),
    }
    assert {tier: (limit.threshold, limit.decay_per_s, limit.open_orders) for tier, limit in ENGINE_LIMITS.items()} == {
        Tier.STARTER: (60, 1.0, 60),
        Tier.INTERMEDIATE: (125, 2.34, 80),
        Tier.PRO: (180, 3.75, 225),
    }


def test_a_count_falls_steadily_and_never_below_zero() -> None:
    counter = DecayingCounter(2.0)
    counter.add(10, now_s=100.0)
    assert [counter.value(at) for at in (100.0, 101.5, 105.0, 900.0)] == [10.0, 7.0, 0.0, 0.0]
    counter.add(1, now_s=900.0)
    assert counter.value(900.0) == 1.0


def test_the_wait_ends_when_the_charge_fits() -> None:
    counter = DecayingCounter(2.0)
    counter.add(10, now_s=0.0)
    wait_s = counter.wait_s(3, cap=10, now_s=0.0)
    assert wait_s == 1.5
    assert counter.wait_s(3, cap=10, now_s=wait_s) == 0.0
    assert counter.wait_s(50, cap=10, now_s=0.0) == 5.0  # more than the cap: once it is empty


@pytest.mark.parametrize(
    ("name", "charge"),
    [
        ("BalanceEx", 1.0),
        ("OpenOrders", 1.0),
        ("GetWebSocketsToken", 1.0),
        ("TradesHistory", 2.0),
        ("ClosedOrders", 2.0),
        ("Ledgers", 2.0),
        ("AddOrder", 0.0),
        ("CancelAllOrdersAfter", 0.0),
    ],
)
def test_rest_calls_cost_what_the_page_says(name: str, charge: float) -> None:
    assert RestCounter(REST_LIMITS[Tier.PRO]).charge_of(name) == charge


def test_the_cost_of_history_can_be_set_to_the_higher_figure() -> None:
    assert RestCounter(REST_LIMITS[Tier.PRO], history_charge=4.0).charge_of("TradesHistory") == 4.0


def test_calls_above_the_cap_are_refused_until_it_has_decayed() -> None:
    counter = RestCounter(REST_LIMITS[Tier.STARTER])
    assert all(counter.take("BalanceEx", now_s=0.0) for _ in range(15))
    assert not counter.take("BalanceEx", now_s=0.0)
    assert counter.take("AddOrder", now_s=0.0)
    wait_s = counter.wait_s("BalanceEx", now_s=0.0)
    assert wait_s == pytest.approx(1 / 0.33)
    assert counter.take("BalanceEx", now_s=wait_s + 1e-6)
    assert counter.value(wait_s + 1e-6) == pytest.approx(15.0, abs=1e-3)


def test_a_refusal_by_the_exchange_is_believed() -> None:
    rest = RestCounter(REST_LIMITS[Tier.PRO])
    rest.refused(now_s=10.0)
    assert rest.wait_s("BalanceEx", now_s=10.0) == 1.0
    engine = EngineCounter(ENGINE_LIMITS[Tier.STARTER])
    engine.refused(now_s=10.0)
    assert engine.value(10.0) == 60.0
    assert engine.wait_s(1.0, now_s=10.0) == 1.0


AGES_S = (0, 4.99, 5, 9.99, 10, 14.99, 15, 44.9, 45, 89.9, 90, 299.9, 300, 1e6)


@pytest.mark.parametrize(
    ("action", "charges"),
    [
        ("amend", (4, 4, 3, 3, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1)),
        ("edit", (7, 7, 6, 6, 5, 5, 3, 3, 2, 2, 1, 1, 1, 1)),
        ("cancel", (8, 8, 6, 6, 5, 5, 4, 4, 2, 2, 1, 1, 0, 0)),
    ],
)
def test_the_younger_the_order_the_dearer_the_change(action: Aged, charges: tuple[int, ...]) -> None:
    assert tuple(EngineCounter.charge_of(action, age_s) for age_s in AGES_S) == charges


def test_the_worked_example_of_the_page_comes_to_eight() -> None:
    add = EngineCounter.charge_of_add()
    assert add + EngineCounter.charge_of("amend", 7) + EngineCounter.charge_of("cancel", 36) == 8


def test_a_batch_is_half_price() -> None:
    assert [EngineCounter.charge_of_add(orders) for orders in (1, 2, 15)] == [1.0, 1.0, 7.5]


def test_the_engine_refuses_above_its_threshold_and_not_at_it() -> None:
    counter = EngineCounter(ENGINE_LIMITS[Tier.STARTER])
    counter.add(60, now_s=0.0)
    assert not counter.over(0.0)
    counter.add(1, now_s=0.0)
    assert counter.over(0.0)
    assert counter.wait_s(1.0, now_s=0.0) == 2.0
    assert not counter.over(1.0)


def test_the_exchanges_word_on_a_counter_is_taken_as_it_is() -> None:
    counter = EngineCounter(ENGINE_LIMITS[Tier.STARTER])
    counter.add(50, 0.0)
    counter.told(7, 0.0)
    assert (counter.value(0.0), counter.value(2.0)) == (7, 5)
