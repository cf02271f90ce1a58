"""A PostgreSQL server for the journal's benchmark: the one that the tests start, with its own way to sync."""

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

__all__ = ["open_server"]

_TESTS = Path(__file__).parent.parent / "tests"


@contextmanager
def open_server(directory: Path) -> Generator[Callable[[], str] | None, None, None]:
    """A call that makes an empty database and returns its URL; None where there is no server or no driver."""
    sys.path.insert(0, str(_TESTS))
    from support.postgres import find_postgres, open_postgres  # noqa: PLC0415 - reachable from here on

    binaries = find_postgres()
    if binaries is None or find_spec("psycopg") is None:
        yield None
        return
    with open_postgres(binaries, directory=directory, sync=True) as server:
        yield server.new_database
