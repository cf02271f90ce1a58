import pytest
import trio
import trio.testing
from support.kraken_server import Stage, ok
from trio.testing import MockClock


async def test_a_request_that_hangs_before_it_is_written_is_overtaken(rest_only: Stage, autojump_clock: MockClock) -> None:
    rest_only.server.rest["CancelOrder"] = lambda _params: ok({"count": 1})
    rest_only.server.stuck = {"BalanceEx"}
    async with rest_only.venue() as venue, trio.open_nursery() as nursery:
        nursery.start_soon(venue.balances)
        await trio.testing.wait_all_tasks_blocked()
        began_s = trio.current_time()
        await venue.cancel(["a"])
        assert trio.current_time() - began_s == pytest.approx(0.25)
        assert venue.statistics().rest.overtaken >= 1
        nursery.cancel_scope.cancel()
