import attrs
import pytest
import trio
import trio.testing
from support.kraken_server import Stage, ok
from trio.testing import MockClock

from seawall.kraken.client import Tier
from seawall.model.errors import Unavailable


async def test_queries_leave_room_for_the_token_that_a_new_connection_needs(stage: Stage, autojump_clock: MockClock) -> None:
    async with stage.venue() as venue, trio.open_nursery() as nursery:
        socket = await stage.private_live()
        for _ in range(30):
            nursery.start_soon(venue.balances)
        await trio.testing.wait_all_tasks_blocked()
        await trio.aclose_forcefully(socket.stream)
        with trio.fail_after(3):
            await stage.private_live(2)
        nursery.cancel_scope.cancel()


async def test_a_slow_query_does_not_hold_up_a_cancel(rest_only: Stage, autojump_clock: MockClock) -> None:
    rest_only.server.rest["CancelOrder"] = lambda _params: ok({"count": 1})
    rest_only.server.slow_s = {"BalanceEx": 8.0}
    async with rest_only.venue() as venue, trio.open_nursery() as nursery:
        for _ in range(4):
            nursery.start_soon(venue.balances)
        await trio.testing.wait_all_tasks_blocked()
        began_s = trio.current_time()
        await venue.cancel(["a"])
        assert trio.current_time() - began_s == 0
        nursery.cancel_scope.cancel()


async def test_a_caller_with_no_time_is_told_to_wait_instead_of_waiting(rest_only: Stage, autojump_clock: MockClock) -> None:
    async with rest_only.venue() as venue:
        for _ in range(12):  # all that the starter tier has at once, less what is kept for tokens and for a list of open orders
            await venue.balances()
        with trio.fail_after(1):
            with pytest.raises(Unavailable, match="too late") as refused:
                await venue.balances()
        assert refused.value.advice == "wait"


@pytest.mark.parametrize(("tier", "at_once", "per_100_s"), [("starter", 12, 33), ("intermediate", 17, 50), ("pro", 17, 100)])
async def test_each_tier_has_its_own_cap_and_decay(
    rest_only: Stage, autojump_clock: MockClock, tier: Tier, at_once: int, per_100_s: int
) -> None:
    """docs.kraken.com/api/docs/guides/spot-rest-ratelimits; two calls are kept for tokens, one for a list of open orders."""
    settings = attrs.evolve(rest_only.settings, tier=tier)
    async with rest_only.venue(settings) as venue, trio.open_nursery() as nursery:
        for _ in range(300):
            nursery.start_soon(venue.balances)
        await trio.sleep(0.5)
        assert len(rest_only.server.called("BalanceEx")) == at_once
        await trio.sleep(100)
        tokens = len(rest_only.server.called("GetWebSocketsToken"))
        called = len(rest_only.server.called("BalanceEx")) - at_once
        assert called + tokens == pytest.approx(per_100_s, abs=4), "the private socket's dials draw on the same counter"
        nursery.cancel_scope.cancel()


async def test_calls_of_the_past_are_budgeted_at_four(rest_only: Stage, autojump_clock: MockClock) -> None:
    """The page has said 2, and for a time 4: three of them are all that 12 allow."""
    async with rest_only.venue() as venue:
        for _ in range(3):
            await venue.fills_since(0)
        with trio.fail_after(1), pytest.raises(Unavailable, match="too late"):
            await venue.balances()


async def test_the_list_of_open_orders_is_had_though_questions_about_single_ones_have_used_everything_up(
    rest_only: Stage, autojump_clock: MockClock
) -> None:
    """A stop ends with it: seen after outages, where orders in doubt were asked for again and again until then."""
    async with rest_only.venue() as venue:
        for _ in range(12 // 5):  # each asks for open orders, and then for closed ones
            await venue.find_order("nobody")
        for _ in range(2):
            await venue.balances()
        with trio.fail_after(0.5), pytest.raises(Unavailable, match="too late"):
            await venue.balances()
        with trio.fail_after(0.5):
            assert (await venue.open_orders()).orders == ()


async def test_a_question_that_has_two_halves_is_not_begun_without_room_for_both(
    rest_only: Stage, autojump_clock: MockClock
) -> None:
    """Else many of them take each call of the counter as it comes, and none is ever answered."""
    async with rest_only.venue() as venue:
        for _ in range(8):
            await venue.balances()
        with trio.fail_after(1), pytest.raises(Unavailable, match="too late"):
            await venue.find_order("nobody")
        assert rest_only.server.called("OpenOrders") == []
        with trio.fail_after(30):
            await venue.find_order("nobody")
        assert len(rest_only.server.called("ClosedOrders")) == 1


async def test_orders_and_cancels_take_nothing_of_the_counter_of_reads(rest_only: Stage, autojump_clock: MockClock) -> None:
    rest_only.server.rest["CancelOrder"] = lambda _params: ok({"count": 1})
    async with rest_only.venue() as venue:
        await venue.cancel([f"o{number}" for number in range(100)])
        for _ in range(12):
            with trio.fail_after(1):
                await venue.balances()
