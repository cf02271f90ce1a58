"""How a journal's tables came to be what they are, step by step (alembic). Applied when a journal is opened."""

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

__all__ = ["known", "newest", "stamp", "upgrade"]

_HERE: Final = Path(__file__).parent


def newest() -> str:
    """The version that this program writes."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None, "there is a first version"
    return head


def known() -> tuple[str, ...]:
    """Every version that this program can read, oldest first."""
    script = ScriptDirectory.from_config(_config())
    return tuple(reversed([revision.revision for revision in script.walk_revisions()]))


def upgrade(connection: Connection) -> None:
    """Bring the tables to the newest version, in the transaction that is open."""
    command.upgrade(_config(connection), "head")


def stamp(connection: Connection, version: str) -> None:
    """Note the version of tables that were made before versions were noted."""
    command.stamp(_config(connection), version)


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    # In a configuration file `%` begins a name to fill in; a directory may have one in its own name.
    config.set_main_option("script_location", str(_HERE).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
