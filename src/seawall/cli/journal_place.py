"""Which journal a command is about."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from seawall.config import load_config
from seawall.journal import Where

__all__ = ["Place", "where_of"]

Place = Annotated[str, Parameter(help="A configuration (.toml), a journal's file, or its URL.")]


def where_of(place: str) -> Where:
    """The journal of a configuration, or the one that is named. Raises `ConfigError`, and OSError as reading a file does."""
    if "://" in place:
        return place
    path = Path(place)
    return load_config(path).journal if path.suffix == ".toml" else path
