from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from decimal import Decimal
from random import Random

import pytest
from support.kraken_server import BEGAN_S, SETTINGS, Stage

from seawall.kraken.client import ClientSettings
from seawall.kraken.client.api import Kraken, open_kraken
from seawall.kraken.client.market.reference import Reference
from seawall.model.instruments import Instrument

Opening = Callable[..., AbstractAsyncContextManager[Kraken]]


def pair(symbol: str, rest_name: str, rest_id: str) -> Instrument:
    base, _, quote = symbol.partition("/")
    return Instrument(
        symbol=symbol,
        base=base,
        quote=quote,
        rest_name=rest_name,
        rest_id=rest_id,
        price_precision=1,
        qty_precision=8,
        price_increment=Decimal("0.1"),
        qty_increment=Decimal("0.00000001"),
        qty_min=Decimal("0.00005"),
        cost_min=Decimal("0.5"),
        maker_fee=Decimal("0.0025"),
        taker_fee=Decimal("0.004"),
    )


@pytest.fixture
def reference() -> Reference:
    """Three pairs, under all of their names."""
    reference = Reference(lambda _status: None)
    reference.learn(
        [
            pair("BTC/USD", "XBTUSD", "XXBTZUSD"),
            pair("ETH/USD", "ETHUSD", "XETHZUSD"),
            pair("DOGE/USD", "XDGUSD", "XDGUSD"),
        ]
    )
    return reference


@pytest.fixture
def kraken_on(stage: Stage) -> Opening:
    """Opens the plain client on the scripted exchange."""

    @asynccontextmanager
    async def opening(settings: ClientSettings = SETTINGS) -> AsyncGenerator[Kraken, None]:
        async with open_kraken(
            settings,
            probe=stage.notices.append,
            now_ns=lambda: BEGAN_S * 1_000_000_000,
            rng=Random(1),
            dial=stage.server.dial,
            transport=stage.server.transport(),
        ) as kraken:
            yield kraken

    return opening
