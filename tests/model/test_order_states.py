import pytest

from seawall.model.errors import OutOfStep
from seawall.model.order_states import ENDED, IMPOSSIBLE, NEXT, Heard, OrderState, after

PAIRS = [(state, heard) for state in OrderState for heard in Heard]


def test_every_pair_is_in_the_table_and_nothing_else() -> None:
    assert [(state, heard) for state, row in NEXT.items() for heard in row] == PAIRS


@pytest.mark.parametrize(("state", "heard"), PAIRS)
def test_each_pair_leads_where_the_table_says_or_cannot_be(state: OrderState, heard: Heard) -> None:
    following = NEXT[state][heard]
    if following is IMPOSSIBLE:
        with pytest.raises(OutOfStep, match=f"{state} was heard to be {heard}"):
            after(state, heard)
    else:
        assert after(state, heard) is following


@pytest.mark.parametrize("state", sorted(ENDED))
def test_no_pair_leads_out_of_an_ended_state(state: OrderState) -> None:
    assert {following for following in NEXT[state].values() if following is not IMPOSSIBLE} == {state}


@pytest.mark.parametrize("state", [state for state in OrderState if state not in ENDED])
def test_every_live_state_can_end(state: OrderState) -> None:
    reached = {state}
    while True:
        more = {after for one in reached for after in NEXT[one].values() if after is not IMPOSSIBLE} - reached
        if not more:
            break
        reached |= more

    assert reached & ENDED


def test_a_lost_answer_is_never_a_refusal() -> None:
    assert {state for state in OrderState if NEXT[state][Heard.LOST] is OrderState.REFUSED} == {OrderState.REFUSED}
    assert after(OrderState.SENT, Heard.LOST) is OrderState.IN_DOUBT


def test_only_the_exchange_ends_an_order_in_doubt() -> None:
    ours = (Heard.SENDING, Heard.HELD_BACK, Heard.LOST)

    assert not {NEXT[OrderState.IN_DOUBT][heard] for heard in ours} & ENDED
