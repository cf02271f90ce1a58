import attrs
import pytest
from support.kraken_server import SECRET, Stage
from trio.testing import MockClock

from seawall.kraken.client import Credentials


async def test_every_private_call_is_signed_with_a_rising_nonce(rest_only: Stage, autojump_clock: MockClock) -> None:
    async with rest_only.venue() as venue:
        for _ in range(3):
            await venue.balances()
        nonces = [int(params["nonce"]) for params in rest_only.server.called("BalanceEx")]
        assert nonces == sorted(set(nonces))


async def test_a_secret_that_is_no_base64_is_refused_without_showing_it(rest_only: Stage, autojump_clock: MockClock) -> None:
    settings = attrs.evolve(rest_only.settings, credentials=Credentials("key", "not base64!"))
    with pytest.raises(ValueError, match="not base64") as error:
        async with rest_only.venue(settings):
            pytest.fail("it must not open")
    assert "not base64!" not in str(error.value)
    assert SECRET not in repr(rest_only.settings)
