import pytest

from seawall.model.errors import OutOfStep
from seawall.model.order_states import ENDED, IMPOSSIBLE, NEXT, Heard, OrderState, after

PAIRS = [(state, heard) for state in OrderState for heard in Heard]

# What must follow, written by hand from what the words mean and not from the table under test: one line a state, one column
# a thing heard. A dot stays where it is; a dash cannot be true.
EXPECTED = """
              sending  held_back  lost      accepted  part_filled  filled  canceled  expired  refused  absent
planned       sent     not_sent   in_doubt  -         -            -       -         -        -        -
sent          -        -          in_doubt  open      open         filled  canceled  expired  refused  -
in_doubt      -        -          .         open      open         filled  canceled  expired  refused  never_placed
open          -        -          .         .         .            filled  canceled  expired  refused  -
filled        -        -          .         .         .            .       -         -        -        -
canceled      -        -          .         .         .            -       .         .        .        -
expired       -        -          .         .         .            -       .         .        .        -
refused       -        -          .         .         -            -       .         .        .        .
not_sent      -        .          -         -         -            -       -         -        -        .
never_placed  -        -          .         -         -            -       -         -        .        .
"""


def expected() -> list[tuple[OrderState, Heard, OrderState | None]]:
    head, *rows = [line.split() for line in EXPECTED.strip().splitlines()]
    found = []
    for name, *cells in rows:
        state = OrderState[name.upper()]
        for word, cell in zip(head, cells, strict=True):
            follows = state if cell == "." else None if cell == "-" else OrderState[cell.upper()]
            found.append((state, Heard[word.upper()], follows))
    return found


def test_every_pair_is_in_the_table_and_nothing_else() -> None:
    assert [(state, heard) for state, row in NEXT.items() for heard in row] == PAIRS


def test_every_pair_is_expected_once() -> None:
    assert [(state, heard) for state, heard, _ in expected()] == PAIRS


@pytest.mark.parametrize(("state", "heard", "follows"), expected())
def test_each_pair_leads_where_its_words_mean_or_cannot_be(state: OrderState, heard: Heard, follows: OrderState | None) -> None:
    if follows is None:
        with pytest.raises(OutOfStep, match=f"{state} was heard to be {heard}"):
            after(state, heard)
    else:
        assert after(state, heard) is follows


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
