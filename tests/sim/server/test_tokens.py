"""WebSocket tokens."""

import random

from seawall.sim.exchange.ids import Ids
from seawall.sim.server.tokens import TOKEN_LIFE_S, Tokens

LIFE_NS = TOKEN_LIFE_S * 10**9


def make_tokens() -> Tokens:
    return Tokens(Ids(random.Random(1)))


def test_a_token_is_good_for_its_life_on_any_connection() -> None:
    tokens = make_tokens()
    token = tokens.issue(0)

    assert tokens.admits(token, 1, LIFE_NS - 1)
    assert tokens.admits(token, 2, LIFE_NS - 1)
    assert not tokens.admits(token, 3, LIFE_NS)
    assert not tokens.admits("other", 1, 0)


def test_a_connection_that_used_it_in_time_may_go_on() -> None:
    tokens = make_tokens()
    token = tokens.issue(0)
    tokens.admits(token, 1, 0)

    assert tokens.admits(token, 1, 10 * LIFE_NS)
    tokens.leave(1)
    assert not tokens.admits(token, 1, 10 * LIFE_NS)


def test_stale_tokens_are_forgotten_when_new_ones_are_made() -> None:
    tokens = make_tokens()
    stale, used = tokens.issue(0), tokens.issue(0)
    tokens.admits(used, 1, 0)
    fresh = tokens.issue(LIFE_NS)

    assert list(tokens._known) == [used, fresh]
    assert stale != fresh


def test_all_can_be_made_stale_at_once() -> None:
    tokens = make_tokens()
    token = tokens.issue(0)
    tokens.admits(token, 1, 0)

    tokens.expire_all()

    assert not tokens.admits(token, 1, 0)
