from hypothesis import given
from hypothesis import strategies as st

from seawall.resilience.tokens import Tokens

LANES = ("cancel", "order", "query")


def test_a_lane_spends_its_own_reserve_first() -> None:
    tokens = Tokens.full(10.0, 1.0, {"cancel": 4.0, "query": 0.0})
    tokens.spend("cancel", 5.0)

    assert tokens.own["cancel"] == 0.0
    assert tokens.shared == 5.0


def test_what_flows_back_fills_the_urgent_reserve_first() -> None:
    tokens = Tokens.full(10.0, 1.0, {"cancel": 4.0, "order": 3.0, "query": 0.0})
    tokens.spend("query", 3.0)
    tokens.spend("order", 3.0)
    tokens.spend("cancel", 4.0)
    tokens.give(5.0)

    assert tokens.own == {"cancel": 4.0, "order": 1.0, "query": 0.0}
    assert tokens.shared == 0.0


@st.composite
def worn(draw: st.DrawFn) -> Tokens:
    """Tokens of three lanes, some spent, perhaps in debt."""
    reserves = {lane: float(draw(st.integers(0, 5))) for lane in LANES}
    tokens = Tokens.full(sum(reserves.values()) + draw(st.integers(1, 10)), draw(st.floats(0.1, 10.0)), reserves)
    for lane, weight in draw(st.lists(st.tuples(st.sampled_from(LANES), st.floats(0.0, 8.0)), max_size=6)):
        tokens.spend(lane, weight)
    return tokens


@given(tokens=worn(), lane=st.sampled_from(LANES), weight=st.floats(0.1, 20.0))
def test_the_wait_is_exactly_long_enough(tokens: Tokens, lane: str, weight: float) -> None:
    """After it the lane can take the weight; a thousandth earlier it cannot; and infinite means never."""
    wait_s = tokens.wait_s(lane, weight)
    if wait_s == float("inf"):
        assert weight > tokens.most(lane)
        return
    then, before = tokens.copy(), tokens.copy()
    then.give(wait_s * tokens.refill_per_s)
    before.give(max(0.0, wait_s - 0.001) * tokens.refill_per_s)

    assert then.wait_s(lane, weight) <= 1e-6
    assert (before.wait_s(lane, weight) > 0.0) is (wait_s > 1e-6)


@given(tokens=worn(), weight=st.floats(0.1, 5.0))
def test_others_never_touch_a_reserve(tokens: Tokens, weight: float) -> None:
    kept = tokens.own["cancel"]
    tokens.spend("query", weight)

    assert tokens.own["cancel"] == kept


@given(tokens=worn(), amount=st.floats(0.0, 100.0))
def test_nothing_rises_above_its_maximum(tokens: Tokens, amount: float) -> None:
    """A long silence is no licence for more than the burst."""
    before = tokens.available
    capacity = tokens.shared_max + sum(tokens.reserves.values())
    tokens.give(amount)

    assert all(0.0 <= tokens.own[lane] <= tokens.reserves[lane] for lane in LANES)
    assert tokens.shared <= tokens.shared_max
    assert tokens.available <= min(before + amount, capacity) + 1e-9
