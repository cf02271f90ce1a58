import pytest
import trio
import trio.testing
from support.kraken_server import ADDRESSES, PUBLIC_ONLY, Stage
from trio.testing import MockClock

from seawall.model.errors import AccessDenied, UnknownSymbol


async def test_a_pair_that_the_exchange_does_not_list_is_refused_without_asking(stage: Stage, autojump_clock: MockClock) -> None:
    async with stage.venue(PUBLIC_ONLY) as venue:
        with pytest.raises(UnknownSymbol, match="BTC/USD"):
            await venue.follow_book("BTC/EUR")


async def test_without_credentials_nothing_private_is_tried(stage: Stage, autojump_clock: MockClock) -> None:
    async with stage.venue(PUBLIC_ONLY) as venue:
        await venue.follow_book("BTC/USD")
        with pytest.raises(AccessDenied):
            await venue.balances()
        with pytest.raises(AccessDenied):
            await venue.cancel(["a"])
        await trio.testing.wait_all_tasks_blocked()
        assert stage.server.dialled == [ADDRESSES.public]
