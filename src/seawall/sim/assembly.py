"""The parts of a simulated exchange, and how they hang together. Nothing runs yet: `opening` opens the doors."""

import base64
import random
import time
from collections.abc import Callable
from typing import Final

import attrs
import trio

from seawall.sim.exchange.exchange import Exchange
from seawall.sim.exchange.limits import Tier
from seawall.sim.exchange.pairs import Pair, assets_of
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
from seawall.sim.server.keys import Key, Lockout
from seawall.sim.server.rest import Rest
from seawall.sim.server.rest_reads import Reader
from seawall.sim.server.subscriptions import Feeds
from seawall.sim.server.tokens import Tokens
from seawall.sim.settings import DEFAULT_BALANCES, SimAddresses, SimSettings

__all__ = ["Simulator", "assemble"]

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

    @property
    def locked_out_s(self) -> float:
        """For how long the key stays locked out, if nobody tries it meanwhile; 0 when it is not."""
        lockout = self.doors.rest.lockout
        return 0.0 if lockout is None else lockout.left_s()

    def __repr__(self) -> str:
        return f"<Simulator at {self.addresses.rest}, {self.exchange.statistics()}>"


def assemble(settings: SimSettings, source: MarketSource | None) -> Simulator:
    """Put the parts together; the addresses are known only once the doors are open.

    All chance comes from the seed, in one order of drawing; all time from the settings' clock, or the system's.
    """
    rng = random.Random(settings.seed)
    pairs, source = _market_of(settings, source, rng)
    clock = _Clock(settings.now_ns or time.time_ns)
    exchange = _exchange(settings, pairs, clock.now_ns, rng)
    faults = clock.faults = Faults(exchange)
    feeds = _feeds(settings, exchange, faults, single_orders=isinstance(source, Generator))
    rest = _rest(settings, feeds.public, faults, rng)
    market = MarketInput(exchange, feeds.public, room=_no_room)
    doors = Doors(
        settings,
        exchange,
        feeds,
        rest.reader.tokens,
        rest,
        faults,
        rest.log,
        _branch(rng),
        followed=market.followers_changed,
        kick=_nothing,
    )
    market.room = doors.room
    faults.frames.rng = _branch(rng)
    secret = base64.b64encode(rest.key.secret).decode()
    nowhere = SimAddresses("", "", "", "")
    return Simulator(settings, nowhere, rest.key.key, secret, exchange, faults, rest.log, market, source, doors)


@attrs.define(eq=False)
class _Clock:
    """The wall clock of the exchange, which a fault may put wrong."""

    wall_ns: Callable[[], int]
    faults: Faults | None = None

    def now_ns(self) -> int:
        return self.wall_ns() + (0 if self.faults is None else self.faults.clock_offset_ns)


def _branch(rng: random.Random) -> random.Random:
    """A source of chance of its own, so that what one part draws changes nothing for another."""
    return random.Random(rng.getrandbits(64))


def _market_of(settings: SimSettings, source: MarketSource | None, rng: random.Random) -> tuple[tuple[Pair, ...], MarketSource]:
    """What is traded, and who feeds it: the source that was given, a recording, or a market out of the seed."""
    if source is not None:
        return settings.pairs, source
    if settings.replay is not None:
        recording = read_recording(settings.replay)
        return recording.pairs, Replay(recording, settings.speed, settings.replay_start)
    return settings.pairs, Generator(_branch(rng), settings.events_per_s, settings.crowd_levels, settings.history_min)


def _exchange(settings: SimSettings, pairs: tuple[Pair, ...], now_ns: Callable[[], int], rng: random.Random) -> Exchange:
    balances, known = settings.balances, assets_of(pairs)
    if balances == DEFAULT_BALANCES:
        balances = {asset: amount for asset, amount in balances.items() if asset in known}
    return Exchange.of(
        pairs,
        balances,
        now_ns=now_ns,
        rng=_branch(rng),
        tier=settings.tier,
        limits_enforced=settings.limits_enforced,
        post_only_crossing=settings.post_only_crossing,
        volume_usd=settings.volume_usd,
    )


def _feeds(settings: SimSettings, exchange: Exchange, faults: Faults, *, single_orders: bool) -> Feeds:
    public = PublicFeed(exchange, mangle_book=faults.mangle_book)
    private = PrivateFeed(exchange, copies=faults.private_copies)
    level3 = Level3Feed(
        exchange,
        public.topics,
        served=single_orders,
        budget_per_s=LEVEL3_BUDGETS_PER_S[settings.tier] if settings.limits_enforced else None,
        mangle=faults.mangle_level3,
    )
    return Feeds(public, private, level3, faults.refusal_of)


def _rest(settings: SimSettings, public: PublicFeed, faults: Faults, rng: random.Random) -> Rest:
    exchange = public.exchange
    secret = rng.randbytes(64)
    key = Key("SIM" + exchange.floor.ids.token(), secret, nonce_window=settings.nonce_window, permissions=settings.permissions)
    reader = Reader(exchange, Tokens(exchange.floor.ids), lambda: faults.rest_lag_s, key_facts=key.facts)
    lockout = Lockout(exchange.now_ns) if settings.limits_enforced else None
    log = RequestLog(settings.request_log)
    return Rest(exchange, public, reader, key, faults, log, carried_out=_nothing, lockout=lockout)


def _nothing() -> None:
    """What is called before the parts are joined."""


async def _no_room() -> None:
    await trio.lowlevel.checkpoint()
