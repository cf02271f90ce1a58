"""Opening a venue, and closing all of it again."""

import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, nullcontext
from importlib.metadata import version
from random import Random

import trio

from seawall.kraken.client.assembly import Parts
from seawall.kraken.client.rest.http import Transport, open_http
from seawall.kraken.client.rest.keys import owned_nonce
from seawall.kraken.client.settings import ClientSettings
from seawall.kraken.client.venue import KrakenVenue
from seawall.kraken.client.wire.dialling import Dial
from seawall.kraken.client.wire.dialling import dial as dial_tcp
from seawall.kraken.dialect.nonce import Nonce
from seawall.model.venue import Probe, VenueListener
from seawall.resilience import ConnectionBudget, ignore

__all__ = ["open_venue"]


@asynccontextmanager
async def open_venue(
    settings: ClientSettings,
    listener: VenueListener,
    *,
    probe: Probe = ignore,
    now_ns: Callable[[], int] = time.time_ns,
    rng: Random | None = None,
    dial: Dial = dial_tcp,
    transport: Transport | None = None,
    budget: ConnectionBudget | None = None,
) -> AsyncGenerator[KrakenVenue, None]:
    """Kraken, for as long as the block lasts. Entered once pairs, status and clock are known; sockets connect meanwhile.

    Raises `Unavailable` where the exchange cannot be reached at the start; later such failures are waited out. Raises `KeyInUse`
    where another client of this program has the API key, or another process its nonce file. What comes
    out of the block later is `ReconnectStopped` (a refused key, a wrong address) or a bug, in an exception group. Its
    tasks outlive a cancellation from outside until the block is left, so that clean-up still finds an exchange to talk to.
    A `listener` that extends `MarketListener` is told of tickers, single orders, pairs and assets as well. The exchange
    counts dials by address: venues of one program that talk to the same one share a `budget`.
    `dial` and `transport` replace TCP in tests; `now_ns` is this machine's wall clock, `rng` spreads retries.
    """
    context = settings.ssl_context()
    shared = budget or ConnectionBudget(name="kraken sockets", probe=probe)
    parts = Parts(settings, listener, probe, now_ns, rng or Random(), dial, context, shared)
    key = "" if settings.credentials is None else settings.credentials.key
    owned = nullcontext(Nonce(now_ns)) if not key else owned_nonce(key, now_ns, settings.nonce_file)
    with owned as nonce:
        async with open_http(
            settings.addresses.rest,
            context,
            connect_s=settings.connect_s,
            request_s=settings.request_s,
            user_agent=f"seawall/{version('seawall')}",
            transport=transport,
        ) as link:
            service = parts.assemble(link, nonce)
            await service.venue.load()
            async with trio.open_nursery() as nursery:
                await nursery.start(service.run, name="venue session")
                try:
                    yield service.venue
                finally:
                    service.stop()
