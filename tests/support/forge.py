"""Ends a scripted engine at every place it comes to, each time in a process of its own, and tells what was left.

`python -m support.forge DIRECTORY` prints a line of JSON for each place; `--help` has the choices. Everything is imported once,
and each engine and each exchange is a fork of this process, which has run nothing yet: a start costs next to nothing.
"""

import argparse
import gc
import json
import os
import signal
import sys
import time
import traceback
import zlib
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from itertools import count, dropwhile
from pathlib import Path
from random import Random
from typing import Final

import attrs
import trio

from seawall.journal.database import database_at
from seawall.journal.store import open_store
from seawall.sim import SimAddresses, open_sim
from support.aftermath import look_after
from support.places import Places
from support.script import CLAIMING, EXCHANGE, SCRIPTS, Contact, place_by_hand, run_restart, run_script

_AT_ONCE: Final = 12
_TRIES: Final = 3


@attrs.frozen
class Point:
    """One life of an engine: until it comes to `place`, or to its own end."""

    place: str | None
    directory: Path
    script: str
    postgres: str | None
    restarts: bool = False
    """Whether the engine that is started next is watched too, and may be ended at `then`."""
    then: str | None = None
    tried: int = 0

    @property
    def journal(self) -> Path | str:
        """A place of its own: a file, or a schema."""
        if self.postgres is None:
            return self.directory / "journal.sqlite"
        return f"{self.postgres}&options=-csearch_path%3D{self._schema}"

    @property
    def _schema(self) -> str:
        return "_".join(self.directory.parts[-1 - self.tried :])

    def run(self) -> None:
        """Be the exchange of an engine that dies here, start another, and write down what is wrong."""
        self.directory.mkdir(parents=True)
        if self.postgres is not None:
            _make_schema(self.postgres, self._schema)
        lives = [_Life(run_script, self.place)]
        if self.restarts:
            lives.append(_Life(run_restart, self.then))
        engines = [_forked(partial(self._live, life)) for life in lives]
        wrong = trio.run(self._serve, lives, engines)
        (self.directory / "wrong.json").write_text(json.dumps(wrong))

    def fail(self, told: str) -> None:
        """What comes of an error in the restarted engine, or in the test."""
        (self.directory / "wrong.json").write_text(json.dumps([told]))

    def reached(self) -> list[str]:
        """The places that an engine came to which was not ended."""
        reached: list[str] = json.loads((self.directory / "reached.json").read_text())
        return reached

    def _live(self, life: "_Life") -> None:
        """Be an engine, once the exchange is there and the one before has ended."""
        with os.fdopen(life.contact_is_read, "rb") as pipe:
            addresses, key, secret = json.loads(pipe.readline())
        contact = Contact(SimAddresses(**addresses), key, secret, self.journal)
        places = Places(life.fatal)
        trio.run(life.work, contact, places, self.script)
        (self.directory / "reached.json").write_text(json.dumps(places.reached))

    async def _serve(self, lives: Sequence["_Life"], engines: Sequence[int]) -> list[str] | None:
        async with open_sim(EXCHANGE) as sim:
            if self.script in CLAIMING:
                place_by_hand(sim)
            contact = Contact(sim.addresses, sim.api_key, sim.api_secret, self.journal)
            told = [attrs.asdict(contact.addresses), contact.key, contact.secret]
            endings: list[int] = []
            for life, engine in zip(lives, engines, strict=True):
                os.write(life.contact_is_written, json.dumps(told).encode() + b"\n")
                endings.append(await _ended(engine))
            if any(life.fatal is not None and ended_by == 0 for life, ended_by in zip(lives, endings, strict=True)):
                return None
            if not set(endings) <= {0, -signal.SIGKILL}:
                return [f"the engine was to be killed there, and ended with {endings}"]
            return await look_after(sim, contact)


@attrs.frozen
class _Life:
    """One engine process: what it does, where it dies, and how it is told that its time has come."""

    work: Callable[[Contact, Places, str], Awaitable[None]]
    fatal: str | None
    _pipe: tuple[int, int] = attrs.field(factory=os.pipe)

    @property
    def contact_is_read(self) -> int:
        return self._pipe[0]

    @property
    def contact_is_written(self) -> int:
        return self._pipe[1]


