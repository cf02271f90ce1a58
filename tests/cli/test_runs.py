"""The command line as users have it: processes, signals, terminals and a simulated exchange."""

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

SEAWALL = (sys.executable, "-m", "seawall.cli.main")
LEAVE = b"\x1b[?1049l"
STRATEGIES = """
async def fails(market: object) -> None:
    raise RuntimeError("on purpose")
"""


class Sim(NamedTuple):
    """Where a simulated exchange is, as it says itself."""

    rest: str
    public: str
    private: str
    key: str
    secret: str

    def toml(self) -> str:
        return (
            f'mode = "sim"\nlog = "log.jsonl"\n[exchange]\nrest = "{self.rest}"\npublic = "{self.public}"\n'
            f'private = "{self.private}"\nlevel3 = "{self.private}"\n'
        )

    def environ(self) -> dict[str, str]:
        return {"SEAWALL_KRAKEN_KEY": self.key, "SEAWALL_KRAKEN_SECRET": self.secret}


def seawall(*arguments: str, environ: Mapping[str, str] | None = None) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*SEAWALL, *arguments], capture_output=True, text=True, timeout=90, check=False, env={**os.environ, **(environ or {})}
    )


@pytest.fixture
def sim() -> Iterator[Sim]:
    """A simulated exchange in a process of its own, started and stopped as a user would."""
    with subprocess.Popen([*SEAWALL, "sim"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = list(iter(process.stdout.readline, "Ctrl+C stops it\n"))
        facts = dict(line.rsplit(maxsplit=1) for line in (line.strip() for line in lines[1:]))
        yield Sim(facts["REST"], facts["public"], facts["private"], facts["key"], facts["secret"])
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
        assert (process.returncode, errors) == (0, "stopped\n")


def test_a_redirected_demo_ends_by_itself_with_plain_lines_and_a_clean_certificate() -> None:
    done = seawall("demo", "--for", "3s")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert re.fullmatch(r"\d\d:\d\d:\d\d\.\d{3}  session  engine=demo mode=sim journal=\S+ times=UTC", lines[0])
    certificate = next(place for place, line in enumerate(lines) if line.startswith("certificate of demo"))
    for line in lines[:certificate]:
        assert re.fullmatch(r"\d\d:\d\d:\d\d\.\d{3}  [a-z_]+(  .*)?", line)
    assert "it was to run for 3 s" in lines[certificate]
    assert lines[-1] == "  clean: nothing was left behind"
    quotes = [line for line in lines if "  quote  symbol=BTC/USD" in line]
    assert len(quotes) == 1, "one in five seconds"


def test_a_demo_in_a_terminal_shows_the_view_until_ctrl_c() -> None:
    master, screen = pty.openpty()
    environ = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "100", "LINES": "30"}
    with subprocess.Popen([*SEAWALL, "demo"], stdin=screen, stdout=screen, stderr=subprocess.PIPE, env=environ) as process:
        drawn = read_until(master, b"", b"strategy quotes")
        process.send_signal(signal.SIGINT)
        drawn = read_until(master, drawn, b"nothing was left behind")
        assert process.wait(30) == 0
        assert process.stderr is not None
        assert process.stderr.read() == b""
    assert drawn.index(LEAVE) < drawn.index(b"certificate of demo"), "the certificate stays on the terminal"
    assert b"SIGINT" in drawn
    os.close(screen)
    os.close(master)


def read_until(fd: int, drawn: bytes, part: bytes) -> bytes:
    deadline = time.monotonic() + 60.0
    while part not in drawn:
        if not select.select([fd], [], [], max(0.0, deadline - time.monotonic()))[0]:
            raise TimeoutError(f"{part!r} not in {drawn[-2000:]!r}")
        drawn += os.read(fd, 65536)
    return drawn


def test_a_run_against_an_exchange_elsewhere_is_clean_and_its_log_holds_no_secret(sim: Sim, tmp_path: Path) -> None:
    file = tmp_path / "seawall.toml"
    file.write_text(sim.toml())
    done = seawall("run", str(file), "--for", "2s", environ=sim.environ())
    assert (done.returncode, done.stderr) == (0, "")
    text = (tmp_path / "log.jsonl").read_text()
    assert sim.secret not in text
    entries = [json.loads(line) for line in text.splitlines()]
    assert {"engine_started", "engine_stopping", "certificate"} <= {entry["event"] for entry in entries}
    assert entries[-1]["open_orders"] == []


def test_a_key_that_is_refused_is_access_denied(sim: Sim, tmp_path: Path) -> None:
    file = tmp_path / "seawall.toml"
    file.write_text(sim.toml())
    done = seawall("run", str(file), environ={**sim.environ(), "SEAWALL_KRAKEN_KEY": "x" * 56})
    assert done.returncode == 4
    assert done.stderr.startswith("seawall: ")
    assert "Traceback" not in done.stderr


def test_an_exchange_that_is_not_there_is_unreachable(tmp_path: Path) -> None:
    nowhere = Sim("http://127.0.0.1:9", "ws://127.0.0.1:9/v2", "ws://127.0.0.1:9/v2", "key", "c2VjcmV0")
    file = tmp_path / "seawall.toml"
    file.write_text(nowhere.toml() + "[deadlines]\nstart_s = 3.0\n")
    done = seawall("run", str(file), environ=nowhere.environ())
    assert done.returncode == 5
    assert done.stderr.startswith("seawall: ")
    assert "Traceback" not in done.stderr


def test_a_journal_that_is_none_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "seawall.sqlite").write_text("my diary\n" * 1000)
    file = tmp_path / "seawall.toml"
    file.write_text('mode = "sim"\n')
    done = seawall("run", str(file))
    assert done.returncode == 7
    assert "nothing of it was changed" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_log_that_cannot_be_written_is_a_fault_of_the_configuration(tmp_path: Path) -> None:
    file = tmp_path / "seawall.toml"
    file.write_text('mode = "sim"\nlog = "nowhere/log.jsonl"\n')
    done = seawall("run", str(file))
    assert done.returncode == 3
    assert "log: " in done.stderr
    assert "Traceback" not in done.stderr


