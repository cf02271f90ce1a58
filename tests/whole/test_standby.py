"""Two engines, one account: the second waits, and takes over when the first is gone."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager
from pathlib import Path

import attrs
import pytest
import sqlalchemy as sa
import trio
from support.postgres import PostgresServer, find_postgres, open_postgres

from seawall.cli.exit_codes import ExitCode
from seawall.config.credentials import KEY_VARIABLE, SECRET_VARIABLE
from seawall.journal import Where, read_orders, verify_journal
from seawall.model.order_states import ENDED
from seawall.sim import SimSettings, Simulator, open_sim

TESTS = Path(__file__).parents[1]
TAKEOVER_S = 15.0

Record = Callable[[str, object], None]
"""Keeps a figure with the test's result."""

needs_postgres = pytest.mark.skipif(find_postgres() is None, reason="PostgreSQL's server is not installed (Debian: postgresql)")


@pytest.fixture(scope="module")
def server() -> Generator[PostgresServer, None, None]:
    pytest.importorskip("psycopg", reason="the driver is in the extra `postgres`")
    binaries = find_postgres()
    assert binaries is not None
    with open_postgres(binaries) as running:
        yield running


def sent_ids(sim: Simulator) -> list[str]:
    """The client order id of each order that was asked for, by either transport."""
    return [str(request.params["cl_ord_id"]) for request in sim.requests.of("add_order", "AddOrder")]


@attrs.define(eq=False)
class Partner:
    """One of the two, in a process of its own; `said` has its words."""

    process: trio.Process
    said: list[str] = attrs.field(factory=list)

    async def listen(self) -> None:
        assert self.process.stdout is not None
        rest = ""
        async for chunk in self.process.stdout:
            *words, rest = (rest + chunk.decode()).split("\n")
            self.said += words

    async def says(self, word: str) -> None:
        while word not in self.said:  # noqa: ASYNC110 - what is waited for happens in another program
            assert self.process.poll() is None or word in self.said, f"{self.said}, and ended with {self.process.returncode}"
            await trio.sleep(0.01)


@attrs.define(eq=False)
class Duo:
    """One exchange, one journal, and the engines that were started on them."""

    sim: Simulator
    journal: Where
    nursery: trio.Nursery
    partners: list[Partner] = attrs.field(factory=list)

    async def start(self, name: str, directory: Path, *options: str) -> Partner:
        at = self.sim.addresses
        command = [sys.executable, "-m", "support.leaseholder", name, str(self.journal), str(directory)]
        environ = {
            **os.environ,
            "PYTHONPATH": str(TESTS),
            KEY_VARIABLE: self.sim.api_key,
            SECRET_VARIABLE: self.sim.api_secret,
        }
        process = await trio.lowlevel.open_process(
            [*command, at.rest, at.public, at.private, *options], env=environ, stdout=subprocess.PIPE
        )
        partner = Partner(process)
        self.partners.append(partner)
        self.nursery.start_soon(partner.listen)
        return partner

    async def until(self, orders: int) -> None:
        """Return once so many orders more were sent."""
        before = len(sent_ids(self.sim))
        while len(sent_ids(self.sim)) < before + orders:  # noqa: ASYNC110 - as above
            await trio.sleep(0.01)


@asynccontextmanager
async def open_duo(journal: Where) -> AsyncGenerator[Duo, None]:
    with trio.fail_after(60):
        # two starts and a takeover within seconds are more than an account's rate counter is for; days lie between them otherwise
        settings = SimSettings(events_per_s=10, seed=3, limits_enforced=False)
        async with open_sim(settings) as sim, trio.open_nursery() as nursery:
            duo = Duo(sim, journal, nursery)
            try:
                yield duo
            finally:
                for partner in duo.partners:
                    partner.process.kill()
                    with trio.move_on_after(5, shield=True):
                        await partner.process.wait()


def runs_of(names: list[str]) -> list[str]:
    """Which run each order was sent by: a client order id begins with its journal's id and its run's number."""
    return [name[:11] for name in names]


async def take_over(duo: Duo, first: Partner, second: Partner) -> float:
    """Kill the first, and return how long the second took to trade; then stop that one, and compare everything."""
    await first.says("serving")
    await second.says("waiting")
    await duo.until(3)
    first.process.kill()
    killed_s = time.monotonic()
    await first.process.wait()
    sent_before = sent_ids(duo.sim)
    await second.says("serving")
    while len(sent_ids(duo.sim)) == len(sent_before):  # noqa: ASYNC110 - what is waited for happens in another program
        await trio.sleep(0.001)
    took_s = time.monotonic() - killed_s
    await duo.until(3)
    second.process.send_signal(signal.SIGTERM)
    await second.process.wait()
    await second.says("clean")

    names = sent_ids(duo.sim)
    assert len(names) == len(set(names)), "an order was sent twice"
    runs = runs_of(names)
    assert set(runs[: len(sent_before)]) == {runs[0]}
    assert set(runs[len(sent_before) :]) == {runs[-1]} != {runs[0]}, "orders of both"
    assert duo.sim.exchange.open_orders() == ()
    journaled = {order.intent.client_order_id: order.steps[-1].state for order in read_orders(duo.journal)}
    assert {order.cl_ord_id for order in duo.sim.exchange.orders.values()} <= set(journaled)
    assert set(journaled.values()) <= ENDED
    assert verify_journal(duo.journal).faults == ()
    return took_s


