"""What a run is made of besides its faults: the workload of its seed, or a user's configuration."""

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Final

import attrs

from seawall.config import Config, load_config
from seawall.config.compose import client_settings
from seawall.config.strategy_loading import load_strategies
from seawall.drill.actors import Course
from seawall.drill.told import Told
from seawall.drill.witness import witnessed
from seawall.drill.workload import workload
from seawall.engine.settings import DeadMansSwitch, EngineSettings, RiskLimits, SymbolLimits, WhenForeign
from seawall.engine.strategies import StrategySpec
from seawall.kraken.client import KRAKEN, ClientSettings
from seawall.sim import DEFAULT_PAIRS, SimSettings
from seawall.sim.world.chance import Chance

__all__ = ["course_of"]

_SYMBOLS: Final = ("BTC/USD", "ETH/USD")
_EVENTS_PER_S: Final = (2.0, 5.0, 10.0)
"""How lively a pair is: steps a second, one of these for a run."""


def course_of(config_file: Path | None, chance: Chance, told: Told) -> Course:
    """The course of a run. Raises `ConfigError` for a configuration that is none."""
    return _seeded(chance, told) if config_file is None else _configured(load_config(config_file), chance, told)


def _seeded(chance: Chance, told: Told) -> Course:
    rng = chance.stream("course")
    settings = EngineSettings(
        dead_mans_switch=DeadMansSwitch(when_foreign=rng.choice((WhenForeign.ON, WhenForeign.OFF))),
        reconcile_every_s=rng.choice((60.0, 300.0)),
        risk=RiskLimits(symbols={_SYMBOLS[-1]: _tight(rng)}),
    )
    return Course(
        strategies=_Again(workload(Random(chance.stream("workload").getrandbits(64))), told),
        settings=settings,
        exchange=_exchange(_SYMBOLS, rng),
        client=ClientSettings(tier="pro"),
    )


def _tight(rng: Random) -> SymbolLimits:
    """Limits that the workload comes up against. The other symbol has none, so that the pulse is never refused."""
    return SymbolLimits(
        max_order_notional=Decimal(3_000),
        max_position_qty=Decimal(rng.choice((1, 2, 5))),
        max_open_orders=rng.choice((3, 6, 20)),
    )


def _configured(config: Config, chance: Chance, told: Told) -> Course:
    exchange = _exchange(config.exchange.sim.pairs or _SYMBOLS, chance.stream("course"))
    if config.exchange.sim.balances:
        exchange = attrs.evolve(exchange, balances=config.exchange.sim.balances)
    client = client_settings(config, KRAKEN, None)  # its addresses and key are the simulated exchange's, later
    return Course(
        strategies=_Again(load_strategies(config), told),
        settings=config.engine_settings(),
        exchange=exchange,
        client=attrs.evolve(client, ca_file=None, nonce_file=None, busy_poll=False),
    )


def _exchange(symbols: Sequence[str], rng: Random) -> SimSettings:
    pairs = tuple(pair for pair in DEFAULT_PAIRS if pair.symbol in symbols)
    return SimSettings(pairs=pairs, events_per_s=rng.choice(_EVENTS_PER_S), crowd_levels=25, history_min=30)


@attrs.frozen
class _Again:
    """The same strategies for every life of the process, under a witness."""

    specs: Sequence[StrategySpec]
    told: Told

    def __call__(self) -> tuple[StrategySpec, ...]:
        return witnessed(self.specs, self.told)
