from trio.testing import MockClock

from seawall.resilience.allowance import Allowance
from seawall.resilience.tokens import Tokens


def allowance(clock: MockClock) -> Allowance:
    """Five tokens and one a second; one of the five is kept for cancels."""
    return Allowance(Tokens.full(5.0, 1.0, {"cancel": 1.0, "query": 0.0}), clock.current_time)


def test_tokens_flow_in_with_time_and_never_beyond_what_there_may_be(manual: MockClock) -> None:
    mine = allowance(manual)
    assert mine.take("query", 4.0, may_share=True)
    assert not mine.take("query", 1.0, may_share=True)
    assert mine.wait_s("query", 1.0, may_share=True) == 1.0

    manual.jump(1.0)
    assert mine.take("query", 1.0, may_share=True)
    manual.jump(1e6)
    mine.refill()
    assert mine.tokens.available == 5.0


def test_a_pause_holds_back_its_lane_alone_and_ends(manual: MockClock) -> None:
    mine = allowance(manual)
    assert mine.pause(["query"], 3.0) == 3.0
    assert mine.pause(["query"], 1.0) == 1.0, "told as asked, though the longer one holds"

    assert not mine.take("query", 1.0, may_share=True)
    assert mine.wait_s("query", 1.0, may_share=True) == 3.0
    assert mine.take("cancel", 1.0, may_share=True)
    manual.jump(3.0)
    assert mine.take("query", 1.0, may_share=True)


def test_what_is_given_back_was_not_taken(manual: MockClock) -> None:
    mine = allowance(manual)
    mine.take("query", 2.0, may_share=True)
    mine.refund(2.0)
    mine.spend("query", 9.0)

    assert mine.taken == 9.0
    assert mine.tokens.available == -4.0
