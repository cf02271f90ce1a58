"""The configuration as a whole."""

from pathlib import Path

import attrs

from seawall.config.checks import cross_problems
from seawall.config.errors import ConfigError
from seawall.config.rules import problems_in
from seawall.config.schema import KRAKEN, Addresses, Deadlines, Exchange, JournalSync, Lease, Mode, StrategyConfig
from seawall.engine import settings
from seawall.engine.settings import DeadMansSwitch, EngineSettings, OnStop, Reconcile, RiskLimits

__all__ = ["Config"]


@attrs.frozen
class Config:
    """What an engine is told: read from a file by `load_config`, or made in code.

    Raises `ConfigError` with every fault at once. Paths are taken as they are; `directory` is where strategies named by
    file or by module are looked for (`load_config`: where the file is).
    """

    mode: Mode
    name: str = "seawall"
    journal: Path | str = Path("seawall.sqlite")
    """A file, or the URL of a database of PostgreSQL."""
    journal_sync: JournalSync = JournalSync.FULL
    lease: Lease = attrs.field(factory=Lease)
    log: Path | None = None
    on_stop: OnStop = OnStop.HOLD
    exchange: Exchange = attrs.field(factory=Exchange)
    deadlines: Deadlines = attrs.field(factory=Deadlines)
    risk: RiskLimits = attrs.field(factory=RiskLimits)
    dead_mans_switch: DeadMansSwitch = attrs.field(factory=DeadMansSwitch)
    reconcile: Reconcile = attrs.field(factory=Reconcile)
    strategies: tuple[StrategyConfig, ...] = ()
    directory: Path = Path()

    def __attrs_post_init__(self) -> None:
        parts = {field.name: getattr(self, field.name) for field in attrs.fields(Config)}
        problems = [*problems_in(self), *cross_problems(parts)]
        if problems:
            raise ConfigError("the configuration", (problem.fault() for problem in problems))

    @property
    def addresses(self) -> Addresses | None:
        """Where the exchange is: as given, else Kraken itself; None in mode `sim` without URLs, which starts a server."""
        if self.exchange.addresses is not None or self.mode is Mode.SIM:
            return self.exchange.addresses
        return KRAKEN

    def engine_settings(self) -> EngineSettings:
        """What the engine itself needs of all this."""
        own = {field.name: getattr(self.deadlines, field.name) for field in attrs.fields(settings.Deadlines)}
        return EngineSettings(
            deadlines=settings.Deadlines(**own),
            risk=self.risk,
            dead_mans_switch=self.dead_mans_switch,
            reconcile=self.reconcile,
            on_stop=self.on_stop,
            reconcile_every_s=self.deadlines.reconcile_every_s,
            monitor_every_s=self.deadlines.monitor_every_s,
            balances_every_s=self.deadlines.balances_every_s,
            check_in_s=self.deadlines.check_in_s,
        )