def test_a_strategy_that_used_up_its_restarts_shows_in_the_exit_code(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(STRATEGIES)
    file = tmp_path / "seawall.toml"
    file.write_text('mode = "sim"\n[[strategies]]\nname = "bad"\nuse = "mine.py:fails"\n[strategies.restart]\ndelays_s = []\n')
    done = seawall("run", str(file), "--for", "20s")
    assert done.returncode == 8
    assert "  quarantined       bad" in done.stdout


def test_sigterm_stops_a_run_in_good_order(tmp_path: Path) -> None:
    file = tmp_path / "seawall.toml"
    file.write_text('mode = "sim"\n')
    with subprocess.Popen([*SEAWALL, "run", str(file)], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        told = read_until(process.stdout.fileno(), b"", b"engine_started")
        process.terminate()
        rest, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, b"")
    assert b"stopped after" in told + rest
    assert b": SIGTERM" in told + rest


def test_a_reader_that_goes_away_changes_nothing_and_the_certificate_is_still_told(tmp_path: Path) -> None:
    file = tmp_path / "seawall.toml"
    file.write_text('mode = "sim"\n')
    with subprocess.Popen([*SEAWALL, "run", str(file), "--for", "1s"], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        errors = process.stderr.read()
        assert process.wait(60) == 0
    assert errors.startswith(b"certificate of seawall")
    assert errors.endswith(b"clean: nothing was left behind\n")


def test_a_port_that_is_taken_is_told_by_the_simulator(sim: Sim) -> None:
    done = seawall("sim", "--port", sim.rest.rpartition(":")[2])
    assert done.returncode == 3
    assert "the simulator cannot serve" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_recording_that_is_none_is_told_by_the_simulator(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text("{}\n")
    for name in ("x.jsonl", "missing.jsonl"):
        done = seawall("sim", "--replay", str(tmp_path / name))
        assert done.returncode == 3
        assert "Traceback" not in done.stderr
