"""`seawall config`."""

import os
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from seawall.cli.blocks import tell_error
from seawall.cli.exit_codes import ExitCode
from seawall.cli.toml_text import config_text
from seawall.config import Config, ConfigError, credentials_for, load_config, load_strategies
from seawall.config.credentials import KEY_VARIABLE

__all__ = ["config"]


def config(file: Annotated[Path, Parameter(help="The configuration, in TOML.")]) -> ExitCode:
    """Check a configuration, and show everything it comes to. Nothing is started; strategies are imported.

    What is shown is a configuration itself. Keys are looked for, as for a run, and never shown.
    """
    try:
        loaded = load_config(file)
        strategies = load_strategies(loaded)
        source = _key_source(loaded)
    except ConfigError as error:
        return tell_error(ExitCode.CONFIGURATION, str(error))
    print(f"# {file}: no faults; {len(strategies)} strategies; {source}")
    print(config_text(loaded), end="")
    return ExitCode.CLEAN


def _key_source(loaded: Config) -> str:
    """Where the key comes from; raises `ConfigError` when one is needed and there is none."""
    if credentials_for(loaded, os.environ) is None:
        return "no API key needed"
    return f"API key from {'the environment' if os.environ.get(KEY_VARIABLE) else loaded.exchange.key_file} (hidden)"