async def test_on_one_host_a_journal_in_a_file_is_enough(tmp_path: Path, record_testsuite_property: Record) -> None:
    async with open_duo(tmp_path / "journal.sqlite") as duo:
        first = await duo.start("first", tmp_path)
        await first.says("serving")
        second = await duo.start("second", tmp_path, "--standby")
        took_s = await take_over(duo, first, second)
    record_testsuite_property("takeover with a file, s", round(took_s, 2))
    assert took_s < TAKEOVER_S, f"the takeover took {took_s:.2f} s"


async def test_the_command_line_names_the_holder_and_a_standby_that_is_not_needed_leaves_at_once(tmp_path: Path) -> None:
    async with open_duo(tmp_path / "journal.sqlite") as duo:
        first = await duo.start("first", tmp_path)
        await first.says("serving")
        at = duo.sim.addresses
        file = tmp_path / "second.toml"
        file.write_text(
            'mode = "sim"\nname = "second"\njournal = "of-its-own.sqlite"\n[lease]\ndirectory = "."\n[exchange]\n'
            f'rest = "{at.rest}"\npublic = "{at.public}"\nprivate = "{at.private}"\nlevel3 = "{at.private}"\n'
        )
        command = [sys.executable, "-m", "seawall.cli.main", "run", str(file), "--plain"]
        environ = {**os.environ, KEY_VARIABLE: duo.sim.api_key, SECRET_VARIABLE: duo.sim.api_secret}
        refused = await trio.run_process(command, env=environ, capture_stdout=True, capture_stderr=True, check=False)
        assert refused.returncode == ExitCode.LEASED
        assert re.search(rb"traded by another engine \(first on \S+, process \d+, since ", refused.stderr), refused.stderr
        assert not (tmp_path / "of-its-own.sqlite").exists()

        process = await trio.lowlevel.open_process([*command, "--standby"], env=environ, stdout=subprocess.PIPE)
        standby = Partner(process)
        duo.partners.append(standby)
        duo.nursery.start_soon(standby.listen)
        while not any("standby_waiting" in line for line in standby.said):  # noqa: ASYNC110 - it happens in another program
            await trio.sleep(0.01)
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == ExitCode.INTERRUPTED
        assert not (tmp_path / "of-its-own.sqlite").exists()
        assert first.process.poll() is None


@needs_postgres
async def test_an_engine_whose_session_ends_cancels_and_stops_and_the_standby_takes_over(
    tmp_path: Path, server: PostgresServer, record_testsuite_property: Record
) -> None:
    """As a server that is started anew does, or whoever ends sessions by hand: the engine lives, and must let go."""
    url = server.new_database()
    async with open_duo(url) as duo:
        first = await duo.start("first", tmp_path / "a")
        await first.says("serving")
        second = await duo.start("second", tmp_path / "b", "--standby")
        await second.says("waiting")
        await duo.until(3)
        await trio.to_thread.run_sync(end_sessions_with_locks, url)
        ended_s = time.monotonic()
        await first.process.wait()
        assert first.process.returncode != 0
        await second.says("serving")
        took_s = time.monotonic() - ended_s
        names = sent_ids(duo.sim)
        await duo.until(3)
        second.process.send_signal(signal.SIGTERM)
        await second.process.wait()
        await second.says("clean")
        assert len(set(runs_of(sent_ids(duo.sim))[len(names) :])) == 1
        assert duo.sim.exchange.open_orders() == ()
    record_testsuite_property("takeover of an engine that lives, s", round(took_s, 2))
    assert took_s < TAKEOVER_S


def end_sessions_with_locks(url: str) -> None:
    engine = sa.create_engine(sa.make_url(url).set(drivername="postgresql+psycopg"))
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
    engine.dispose()


@needs_postgres
@pytest.mark.parametrize("hosts", ["one host", "two hosts"])
async def test_a_standby_takes_over_when_the_first_is_killed(
    tmp_path: Path, server: PostgresServer, hosts: str, record_testsuite_property: Record
) -> None:
    """Two hosts do not share a directory of lock files: what is left then is the lock in the database."""
    elsewhere = tmp_path / "elsewhere" if hosts == "two hosts" else tmp_path
    async with open_duo(server.new_database()) as duo:
        first = await duo.start("first", tmp_path)
        await first.says("serving")
        second = await duo.start("second", elsewhere, "--standby")
        took_s = await take_over(duo, first, second)
    record_testsuite_property(f"takeover on {hosts}, s", round(took_s, 2))
    assert took_s < TAKEOVER_S, f"the takeover took {took_s:.2f} s"
