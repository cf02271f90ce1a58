import pytest
import trio
import trio.testing
from support.kraken_server import Stage, ok
from trio.testing import MockClock

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
        for _ in range(13):  # all that the starter tier has at once, less what is kept for tokens
            await venue.balances()
        with trio.fail_after(1):
            with pytest.raises(Unavailable, match="too late") as refused:
                await venue.balances()
        assert refused.value.advice == "wait"
