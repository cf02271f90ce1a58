"""The engine on a disk that fails: as users run it, with an order open at the exchange, on real filesystems."""

import os
import shutil
import sqlite3
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path

import attrs
import pytest
import trio
from support.disks import fill_up, make_read_only, mounted_ext4, mounted_tmpfs

from seawall.config.credentials import KEY_VARIABLE, SECRET_VARIABLE
from seawall.sim import SimSettings, Simulator, open_sim

JOURNAL_FAILED = 7

STRATEGY = """
import trio
from seawall import limit_buy


async def trade(market):
    async with market.quotes("BTC/USD") as quotes:
        quote = await anext(quotes)
    async with market.working(limit_buy("BTC/USD", qty="0.001", price=quote.bid - 1000)):
        while True:
            async with market.working(limit_buy("BTC/USD", qty="0.001", price=quote.bid - 2000)):
                await trio.sleep(0.05)
"""

CONFIG = """
mode = "sim"
journal = "{journal}"
[exchange]
rest = "{rest}"
public = "{public}"
private = "{private}"
level3 = "{level3}"
tier = "pro"
[deadlines]
journal_s = 1.0
[[strategies]]
name = "trade"
use = "strategy.py:trade"
"""


@attrs.define
class Ended:
    """How the engine ended."""

    code: int
    out: str
    errors: str


@attrs.define(eq=False)
class Bench:
    """An exchange, and a directory with a configuration and a strategy that trades without a pause."""

    sim: Simulator
    directory: Path
    journal: Path

    def orders_asked_for(self) -> int:
        """So many order requests came, whatever became of them."""
        return len(self.sim.requests.of("add_order", "AddOrder"))

    async def until_it_trades(self) -> None:
        """Return once one order rests, and others come and go."""
        while self.orders_asked_for() < 4 or not self.sim.exchange.open_orders():  # noqa: ASYNC110 - it is another program
            await trio.sleep(0.01)

    async def run(self, harm: Callable[[], object]) -> Ended:
        """Run the engine; do the harm once it trades; wait for its end, which it has to find by itself."""
        environ = {**os.environ, KEY_VARIABLE: self.sim.api_key, SECRET_VARIABLE: self.sim.api_secret}
        command = [sys.executable, "-m", "seawall.cli.main", "run", str(self.directory / "seawall.toml")]
        with (self.directory / "out").open("wb") as out, (self.directory / "errors").open("wb") as errors:
            process = await trio.lowlevel.open_process(command, env=environ, stdout=out, stderr=errors)
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._harm, harm)
                code = await process.wait()
                nursery.cancel_scope.cancel()
        finally:
            process.kill()
        return Ended(code, (self.directory / "out").read_text(), (self.directory / "errors").read_text())

    async def _harm(self, harm: Callable[[], object]) -> None:
        await self.until_it_trades()
        await trio.to_thread.run_sync(harm)


@asynccontextmanager
async def open_bench(directory: Path, journal: Path) -> AsyncGenerator[Bench, None]:
    settings = SimSettings(events_per_s=0, history_min=1, crowd_levels=10)
    with trio.fail_after(90):
        async with open_sim(settings) as sim:
            (directory / "strategy.py").write_text(STRATEGY)
            (directory / "seawall.toml").write_text(CONFIG.format(journal=journal, **attrs.asdict(sim.addresses)))
            yield Bench(sim, directory, journal)


def stopped_in_good_order(bench: Bench, ended: Ended, asked_before: int) -> None:
    """No new order, all open ones cancelled, and said so."""
    assert ended.code == JOURNAL_FAILED, (ended.out[-3000:], ended.errors)
    assert bench.sim.exchange.open_orders() == ()
    assert bench.orders_asked_for() <= asked_before + 1  # one may have been on its way
    lines = ended.out[ended.out.index("certificate of") :].splitlines()
    assert any(line.strip().startswith("journal") and "failed" in line for line in lines), ended.out[-3000:]
    assert any(line.split() == ["open", "orders", "0"] for line in lines), ended.out[-3000:]
    assert "Traceback" not in ended.errors


async def harmed(directory: Path, journal: Path, harm: Callable[[Path], object]) -> None:
    """Run an engine on a journal, harm it, and see that it stops as it should."""
    asked: list[int] = []
    async with open_bench(directory, journal) as bench:

        def do_harm() -> None:
            harm(journal)
            asked.append(bench.orders_asked_for())

        ended = await bench.run(do_harm)
        stopped_in_good_order(bench, ended, asked[0])


async def test_a_disk_that_is_full(tmp_path: Path) -> None:
    with mounted_tmpfs(tmp_path / "disk", "1m") as disk:
        await harmed(tmp_path, disk / "journal.sqlite", lambda _: fill_up(disk))


async def test_a_disk_that_became_read_only(tmp_path: Path) -> None:
    with mounted_ext4(tmp_path / "disk") as disk:
        await harmed(tmp_path, disk / "journal.sqlite", lambda _: make_read_only(disk))


async def test_a_journal_that_another_program_has_locked(tmp_path: Path) -> None:
    with ExitStack() as held:

        def lock(journal: Path) -> None:
            db = sqlite3.connect(journal, isolation_level=None, timeout=30, check_same_thread=False)
            held.callback(db.close)
            db.execute("BEGIN EXCLUSIVE")

        await harmed(tmp_path, tmp_path / "journal.sqlite", lock)


def replace(path: Path) -> None:
    copy = path.with_name("copy")
    shutil.copy(path, copy)
    copy.rename(path)


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


@pytest.mark.parametrize("harm", [Path.unlink, replace, cut])
@pytest.mark.parametrize("beside", ["", "-wal"])
async def test_a_journal_that_is_taken_away(tmp_path: Path, harm: Callable[[Path], object], beside: str) -> None:
    await harmed(tmp_path, tmp_path / "journal.sqlite", lambda journal: harm(journal.with_name(journal.name + beside)))