async def _ended(process: int) -> int:
    """Wait for a child; its exit code, or the signal that ended it below zero."""
    descriptor = os.pidfd_open(process)
    try:
        await trio.lowlevel.wait_readable(descriptor)
    finally:
        os.close(descriptor)
    return _reaped(process)


def _reaped(process: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def _forked(work: Callable[[], None], on_failure: Callable[[str], object] = sys.stderr.write) -> int:
    process = os.fork()
    if process:
        return process
    code = 1
    try:
        work()
        code = 0
    except BaseException:  # noqa: ASYNC103, BLE001 - there is nobody above a fork to raise it to
        on_failure(traceback.format_exc())
    finally:
        sys.stderr.flush()
        os._exit(code)


def _load_all(journal: Path, postgres: str | None) -> None:
    """Load what the engine loads only when it needs it, so that no fork has to: a journal is made, and not used."""
    with open_store(database_at(journal), now_ns=time.time_ns, rng=Random(1)):
        pass
    if postgres is not None:
        database_at(postgres)
    gc.collect()
    gc.freeze()  # what is here is here for good: no fork is to look through it, and so to copy it


def _make_schema(url: str, name: str) -> None:
    import psycopg  # noqa: PLC0415 - an extra

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {name}")


def _wrong_at(point: Point, code: int) -> list[str] | None:
    """What was wrong; None when the engine never came to the place."""
    try:
        wrong: list[str] | None = json.loads((point.directory / "wrong.json").read_text())
    except FileNotFoundError:
        return [f"the test itself ended with {code}"]
    return wrong


def _tell(place: str | None, wrong: list[str] | None) -> None:
    line: dict[str, object] = {"place": place, "wrong": ["the engine never came there"] if wrong is None else wrong}
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def _run_all(points: deque[Point]) -> None:
    """Several at once: most of a point's time is waiting, for the deadline of an order that may be on its way, or for sockets."""
    running: dict[int, Point] = {}
    while points or running:
        while points and len(running) < _AT_ONCE:
            point = points.popleft()
            running[_forked(point.run, point.fail)] = point
        process, status = os.wait()
        point = running.pop(process)
        wrong = _wrong_at(point, os.waitstatus_to_exitcode(status))
        if wrong is None and point.tried < _TRIES:
            # A request that may go by socket or by REST went the other way this time.
            points.append(attrs.evolve(point, tried=point.tried + 1, directory=point.directory / "again"))
        else:
            _tell(point.then or point.place, wrong)


def main() -> None:
    """Run once to the end, and then once for each place that was come to."""
    parser = argparse.ArgumentParser()
    parser.add_argument("directory", type=Path)
    parser.add_argument("--script", choices=SCRIPTS, default=SCRIPTS[0], help="what the strategies do")
    parser.add_argument("--postgres", metavar="URL", help="a database for the journals")
    parser.add_argument("--after", default="", help="only the places from the first on that has these words in its name")
    parser.add_argument(
        "--part", type=int, nargs=2, default=(0, 1), metavar=("I", "N"), help="every N-th of them, from the I-th on"
    )
    parser.add_argument(
        "--then-at",
        metavar="PLACE",
        help="end the first engine at this place always, and the next one at every place it comes to",
    )
    given = parser.parse_args()
    _load_all(given.directory / "unused.sqlite", given.postgres)
    point = partial(Point, script=given.script, postgres=given.postgres, restarts=given.then_at is not None)
    whole = point(given.then_at, given.directory / "whole")
    wrong = _wrong_at(whole, _reaped(_forked(whole.run, whole.fail)))
    _tell(None, wrong)
    if wrong == []:
        part, parts = given.part
        # By name: two runs may come to the same places in another order, and no place is to fall between two parts.
        reached = dropwhile(lambda place: given.after not in place, whole.reached())
        places = [place for place in reached if zlib.crc32(place.encode()) % parts == part]
        directories = (given.directory / f"point{number}" for number in count())
        if given.then_at is None:
            _run_all(deque(point(place, directory) for place, directory in zip(places, directories, strict=False)))
        else:
            _run_all(deque(point(given.then_at, each, then=place) for place, each in zip(places, directories, strict=False)))


if __name__ == "__main__":
    main()
