"""A process with another time of day."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from seawall.drill.real import other_clock
from seawall.drill.real.stage import OtherClock

ASK = """
import sys, time
from pathlib import Path
sys.path.insert(0, {folder!r})
import other_clock
other_clock.show_another_time(Path({file!r}))
for _ in sys.stdin:
    print(time.time_ns(), time.time(), flush=True)
"""


@pytest.mark.parametrize("ahead_s", [0.0, 3600.0, -7200.0])
def test_a_jump_is_seen_at_once_by_a_process_that_runs(tmp_path: Path, ahead_s: float) -> None:
    clock = OtherClock(tmp_path / "clock")
    clock.set(-30.0)
    script = ASK.format(folder=str(Path(other_clock.__file__).parent), file=str(clock.file))
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for jump_s in (-30.0, ahead_s):
            clock.set(jump_s)
            print(file=process.stdin, flush=True)
            told_ns, told_s = process.stdout.readline().split()
            assert abs(int(told_ns) / 1e9 - jump_s - time.time()) < 30
            assert abs(float(told_s) - int(told_ns) / 1e9) < 30
        process.stdin.close()


def test_the_command_line_runs_on_that_clock(tmp_path: Path) -> None:
    clock = OtherClock(tmp_path / "clock")
    clock.set(0.0)
    done = subprocess.run(clock.command("version"), capture_output=True, text=True, check=True)
    assert "seawall" in done.stdout.lower()
