from collections.abc import Callable
from pathlib import Path

import pytest

from seawall.config import Config, ConfigError, load_config


@pytest.fixture
def load(tmp_path: Path) -> Callable[[str], Config]:
    """Load this text as a configuration file."""

    def load(text: str) -> Config:
        path = tmp_path / "seawall.toml"
        path.write_text(text)
        return load_config(path)

    return load


@pytest.fixture
def faults(load: Callable[[str], Config]) -> Callable[[str], list[str]]:
    """What is wrong with this text, one string for each fault, sorted."""

    def faults(text: str) -> list[str]:
        try:
            load(text)
        except ConfigError as fault:
            return sorted(map(str, fault.faults))
        return []

    return faults
