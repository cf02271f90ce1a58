import queue
import subprocess
import sys
import time
from decimal import Decimal

import pytest

from seawall.cli.exit_codes import ExitCode
from seawall.cli.last_resort import LastResort
from seawall.engine.certificate import Certificate

LEFT = Certificate(
    engine="demo",
    reason="SIGTERM",
    ran_s=1.0,
    tasks_left=("strategy that computes for ever",),
    open_orders=(),
    in_doubt=(),
    kept=(),
    positions=(("grid", "BTC/USD", Decimal(1)),),
    dead_mans_switch="disarmed",
    journal="closed",
)


def test_it_writes_the_certificate_and_ends_the_process(capsys: pytest.CaptureFixture[str]) -> None:
    ends: queue.Queue[int] = queue.Queue()
    LastResort(grace_s=0.0, end=ends.put)(LEFT)
    assert ends.get(timeout=10) == ExitCode.UNCONFIRMED
    told = capsys.readouterr().err
    assert "strategy that computes for ever" in told
    assert "\x1b" not in told


def test_a_view_is_ended_first_so_that_the_certificate_is_seen(capsys: pytest.CaptureFixture[str]) -> None:
    ends: queue.Queue[int] = queue.Queue()
    with subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE) as view:
        LastResort(grace_s=0.0, end=ends.put, view_pid=view.pid)(LEFT)
        assert ends.get(timeout=10) == ExitCode.UNCONFIRMED
        assert view.wait(10) == -9
    assert capsys.readouterr().err.startswith("\x1b[?1049l\x1b[?25hcertificate of demo")


def test_a_process_that_ends_by_itself_does_not_wait_for_it() -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from test_last_resort import LEFT\n"
        "from seawall.cli.last_resort import LastResort\n"
        "LastResort(grace_s=60.0)(LEFT)\n"
    )
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", code, str(__file__).rpartition("/")[0]], check=True, timeout=50)
    assert time.monotonic() - began < 40
