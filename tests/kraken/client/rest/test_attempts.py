from collections.abc import Mapping

import httpx
import pytest
import trio
import trio.testing
from support.kraken_server import BEGAN_S, ORDER, Stage, failed, ok
from trio.testing import MockClock

from seawall.kraken.client import KrakenVenue
from seawall.kraken.client.rest.attempts import KeyShared, NonceRefused
from seawall.model.errors import RefusedByExchange, Unavailable

BAD_NONCE = "EAPI:Invalid nonce"


async def test_another_program_with_the_same_key_is_told_as_that(rest_only: Stage, autojump_clock: MockClock) -> None:
    rest_only.server.rest["BalanceEx"] = lambda _params: failed(BAD_NONCE)
    async with rest_only.venue() as venue:
        await trio.testing.wait_all_tasks_blocked()  # the private socket's own question about its token is over
        with pytest.raises(KeyShared, match="another program uses this API key") as shared:
            await venue.balances()
        assert shared.value.advice == "give up"
        assert len(rest_only.server.called("BalanceEx")) == 2, "one fresh attempt: more of them lead to a lockout"
        told = [notice.repeated for notice in rest_only.notices if isinstance(notice, NonceRefused)]
        assert told == [True, False]


async def test_a_cancel_gets_a_fresh_nonce_too(rest_only: Stage, autojump_clock: MockClock) -> None:
    answers = [failed(BAD_NONCE), ok({"count": 1})]
    rest_only.server.rest["CancelOrder"] = lambda _params: answers.pop(0)
    async with rest_only.venue() as venue:
        (outcome,) = await venue.cancel(["a"])
        assert outcome.accepted


async def test_being_overtaken_by_our_own_calls_is_not_blamed_on_others(rest_only: Stage, autojump_clock: MockClock) -> None:
    """Calls at the same time take different connections, and may arrive in another order than they were signed in."""
    refusals = 2

    def balances(_params: Mapping[str, str]) -> httpx.Response:
        nonlocal refusals
        refusals -= 1
        return failed(BAD_NONCE) if refusals >= 0 else ok({})

    rest_only.server.rest["BalanceEx"] = balances
    rest_only.server.slow_s = {"BalanceEx": 0.1}

    async with rest_only.venue() as venue, trio.open_nursery() as nursery:

        async def keep_cancelling() -> None:
            while True:
                await venue.cancel_all_after(60)
                await trio.sleep(0.05)

        rest_only.server.rest["CancelAllOrdersAfter"] = lambda _params: ok(
            {"currentTime": "2026-11-23T05:00:00Z", "triggerTime": "2026-11-23T05:01:00Z"}
        )
        nursery.start_soon(keep_cancelling)
        assert await venue.balances() == ()
        nursery.cancel_scope.cancel()
    assert len(rest_only.server.called("BalanceEx")) == 3


async def test_a_throttle_is_waited_out_to_the_second_it_names(rest_only: Stage, autojump_clock: MockClock) -> None:
    answers = [failed(f"EService: Throttled: {BEGAN_S + 40}"), ok({})]
    rest_only.server.rest["BalanceEx"] = lambda _params: answers.pop(0)
    async with rest_only.venue() as venue:
        await trio.sleep(10)
        began_s = trio.current_time()
        assert await venue.balances() == ()
        assert trio.current_time() - began_s == pytest.approx(30, abs=1)


async def test_a_throttled_order_says_how_long_to_wait(rest_only: Stage, autojump_clock: MockClock) -> None:
    rest_only.server.rest["AddOrder"] = lambda _params: failed(f"EService:Throttled:{BEGAN_S + 40}")
    async with rest_only.venue() as venue:
        with pytest.raises(RefusedByExchange) as refused:
            await venue.place(ORDER, lambda: None)
        assert refused.value.retry_after_s == pytest.approx(40, abs=1)
        assert refused.value.advice == "wait"


async def test_the_counter_of_reads_is_believed_to_be_full_when_the_exchange_says_so(
    rest_only: Stage, autojump_clock: MockClock
) -> None:
    rest_only.server.rest["BalanceEx"] = lambda _params: failed("EAPI:Rate limit exceeded")
    async with rest_only.venue() as venue:
        began_s = trio.current_time()
        with pytest.raises(Unavailable, match="Rate limit exceeded"):
            await venue.balances()
        assert trio.current_time() - began_s >= 30, "three attempts, and a wait of 15 s before each further one"
        called = len(rest_only.server.called("BalanceEx"))
        with trio.move_on_after(5), pytest.raises(Unavailable):
            await venue.open_orders()
        assert called == 3
        assert not rest_only.server.called("OpenOrders"), "who draws on the same counter rests as well"


async def test_a_question_that_is_overtaken_again_and_again_is_let_through(rest_only: Stage, autojump_clock: MockClock) -> None:
    """As at a start with many orders to cancel: the last attempt has the key to itself until it is answered."""
    newest = 0

    def use(params: Mapping[str, str]) -> bool:
        nonlocal newest
        is_good, newest = int(params["nonce"]) > newest, max(newest, int(params["nonce"]))
        return is_good

    times = {"currentTime": "2026-11-23T05:00:00Z", "triggerTime": "2026-11-23T05:01:00Z"}
    rest_only.server.rest["BalanceEx"] = lambda params: ok({}) if use(params) else failed(BAD_NONCE)
    rest_only.server.rest["CancelAllOrdersAfter"] = lambda params: ok(times) if use(params) else failed(BAD_NONCE)
    rest_only.server.slow_s = {"BalanceEx": 0.2}
    async with rest_only.venue() as venue, trio.open_nursery() as nursery:
        nursery.start_soon(_keep_cancelling, venue)
        assert await venue.balances() == ()
        nursery.cancel_scope.cancel()
    assert len(rest_only.server.called("BalanceEx")) == 3
    assert not [notice for notice in rest_only.notices if notice == NonceRefused("BalanceEx", repeated=False)]


async def test_being_overtaken_to_the_last_is_told_as_trouble_that_passes(rest_only: Stage, autojump_clock: MockClock) -> None:
    rest_only.server.rest["BalanceEx"] = lambda _params: failed(BAD_NONCE)
    times = {"currentTime": "2026-11-23T05:00:00Z", "triggerTime": "2026-11-23T05:01:00Z"}
    rest_only.server.rest["CancelAllOrdersAfter"] = lambda _params: ok(times)
    rest_only.server.slow_s = {"BalanceEx": 5.0}
    async with rest_only.venue() as venue, trio.open_nursery() as nursery:
        nursery.start_soon(_keep_cancelling, venue)
        with pytest.raises(Unavailable, match="overtaken by calls of our own"):
            await venue.balances()
        nursery.cancel_scope.cancel()


async def _keep_cancelling(venue: KrakenVenue) -> None:
    while True:
        await venue.cancel_all_after(60)
        await trio.sleep(0.05)
