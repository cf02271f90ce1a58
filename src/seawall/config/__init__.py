"""The configuration: one TOML file, or the same classes made in code; every fault of it reported at once.

`load_config` reads a file, `credentials_for` the API key, `load_strategies` what the strategies name.
"""

from seawall.config.config import Config
from seawall.config.credentials import ApiKey, credentials_for, read_credentials
from seawall.config.errors import ConfigError, Fault
from seawall.config.load import load_config
from seawall.config.schema import (
    KRAKEN,
    Addresses,
    Deadlines,
    Exchange,
    JournalSync,
    Lease,
    Mode,
    Restart,
    Sim,
    StrategyConfig,
)
from seawall.config.strategy_loading import load_strategies, load_strategy

__all__ = [
    "KRAKEN",
    "Addresses",
    "ApiKey",
    "Config",
    "ConfigError",
    "Deadlines",
    "Exchange",
    "Fault",
    "JournalSync",
    "Lease",
    "Mode",
    "Restart",
    "Sim",
    "StrategyConfig",
    "credentials_for",
    "load_config",
    "load_strategies",
    "load_strategy",
    "read_credentials",
]
