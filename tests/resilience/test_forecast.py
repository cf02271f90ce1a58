from seawall.resilience.forecast import served_in_s
from seawall.resilience.tokens import Tokens

RESERVES = {"cancel": 2.0, "query": 0.0}


def empty() -> Tokens:
    tokens = Tokens.full(5.0, 1.0, RESERVES)
    tokens.spend("cancel", 5.0)
    return tokens


def test_the_urgent_lane_is_served_first() -> None:
    lines = {"cancel": [1.0, 1.0], "query": [1.0]}
    pauses_s = {"cancel": 0.0, "query": 0.0}

    assert served_in_s(empty(), lines, pauses_s, "cancel") == 2.0
    assert served_in_s(empty(), lines, pauses_s, "query") == 5.0  # the cancels' two, their reserve again, its own


def test_a_paused_lane_holds_nobody_up_until_its_pause_ends() -> None:
    lines = {"cancel": [4.0], "query": [1.0]}

    assert served_in_s(empty(), lines, {"cancel": 60.0, "query": 0.0}, "query") == 3.0
    assert served_in_s(empty(), lines, {"cancel": 2.5, "query": 0.0}, "query") == 7.0
    assert served_in_s(empty(), lines, {"cancel": 60.0, "query": 0.0}, "cancel") == 60.0


def test_the_tokens_are_left_as_they_are() -> None:
    tokens = empty()
    served_in_s(tokens, {"cancel": [1.0], "query": []}, {"cancel": 0.0, "query": 0.0}, "cancel")

    assert tokens == empty()
