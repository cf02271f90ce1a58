import httpx
import pytest
import trio
import trio.testing
from support.kraken_server import PUBLIC_ONLY, Stage
from trio.testing import MockClock

from seawall.model.errors import Unavailable


@pytest.mark.parametrize("_seed", range(10))
async def test_a_bug_of_the_listener_comes_out_of_the_block(stage: Stage, autojump_clock: MockClock, _seed: int) -> None:
    """Whichever task the scheduler runs first: the block may be left in the very moment the bug strikes."""
    stage.heard.bug = KeyError("a bug")
    with pytest.RaisesGroup(KeyError, flatten_subgroups=True):
        async with stage.venue(PUBLIC_ONLY) as venue:
            await venue.follow_book("BTC/USD")


async def test_the_clock_is_the_exchanges_once_it_was_heard(rest_only: Stage, autojump_clock: MockClock) -> None:
    async with rest_only.venue() as venue:
        # Time is cut to whole seconds, so the middle of the second is the best guess
        assert venue.now_ns() == 1_795_410_000_500_000_000
        before_ns = venue.now_ns()
        await trio.sleep(2)
        assert venue.now_ns() - before_ns == 2_000_000_000


async def test_an_exchange_that_cannot_be_reached_at_the_start_is_unavailable(
    rest_only: Stage, autojump_clock: MockClock
) -> None:
    rest_only.server.rest["AssetPairs"] = lambda _params: httpx.Response(503)
    with pytest.raises(Unavailable):
        async with rest_only.venue():
            pytest.fail("it must not open")


@pytest.mark.parametrize("_seed", range(10))
async def test_a_connection_lost_in_the_moment_of_leaving_is_no_failure_of_the_block(
    stage: Stage, autojump_clock: MockClock, _seed: int
) -> None:
    async with stage.venue():
        socket = await stage.private_live()
        await trio.aclose_forcefully(socket.stream)
        await stage.heard.until_told("private lost")
