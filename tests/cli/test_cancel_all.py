"""The emergency brake, against a simulated exchange."""

import io
from itertools import count
from pathlib import Path

import attrs
import pytest
import trio
from support.sim_client import Client, open_client

from seawall.cli.exit_codes import ExitCode
from seawall.cli.main import main
from seawall.config import load_config
from seawall.config.lease import account_of
from seawall.journal.lease_file import LeaseFile
from seawall.model.lease import Holder
from seawall.model.market_data import VenueStatus


def configured(client: Client, directory: Path, more: str = "") -> Path:
    """A file that names the exchange, with journal and locks in a directory of the test's."""
    addresses = client.sim.addresses
    file = directory / "seawall.toml"
    file.write_text(
        f'mode = "sim"\n[lease]\ndirectory = "{directory}"\n[exchange]\n'
        f'rest = "{addresses.rest}"\npublic = "{addresses.public}"\n'
        f'private = "{addresses.private}"\nlevel3 = "{addresses.level3}"\n{more}'
    )
    return file


@attrs.frozen
class Done:
    """How the command ended, and what it wrote."""

    code: int
    out: str
    err: str


@attrs.frozen
class Brake:
    """The command, in a thread of its own, as it would be in a process of its own."""

    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]

    async def pull(self, client: Client, file: Path, *arguments: str, key: str | None = None) -> Done:
        self.monkeypatch.setenv("SEAWALL_KRAKEN_KEY", key or client.sim.api_key)
        self.monkeypatch.setenv("SEAWALL_KRAKEN_SECRET", client.sim.api_secret)
        with trio.fail_after(60):
            code = await trio.to_thread.run_sync(main, ["cancel-all", str(file), *arguments])
        return Done(code, *self.capsys.readouterr())


@pytest.fixture
def brake(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Brake:
    return Brake(monkeypatch, capsys)


async def place(client: Client, count: int) -> None:
    for number in range(count):
        await client.result("AddOrder", pair="BTC/USD", type="buy", ordertype="limit", volume="0.01", price=f"{50 + number}.0")


async def test_every_open_order_of_the_account_goes_and_that_nothing_is_open_is_seen(brake: Brake, tmp_path: Path) -> None:
    async with open_client() as client:
        await place(client, 3)
        done = await brake.pull(client, configured(client, tmp_path), "--yes")

        assert (done.code, done.err) == (ExitCode.CLEAN, "")
        assert done.out.splitlines() == ["3 orders cancelled", "nothing is open"]
        client.nonces = count(10**19)  # above those of the command, which are the time in nanoseconds
        assert (await client.result("OpenOrders"))["open"] == {}


async def test_with_nothing_open_there_is_nothing_to_do(brake: Brake, tmp_path: Path) -> None:
    async with open_client() as client:
        done = await brake.pull(client, configured(client, tmp_path), "--yes")

        assert (done.code, done.out) == (ExitCode.CLEAN, "0 orders cancelled\nnothing is open\n")


async def test_without_a_terminal_and_without_yes_nothing_is_cancelled(brake: Brake, tmp_path: Path) -> None:
    async with open_client() as client:
        await place(client, 1)
        done = await brake.pull(client, configured(client, tmp_path))

        assert done.code == ExitCode.USAGE
        assert "nobody is there to be asked" in done.err
        assert len((await client.result("OpenOrders"))["open"]) == 1


async def test_an_exchange_that_takes_no_cancels_leaves_orders_that_are_listed(brake: Brake, tmp_path: Path) -> None:
    async with open_client() as client:
        await place(client, 2)
        client.sim.faults.set_status(VenueStatus.MAINTENANCE)
        done = await brake.pull(client, configured(client, tmp_path, "[deadlines]\nshutdown_s = 3\ncancel_s = 1\n"), "--yes")

        assert done.code == ExitCode.UNCONFIRMED
        assert "0 orders cancelled" in done.out
        assert "open" in done.err
        assert "Traceback" not in done.err


async def test_an_engine_that_trades_the_account_is_named_and_nothing_is_refused(brake: Brake, tmp_path: Path) -> None:
    async with open_client() as client:
        await place(client, 1)
        file = configured(client, tmp_path)
        lock = LeaseFile(tmp_path, account_of(load_config(file), client.sim.api_key))
        lock.take()
        lock.sign(Holder("night shift", "somewhere", 7, 0), 1)
        try:
            done = await brake.pull(client, file, "--yes")
        finally:
            lock.release()

        assert done.code == ExitCode.CLEAN
        note, *rest = done.out.splitlines()
        assert note.startswith("note: ")
        assert "night shift" in note
        assert rest == ["1 orders cancelled", "nothing is open"]


async def test_an_engine_that_has_stopped_is_not_named(brake: Brake, tmp_path: Path) -> None:
    async with open_client() as client:
        file = configured(client, tmp_path)
        lock = LeaseFile(tmp_path, account_of(load_config(file), client.sim.api_key))
        lock.take()
        lock.sign(Holder("night shift", "somewhere", 7, 0), 1)
        lock.release()

        assert "note" not in (await brake.pull(client, file, "--yes")).out


async def test_a_key_that_is_refused_is_told(brake: Brake, tmp_path: Path) -> None:
    async with open_client() as client:
        file = configured(client, tmp_path, "[deadlines]\nshutdown_s = 3\ncancel_s = 1\n")
        done = await brake.pull(client, file, "--yes", key="x" * 56)

        assert done.code == ExitCode.ACCESS_DENIED
        assert "Traceback" not in done.err


@pytest.mark.parametrize("mode", ["sim", "paper"])
def test_an_account_that_ends_with_its_engine_has_nothing_to_cancel(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], mode: str
) -> None:
    file = tmp_path / "seawall.toml"
    file.write_text(f'mode = "{mode}"\n')

    assert main(["cancel-all", str(file), "--yes"]) == ExitCode.CONFIGURATION
    assert "expected an exchange with an account" in capsys.readouterr().err


def test_a_no_cancels_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("sys.stdin", Terminal("n\n"))
    monkeypatch.setattr("sys.stderr", Terminal())
    monkeypatch.setenv("SEAWALL_KRAKEN_KEY", "key")
    monkeypatch.setenv("SEAWALL_KRAKEN_SECRET", "c2VjcmV0")
    nowhere = "127.0.0.1:9"
    file = tmp_path / "seawall.toml"
    file.write_text(
        f'mode = "sim"\n[exchange]\nrest = "http://{nowhere}"\npublic = "ws://{nowhere}/v2"\nprivate = "ws://{nowhere}/v2"\n'
        f'level3 = "ws://{nowhere}/v2"\n'
    )

    assert main(["cancel-all", str(file)]) == ExitCode.CLEAN
    assert capsys.readouterr().out == "nothing was cancelled\n"
