import httpx
import pytest
import trio
import trio.testing
from support.kraken_server import ORDER, Stage, failed, ok
from trio.testing import MockClock

from seawall.kraken.client import NonceRefused
from seawall.model.errors import ExchangeError, NotSent, OutcomeUnknown, RefusedByExchange, Unavailable


async def test_a_read_is_repeated_when_the_exchange_is_busy(rest_only: Stage, autojump_clock: MockClock) -> None:
    answers = [failed("EService:Busy"), httpx.Response(502, text="<html>"), ok({})]
    rest_only.server.rest["BalanceEx"] = lambda _params: answers.pop(0)
    async with rest_only.venue() as venue:
        assert await venue.balances() == ()
        assert not answers


async def test_a_read_that_fails_every_time_is_unavailable(rest_only: Stage, autojump_clock: MockClock) -> None:
    rest_only.server.rest["BalanceEx"] = lambda _params: httpx.Response(502, text="<html>")
    async with rest_only.venue() as venue:
        with pytest.raises(Unavailable, match="502"):
            await venue.balances()


async def test_half_an_answer_to_a_read_is_unavailable(rest_only: Stage, autojump_clock: MockClock) -> None:
    rest_only.server.rest["BalanceEx"] = lambda _params: httpx.Response(200, text='{"error":[],"resu')
    async with rest_only.venue() as venue:
        with pytest.raises(Unavailable, match="BalanceEx"):
            await venue.balances()


async def test_an_invalid_nonce_is_signed_anew_once(rest_only: Stage, autojump_clock: MockClock) -> None:
    answers = [failed("EAPI:Invalid nonce"), ok({})]
    rest_only.server.rest["BalanceEx"] = lambda _params: answers.pop(0)
    async with rest_only.venue() as venue:
        assert await venue.balances() == ()
        first, second = rest_only.server.called("BalanceEx")
        assert int(first["nonce"]) < int(second["nonce"])
        assert NonceRefused("BalanceEx", repeated=True) in rest_only.notices


async def test_a_placement_with_an_invalid_nonce_is_refused_and_not_repeated(rest_only: Stage, autojump_clock: MockClock) -> None:
    rest_only.server.rest["AddOrder"] = lambda _params: failed("EAPI:Invalid nonce")
    async with rest_only.venue() as venue:
        with pytest.raises(RefusedByExchange, match="nonce"):
            await venue.place(ORDER, lambda: None)
        assert len(rest_only.server.called("AddOrder")) == 1


async def test_an_open_breaker_refuses_orders_and_lets_cancels_through(rest_only: Stage, autojump_clock: MockClock) -> None:
    rest_only.server.rest["AddOrder"] = lambda _params: failed("EService:Unavailable")
    rest_only.server.rest["CancelOrder"] = lambda _params: ok({"count": 1})
    async with rest_only.venue() as venue:
        for _ in range(5):
            with pytest.raises(OutcomeUnknown):
                await venue.place(ORDER, lambda: None)
        with pytest.raises(NotSent) as refused:
            await venue.place(ORDER, lambda: None)
        assert refused.value.advice == "wait"
        assert refused.value.retry_after_s is not None
        (outcome,) = await venue.cancel(["order1"])
        assert outcome.accepted


async def test_a_request_without_an_answer_is_cut_by_our_own_deadline(rest_only: Stage, autojump_clock: MockClock) -> None:
    rest_only.server.slow_s = {"AddOrder": 1e6}
    async with rest_only.venue() as venue:
        began_s = trio.current_time()
        with pytest.raises(OutcomeUnknown, match="no answer in time"):
            await venue.place(ORDER, lambda: None)
        assert trio.current_time() - began_s == pytest.approx(10)


async def test_other_noes_are_exchange_errors(rest_only: Stage, autojump_clock: MockClock) -> None:
    rest_only.server.rest["BalanceEx"] = lambda _params: failed("EGeneral:Invalid arguments")
    async with rest_only.venue() as venue:
        with pytest.raises(ExchangeError, match="Invalid arguments"):
            await venue.balances()
