"""`seawall` at another time of day: run as a script, `python other_clock.py FILE run seawall.toml`, before anything is imported.

The wall clock is the machine's, and the nanoseconds that stand in FILE at that very moment (eight bytes, little-endian, signed):
to write others there is to set the clock. Clocks that measure durations are left alone, as a change of the date leaves them.
A library that does this to every process, libfaketime, also shifts the times that threads wait until, and CPython starves.
"""

import mmap
import runpy
import sys
import time
from pathlib import Path
from typing import Final

__all__ = ["BYTES", "from_nanoseconds", "show_another_time"]

BYTES: Final = 8


def from_nanoseconds(ahead_ns: int) -> bytes:
    """What to write into the file."""
    return ahead_ns.to_bytes(BYTES, "little", signed=True)


def show_another_time(file: Path) -> None:
    """From now on `time.time` and `time.time_ns` are so far ahead as the file says. Who has taken them already keeps them."""
    with file.open("rb") as opened:
        shared = mmap.mmap(opened.fileno(), BYTES, prot=mmap.PROT_READ)
    machine_ns = time.time_ns

    def time_ns() -> int:
        return machine_ns() + int.from_bytes(shared[:], "little", signed=True)

    def time_s() -> float:
        return time_ns() / 1e9

    time.time_ns, time.time = time_ns, time_s


if __name__ == "__main__":
    show_another_time(Path(sys.argv[1]))
    sys.argv[:2] = ["seawall"]
    runpy.run_module("seawall.cli.main", run_name="__main__", alter_sys=True)
