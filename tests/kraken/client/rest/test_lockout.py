"""A key that is locked out signs nothing until it is over: each try would begin the quarter of an hour anew."""

import pytest
import trio
import trio.testing
from support.kraken_server import ORDER, Stage, failed, ok
from trio.testing import MockClock

from seawall.kraken.client.rest.lockout import LockedOut, Lockout
from seawall.model.errors import AccessDenied, NotSent, OutcomeUnknown, RefusedByExchange, Unavailable

LOCKED = "EGeneral:Temporary lockout"
QUARTER_S = 900.0


@pytest.mark.parametrize(
    "refusal", [AccessDenied(LOCKED), RefusedByExchange(LOCKED, LOCKED), AccessDenied(f"EAPI:Invalid nonce; {LOCKED}")]
)
def test_it_lasts_a_quarter_of_an_hour_from_the_newest_refusal(refusal: AccessDenied | RefusedByExchange) -> None:
    lockout = Lockout()
    lockout.check(0.0)
    lockout.heard(refusal, 10.0)
    lockout.heard(refusal, 20.0)
    with pytest.raises(LockedOut, match="another 1 s") as locked:
        lockout.check(20.0 + QUARTER_S - 1.0)
    assert locked.value.left_s == 1.0
    lockout.check(20.0 + QUARTER_S)


@pytest.mark.parametrize("refusal", [AccessDenied("EAPI:Invalid key"), OutcomeUnknown(LOCKED), Unavailable("EService:Busy")])
def test_nothing_else_locks(refusal: AccessDenied) -> None:
    lockout = Lockout()
    lockout.heard(refusal, 10.0)
    lockout.check(10.0)


async def test_whoever_asks_meanwhile_hears_how_long_and_nothing_is_sent(rest_only: Stage, autojump_clock: MockClock) -> None:
    async with rest_only.venue() as venue:
        await trio.testing.wait_all_tasks_blocked()
        rest_only.server.rest["BalanceEx"] = lambda _params: failed(LOCKED)
        with trio.fail_after(5), pytest.raises(AccessDenied) as denied:
            await venue.balances()
        assert denied.value.retry_after_s == QUARTER_S
        signed = len(rest_only.server.rest_requests)

        with trio.fail_after(5), pytest.raises(Unavailable, match="lockout") as asked:
            await venue.balances()
        with pytest.raises(NotSent, match="lockout") as placed:
            await venue.place(ORDER, lambda: pytest.fail("nothing was to be sent"))
        with pytest.raises(NotSent, match="lockout") as cancelled:
            await venue.cancel(["a"])
        for each in (asked, placed, cancelled):
            assert each.value.retry_after_s == pytest.approx(QUARTER_S, abs=1)

        await trio.sleep(QUARTER_S - 10)
        assert len(rest_only.server.rest_requests) == signed, "not even a token for the socket"

        rest_only.server.rest["CancelOrder"] = lambda _params: ok({"count": 1})
        await trio.sleep(10)
        (outcome,) = await venue.cancel(["a"])
        assert outcome.accepted
