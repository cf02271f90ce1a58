"""A PostgreSQL server of the tests' own, from the system's package: on a socket in a temporary directory, and nowhere else."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import attrs

__all__ = ["PostgresServer", "find_postgres", "open_postgres"]

_DEBIAN = Path("/usr/lib/postgresql")


def find_postgres() -> Path | None:
    """The directory of `initdb` and `postgres`; None where they are not installed."""
    found = shutil.which("initdb")
    here = [Path(found).resolve().parent] if found else []
    versions: Iterator[Path] = _DEBIAN.glob("*/bin") if _DEBIAN.is_dir() else iter(())
    for directory in [*here, *sorted(versions, reverse=True)]:
        if (directory / "initdb").exists() and (directory / "postgres").exists():
            return directory
    return None


@attrs.define(eq=False)
class PostgresServer:
    """One running server, and how to end it at once and begin it again."""

    binaries: Path
    directory: Path
    _sync: bool
    _process: subprocess.Popen[bytes] | None = None
    _databases: int = 0

    def new_database(self) -> str:
        """The URL of an empty database."""
        self._databases += 1
        name = f"journal{self._databases}"
        self._run("createdb", "-h", str(self.directory), "-U", "seawall", name)
        return f"postgresql://seawall@/{name}?host={self.directory}"

    def start(self) -> None:
        """Begin, and return once it answers."""
        settings = ["listen_addresses=", f"fsync={'on' if self._sync else 'off'}"]
        arguments = ["-D", str(self.directory / "data"), "-k", str(self.directory)]
        for setting in settings:
            arguments += ["-c", setting]
        with (self.directory / "log").open("ab") as log:
            self._process = subprocess.Popen([self.binaries / "postgres", *arguments], stdout=log, stderr=log, user=_user())
        until = time.monotonic() + 30
        while self._run("pg_isready", "-h", str(self.directory), "-U", "seawall", check=False):
            assert time.monotonic() < until, (self.directory / "log").read_text()
            assert self._process.poll() is None, (self.directory / "log").read_text()

    def stop(self) -> None:
        """End at once, as a crash would: every connection is cut."""
        if self._process is not None:
            self._process.send_signal(3)  # SIGQUIT: immediate shutdown
            self._process.wait(30)
            self._process = None

    def _run(self, program: str, *arguments: str, check: bool = True) -> int:
        done = subprocess.run([self.binaries / program, *arguments], capture_output=True, check=check, user=_user(), cwd="/")
        return done.returncode


@contextmanager
def open_postgres(binaries: Path, *, directory: Path = Path("/tmp"), sync: bool = False) -> Generator[PostgresServer, None, None]:
    """A server for as long as the block lasts. Without `sync` it does not wait for its disk, which no test needs."""
    with tempfile.TemporaryDirectory(prefix="pg", dir=directory) as temporary:
        directory = Path(temporary)
        user = _user()
        if user is not None:
            os.chown(directory, pwd.getpwnam(user).pw_uid, -1)
        server = PostgresServer(binaries, directory, sync)
        server._run(
            "initdb", "-D", str(directory / "data"), "-U", "seawall", "--auth=trust", "--no-sync", "-E", "UTF8", "--locale=C"
        )
        server.start()
        try:
            yield server
        finally:
            server.stop()


def _user() -> str | None:
    """The server refuses to run as root."""
    return "postgres" if os.geteuid() == 0 else None
