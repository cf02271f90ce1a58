"""Opening a simulated exchange: `async with open_sim(settings) as sim`."""

import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial
from typing import Final, Protocol

import attrs
import trio

from seawall.sim.assembly import Simulator, assemble
from seawall.sim.market.source import MarketSource
from seawall.sim.settings import Door, SimAddresses, SimSettings

__all__ = ["Clockwork", "Due", "open_sim"]

LONGEST_NAP_S: Final = 1.0


class Due(Protocol):
    """What has something to do at its times; the exchange is."""

    def tick(self) -> None:
        """Do what can be done of what is due."""
        ...

    def next_due_ns(self) -> int | None:
        """When something is due next."""
        ...

    def now_ns(self) -> int:
        """The time."""
        ...


@attrs.define(eq=False)
class Clockwork:
    """Wakes the exchange when something is due."""

    exchange: Due
    _changed: trio.Event = attrs.field(factory=trio.Event)

    def kick(self) -> None:
        """Timers may have changed."""
        self._changed.set()

    async def run(self) -> None:
        """Tick whenever something is due."""
        while True:
            self.exchange.tick()
            due_ns = self.exchange.next_due_ns()
            left_s = float("inf") if due_ns is None else (due_ns - self.exchange.now_ns()) / 1e9
            # The wall clock may jump, so no nap is longer than a second while something is planned. What is overdue already
            # cannot be done now, as in maintenance: it is looked at again later, not at once and for ever.
            nap_s = left_s if due_ns is None else LONGEST_NAP_S if left_s <= 0 else min(LONGEST_NAP_S, left_s)
            with trio.move_on_after(nap_s):
                await self._changed.wait()
            self._changed = trio.Event()


@asynccontextmanager
async def open_sim(settings: SimSettings, source: MarketSource | None = None) -> AsyncGenerator[Simulator, None]:
    """Serve a simulated Kraken on this machine, for as long as the block runs.

    `source` feeds the market in place of the settings' generator or recording. Raises OSError when a port is taken,
    `BadRecording` for a recording that is none. Leaving the block sends every socket a close frame, within
    `settings.close_s`, and ends all connections; nothing is kept.
    """
    tls = _tls(settings)
    made = assemble(settings, source)
    exchange, market = made.exchange, made.market
    clockwork = Clockwork(exchange)
    made.doors.kick = made.doors.rest.carried_out = clockwork.kick
    made.source.prepare(market)
    listeners = await _listen(settings.host, settings.port)
    where = _addresses(settings.name or settings.host, [listener for _, listener in listeners], secure=tls is not None)
    sim = attrs.evolve(made, addresses=where)
    life = trio.CancelScope()
    async with trio.open_nursery() as nursery:
        await nursery.start(_serve, sim, clockwork, listeners, tls, life, name="sim")
        # From here on the exchange outlives a cancellation of its user, who may have orders to cancel first.
        life.shield = True
        try:
            yield sim
        finally:
            with trio.move_on_after(settings.close_s, shield=True):
                await made.doors.say_goodbye()
            life.shield = False
            life.cancel()


async def _listen(host: str, port: int) -> list[tuple[Door, trio.SocketListener]]:
    """Open the four doors, or none: raises OSError when a port is taken."""
    listeners: list[tuple[Door, trio.SocketListener]] = []
    try:
        for place, door in enumerate((Door.REST, Door.PUBLIC, Door.PRIVATE, Door.LEVEL3)):
            opened = await trio.open_tcp_listeners(port + place if port else 0, host=host)
            listeners += [(door, listener) for listener in opened]
    except BaseException:
        for _, listener in listeners:
            listener.socket.close()
        raise
    return listeners


async def _serve(
    sim: Simulator,
    clockwork: Clockwork,
    listeners: list[tuple[Door, trio.SocketListener]],
    tls: ssl.SSLContext | None,
    life: trio.CancelScope,
    *,
    task_status: trio.TaskStatus[None],
) -> None:
    with life:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(clockwork.run, name="sim clockwork")
            nursery.start_soon(sim.source.run, sim.market, name="sim market")
            for door, listener in listeners:
                serve = partial(sim.doors.serve, door)
                served = listener if tls is None else trio.SSLListener(listener, tls, https_compatible=True)
                nursery.start_soon(trio.serve_listeners, serve, [served], name=f"sim {door} door")
            task_status.started()


def _tls(settings: SimSettings) -> ssl.SSLContext | None:
    if settings.certificate is None or settings.key is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(settings.certificate, settings.key)
    return context


def _addresses(host: str, listeners: list[trio.SocketListener], *, secure: bool) -> SimAddresses:
    ports = [listener.socket.getsockname()[1] for listener in listeners]
    tail = "s" if secure else ""
    public, private, level3 = (f"ws{tail}://{host}:{port}/v2" for port in ports[1:])
    return SimAddresses(f"http{tail}://{host}:{ports[0]}", public, private, level3)
