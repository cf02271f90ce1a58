"""Opening a simulated exchange: `async with open_sim(settings) as sim`."""

import base64
import random
import ssl
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial
from typing import Final

import attrs
import trio

from seawall.sim.exchange.exchange import Exchange
from seawall.sim.exchange.limits import Tier
from seawall.sim.exchange.pairs import assets_of
from seawall.sim.faults import Faults
from seawall.sim.feeds.level3 import Level3Feed
from seawall.sim.feeds.private import PrivateFeed
from seawall.sim.feeds.public import PublicFeed
from seawall.sim.market.generator import Generator
from seawall.sim.market.recording import read_recording
from seawall.sim.market.replay import Replay
from seawall.sim.market.source import MarketInput, MarketSource
from seawall.sim.requests import RequestLog
from seawall.sim.server.doors import Doors
from seawall.sim.server.rest import Key, Rest
from seawall.sim.server.rest_reads import Reader
from seawall.sim.server.subscriptions import Feeds
from seawall.sim.server.tokens import Tokens
from seawall.sim.settings import DEFAULT_BALANCES, Door, SimAddresses, SimSettings

__all__ = ["Simulator", "open_sim"]

HOST: Final = "127.0.0.1"
LONGEST_NAP_S: Final = 1.0
LEVEL3_BUDGETS_PER_S: Final = {Tier.STARTER: 200.0, Tier.INTERMEDIATE: 200.0, Tier.PRO: 500.0}
"""What a connection may subscribe of `level3` (docs.kraken.com/api/docs/websocket-v2/level3)."""


@attrs.define(eq=False)
class Simulator:
    """One running exchange: where it is, the key to it, its heart, its faults, and what it was asked."""

    settings: SimSettings
    addresses: SimAddresses
    api_key: str
    api_secret: str
    exchange: Exchange
    faults: Faults
    requests: RequestLog
    market: MarketInput
    source: MarketSource
    doors: Doors

    def __repr__(self) -> str:
        return f"<Simulator at {self.addresses.rest}, {self.exchange.statistics()}>"


@attrs.define(eq=False)
class _Clockwork:
    """Wakes the exchange when something is due."""

    exchange: Exchange
    _changed: trio.Event = attrs.field(factory=trio.Event)

    def kick(self) -> None:
        """Timers may have changed."""
        self._changed.set()

    async def run(self) -> None:
        while True:
            self.exchange.tick()
            due_ns = self.exchange.next_due_ns()
            # The wall clock may jump, so no nap is longer than a second while something is planned.
            nap_s = float("inf") if due_ns is None else min(LONGEST_NAP_S, max(0.0, (due_ns - self.exchange.now_ns()) / 1e9))
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
    made = _make(settings, source)
    exchange, market = made.exchange, made.market
    clockwork = _Clockwork(exchange)
    made.doors.kick = made.doors.rest.carried_out = clockwork.kick
    made.source.prepare(market)
    listeners = await _listen(settings.port)
    sim = attrs.evolve(made, addresses=_addresses([listener for _, listener in listeners], secure=tls is not None))
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


async def _listen(port: int) -> list[tuple[Door, trio.SocketListener]]:
    """Open the four doors, or none: raises OSError when a port is taken."""
    listeners: list[tuple[Door, trio.SocketListener]] = []
    try:
        for place, door in enumerate((Door.REST, Door.PUBLIC, Door.PRIVATE, Door.LEVEL3)):
            opened = await trio.open_tcp_listeners(port + place if port else 0, host=HOST)
            listeners += [(door, listener) for listener in opened]
    except BaseException:
        for _, listener in listeners:
            listener.socket.close()
        raise
    return listeners


async def _serve(
    sim: Simulator,
    clockwork: _Clockwork,
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


def _addresses(listeners: list[trio.SocketListener], *, secure: bool) -> SimAddresses:
    ports = [listener.socket.getsockname()[1] for listener in listeners]
    tail = "s" if secure else ""
    public, private, level3 = (f"ws{tail}://{HOST}:{port}/v2" for port in ports[1:])
    return SimAddresses(f"http{tail}://{HOST}:{ports[0]}", public, private, level3)


def _make(settings: SimSettings, source: MarketSource | None) -> Simulator:
    """Put the parts together; the addresses are known only once the doors are open."""
    rng = random.Random(settings.seed)
    wall_ns = settings.now_ns or time.time_ns
    offset: list[Faults] = []

    def now_ns() -> int:
        return wall_ns() + (offset[0].clock_offset_ns if offset else 0)

    pairs = settings.pairs
    if source is None and settings.replay is not None:
        recording = read_recording(settings.replay)
        pairs = recording.pairs
        source = Replay(recording, settings.speed, settings.replay_start)
    elif source is None:
        source = Generator(random.Random(rng.getrandbits(64)), settings.events_per_s, settings.crowd_levels, settings.history_min)
    balances, known = settings.balances, assets_of(pairs)
    if balances == DEFAULT_BALANCES:
        balances = {asset: amount for asset, amount in balances.items() if asset in known}
    exchange = Exchange.of(
        pairs,
        balances,
        now_ns=now_ns,
        rng=random.Random(rng.getrandbits(64)),
        tier=settings.tier,
        limits_enforced=settings.limits_enforced,
        post_only_crossing=settings.post_only_crossing,
        volume_usd=settings.volume_usd,
    )
    faults = Faults(exchange)
    offset.append(faults)
    public = PublicFeed(exchange, mangle_book=faults.mangle_book)
    private = PrivateFeed(exchange, copies=faults.private_copies)
    level3 = Level3Feed(
        exchange,
        public.topics,
        served=isinstance(source, Generator),
        budget_per_s=LEVEL3_BUDGETS_PER_S[settings.tier] if settings.limits_enforced else None,
        mangle=faults.mangle_level3,
    )
    tokens, log = Tokens(exchange.floor.ids), RequestLog(settings.request_log)
    secret = rng.randbytes(64)
    key = Key("SIM" + exchange.floor.ids.token(), secret)
    reader = Reader(exchange, tokens, lambda: faults.rest_lag_s, key_facts=lambda: {"api_key": key.key, "nonce": str(key.nonce)})
    rest = Rest(exchange, public, reader, key, faults, log, carried_out=_nothing)
    markets = MarketInput(exchange, public, room=_no_room)
    doors = Doors(
        settings,
        exchange,
        Feeds(public, private, level3),
        tokens,
        rest,
        faults,
        log,
        random.Random(rng.getrandbits(64)),
        followed=markets.followers_changed,
        kick=_nothing,
    )
    markets.room = doors.room
    text = base64.b64encode(secret).decode()
    return Simulator(settings, SimAddresses("", "", "", ""), key.key, text, exchange, faults, log, markets, source, doors)


def _nothing() -> None:
    """What is called before the parts are joined."""


async def _no_room() -> None:
    await trio.lowlevel.checkpoint()
