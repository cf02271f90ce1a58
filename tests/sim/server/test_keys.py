"""Nonces, permissions, and the lockout of who comes with bad keys."""

import pytest
from support.sim import Clock

from seawall.sim.exchange.refusal import ApiError
from seawall.sim.server.keys import Key, Lockout


def taken(key: Key, nonce: int) -> bool:
    try:
        key.use(nonce)
    except ApiError as error:
        return error.text != "EAPI:Invalid nonce"
    return True


@pytest.mark.parametrize(
    ("window", "nonces", "good"),
    [
        (0, [5, 6, 6, 5, 7, 100, 99], [True, True, False, False, True, True, False]),
        (3, [10, 8, 8, 7, 9, 11, 8, 9], [True, True, False, False, True, True, False, False]),
        (3, [10, 13, 11, 12, 10, 14], [True, True, True, True, False, True]),
    ],
)
def test_nonces_rise_but_for_the_window_and_none_is_taken_twice(window: int, nonces: list[int], good: list[bool]) -> None:
    key = Key("x", b"", nonce_window=window)

    assert [taken(key, nonce) for nonce in nonces] == good


@pytest.mark.parametrize(
    ("permissions", "method", "allowed"),
    [
        (("query-funds",), "Balance", True),
        (("query-funds",), "AddOrder", False),
        (("query-funds",), "add_order", False),
        (("close-trades",), "cancel_order", True),
        (("close-trades",), "CancelAllOrdersAfter", True),
        (("close-trades",), "amend_order", False),
        (("modify-trades",), "batch_cancel", True),
        (("query-closed-trades",), "QueryOrders", True),
        (("query-closed-trades",), "OpenOrders", False),
        ((), "GetApiKeyInfo", True),
        ((), "GetWebSocketsToken", False),
    ],
)
def test_a_method_needs_its_permission_on_both_transports(permissions: tuple[str, ...], method: str, allowed: bool) -> None:
    key = Key("x", b"", permissions=permissions)

    if allowed:
        key.check_permitted(method)
    else:
        with pytest.raises(ApiError, match="EGeneral:Permission denied"):
            key.check_permitted(method)


def test_too_many_bad_keys_in_a_row_lock_out_and_each_try_begins_anew() -> None:
    clock = Clock()
    lockout = Lockout(clock, after=3)
    for good in (False, False, True, False, False):
        lockout.note(good=good)
    lockout.check()
    assert lockout.left_s() == 0
    lockout.note(good=False)
    assert lockout.left_s() == 900

    for wait_s in (1, 899):
        clock.advance(wait_s)
        with pytest.raises(ApiError, match="EGeneral:Temporary lockout"):
            lockout.check()
    clock.advance(900)
    lockout.check()
