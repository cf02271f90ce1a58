"""The composition root: an engine from a configuration, with the real journal and the real exchange, or one of ours."""

import os
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from random import Random

import attrs
import trio

from seawall.config.config import Config
from seawall.config.credentials import credentials_for
from seawall.config.errors import ConfigError, Fault
from seawall.config.lease import lease_terms
from seawall.config.paper import open_paper_venue
from seawall.config.schema import JournalSync, Mode, Sim
from seawall.config.strategy_loading import load_strategies
from seawall.engine.certificate import Certificate
from seawall.engine.dead_mans_switch import Confirm
from seawall.engine.engine import Engine, EngineParts, open_engine_on
from seawall.engine.strategies import StrategySpec
from seawall.journal import open_journal
from seawall.kraken.client import ClientSettings, Credentials, open_venue
from seawall.kraken.client.settings import Addresses
from seawall.model.venue import Probe, Venue, VenueListener
from seawall.resilience import Backoff, equal, ignore
from seawall.sim import DEFAULT_PAIRS, Pair, SimSettings, open_sim

__all__ = ["Surroundings", "client_settings", "open_engine", "sim_settings"]

_ASK_AGAIN = Backoff(base_s=0.25, max_s=5.0, jitter=equal)
"""Between two questions to the exchange about the same thing."""


@attrs.frozen
class Surroundings:
    """What an engine takes from the machine it runs on."""

    environ: Mapping[str, str] = attrs.field(factory=lambda: os.environ, repr=False)
    now_ns: Callable[[], int] = time.time_ns
    rng: Random = attrs.field(factory=Random)
    watch_signals: bool = False
    """Whether the first SIGINT or SIGTERM stops the engine, and the second stops it at once."""
    on_overdue: Callable[[Certificate], None] | None = None
    """Called when a task refuses to end within the shutdown's deadline; a program of its own may end itself here."""
    confirm: Confirm | None = None
    """Puts a question to a person before the start; None where there is nobody to be asked."""


@asynccontextmanager
async def open_engine(
    config: Config,
    *,
    strategies: Sequence[StrategySpec] | None = None,
    probe: Probe = ignore,
    surroundings: Surroundings | None = None,
    standby: bool = False,
) -> AsyncGenerator[Engine, None]:
    """Run an engine for as long as the block is open; see `seawall.engine.engine.open_engine_on`.

    While another engine trades the account, this one is refused (`AccountLeased`); with `standby`, here or in the
    configuration, the block is entered at once and the engine waits for its turn, connected: `engine.serving` tells of it.

    `strategies` are run in place of those the configuration names. Every notice goes to `probe`, at once, from inside
    the engine: it must not block. Raises `ConfigError` before anything is opened; in a group, what the exchange, the
    journal or the lease raise at the start, and `LeaseLost` at the end.
    """
    where = surroundings or Surroundings()
    specs, key = await trio.to_thread.run_sync(_read, config, strategies, where.environ)
    credentials = None if key is None else Credentials(*key)
    parts = EngineParts(
        name=config.name,
        settings=config.engine_settings(),
        open_venue=partial(_open_venue, config, credentials, where),
        open_journal=lambda tell: open_journal(
            config.journal,
            now_ns=where.now_ns,
            sync=config.journal_sync is JournalSync.FULL,
            probe=tell,
            drain_s=config.deadlines.journal_drain_s,
        ),
        strategies=specs,
        probe=probe,
        now_ns=where.now_ns,
        pause=lambda attempt: _ASK_AGAIN.delay_s(attempt, where.rng),
        lease=lease_terms(
            config, None if key is None else key[0], where.environ, where.now_ns, standby=standby or config.lease.standby
        ),
        watch_signals=where.watch_signals,
        on_overdue=where.on_overdue,
        confirm=where.confirm,
    )
    async with open_engine_on(parts) as engine:
        yield engine


def client_settings(config: Config, addresses: Addresses, credentials: Credentials | None) -> ClientSettings:
    """What the client needs of a configuration; its durations have the same names there."""
    durations = {
        field.name: getattr(config.deadlines, field.name)
        for field in attrs.fields(ClientSettings)
        if hasattr(config.deadlines, field.name)
    }
    return ClientSettings(
        addresses=addresses,
        credentials=credentials,
        ca_file=config.exchange.ca_file,
        tier=config.exchange.tier,
        book_depth=config.exchange.book_depth,
        busy_poll=config.exchange.busy_poll,
        symbols_per_socket=config.exchange.symbols_per_socket,
        nonce_file=config.exchange.nonce_file,
        **durations,
    )


def sim_settings(sim: Sim, now_ns: Callable[[], int]) -> SimSettings:
    """What the simulated exchange needs of a configuration. Raises `ConfigError` for a pair it does not know."""
    settings = SimSettings(port=sim.port, seed=sim.seed, pairs=_pairs(sim), replay=sim.replay, speed=sim.speed, now_ns=now_ns)
    return attrs.evolve(settings, balances=sim.balances) if sim.balances else settings


def _pairs(sim: Sim) -> tuple[Pair, ...]:
    known = {pair.symbol: pair for pair in DEFAULT_PAIRS}
    unknown = [symbol for symbol in sim.pairs if symbol not in known]
    if unknown:
        problem = f"no pair {unknown[0]!r} at the simulated exchange; it has {', '.join(known)}"
        raise ConfigError("the configuration", [Fault("exchange.sim.pairs", problem)])
    return tuple(known[symbol] for symbol in sim.pairs) or DEFAULT_PAIRS


def _read(
    config: Config, strategies: Sequence[StrategySpec] | None, environ: Mapping[str, str]
) -> tuple[Sequence[StrategySpec], tuple[str, str] | None]:
    """All that a configuration points at on the disk, so that every fault comes before the first connection."""
    specs = load_strategies(config) if strategies is None else strategies
    sim_settings(config.exchange.sim, time.time_ns)
    key = credentials_for(config, environ)
    return specs, None if key is None else (key.key, key.secret)


def _open_venue(
    config: Config, credentials: Credentials | None, where: Surroundings, listener: VenueListener, probe: Probe
) -> AbstractAsyncContextManager[Venue]:
    addresses = None if config.addresses is None else Addresses(**attrs.asdict(config.addresses))
    if addresses is None:
        return _open_with_sim(config, where, listener, probe)
    settings = client_settings(config, addresses, credentials)
    if config.mode is Mode.PAPER:
        balances = config.exchange.sim.balances or SimSettings().balances
        return open_paper_venue(settings, balances, listener, probe=probe, now_ns=where.now_ns, rng=where.rng)
    return open_venue(settings, listener, probe=probe, now_ns=where.now_ns, rng=where.rng)


@asynccontextmanager
async def _open_with_sim(
    config: Config, where: Surroundings, listener: VenueListener, probe: Probe
) -> AsyncGenerator[Venue, None]:
    async with open_sim(sim_settings(config.exchange.sim, where.now_ns)) as sim:
        addresses = Addresses(**attrs.asdict(sim.addresses))
        settings = client_settings(config, addresses, Credentials(sim.api_key, sim.api_secret))
        settings = attrs.evolve(settings, ca_file=None)
        async with open_venue(settings, listener, probe=probe, now_ns=where.now_ns, rng=where.rng) as venue:
            venue.name = "a simulated Kraken"
            yield venue
