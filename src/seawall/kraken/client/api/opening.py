"""Opening the plain client, and closing all of it again."""

import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from random import Random

import trio

from seawall.kraken.client.api.calls.history import History
from seawall.kraken.client.api.calls.rest import RestCalls
from seawall.kraken.client.api.kraken import Kraken
from seawall.kraken.client.api.names import Names
from seawall.kraken.client.api.orders import OrderCalls
from seawall.kraken.client.api.streams.hub import Hub
from seawall.kraken.client.opening import open_venue
from seawall.kraken.client.rest.http import Transport
from seawall.kraken.client.settings import ClientSettings
from seawall.kraken.client.wire.dialling import Dial
from seawall.kraken.client.wire.dialling import dial as dial_tcp
from seawall.model.venue import Probe
from seawall.resilience import ConnectionBudget, ignore
from seawall.resilience.probes import tell

__all__ = ["open_kraken"]


@asynccontextmanager
async def open_kraken(
    settings: ClientSettings | None = None,
    *,
    probe: Probe = ignore,
    now_ns: Callable[[], int] = time.time_ns,
    rng: Random | None = None,
    dial: Dial = dial_tcp,
    transport: Transport | None = None,
    budget: ConnectionBudget | None = None,
) -> AsyncGenerator[Kraken, None]:
    """Kraken, for as long as the block lasts; without settings its public market data.

    Entered once pairs, status and clock are known; sockets connect meanwhile. What it raises, what comes out of the block, and
    what the other arguments are, is all as with `open_venue`. An exception of a callback comes out of the block in a group.
    """
    settings = settings or ClientSettings()
    hub = Hub(trio.current_time)

    def noticed(notice: object) -> None:
        hub.noticed(notice)
        tell(probe, notice)

    venue_block = open_venue(settings, hub, probe=noticed, now_ns=now_ns, rng=rng, dial=dial, transport=transport, budget=budget)
    async with venue_block as venue:
        names = Names(venue.reference)
        has_key = settings.credentials is not None
        calls = RestCalls(venue.rest, names, has_key)
        yield Kraken(venue, hub, names, has_key, calls, History(calls), OrderCalls(venue, names, has_key))
