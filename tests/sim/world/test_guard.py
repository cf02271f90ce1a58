"""In a world there is no time, chance, network or disk but its own, and whoever reaches for another is named."""

import os
import random
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from seawall.sim.world.guard import Guard, RealWorldTouched, guarded


def inside(seed: int = 1) -> "tuple[object, ...]":
    with guarded(lambda: 12.5, lambda: 42, Random(seed)):
        return (
            time.time(),
            time.time_ns(),
            time.monotonic(),
            time.monotonic_ns(),
            time.perf_counter(),
            os.urandom(4),
            uuid.uuid4(),
            random.random(),
            random.SystemRandom().random(),
        )


def test_time_and_chance_are_the_worlds() -> None:
    assert inside()[:5] == (42e-9, 42, 12.5, 12_500_000_000, 12.5)
    assert inside() == inside()
    assert inside(1)[5:] != inside(2)[5:]


def test_afterwards_everything_is_as_it_was() -> None:
    before = (time.time, time.monotonic, os.urandom, random.getstate())
    inside()

    assert (time.time, time.monotonic, os.urandom, random.getstate()) == before


def _connect() -> None:
    with socket.socket() as real:
        real.connect(("127.0.0.1", 9))


REACHES: dict[str, Callable[[], object]] = {
    "connected a real socket": _connect,
    "started a thread": lambda: threading.Thread(target=print).start(),
    "started a process": lambda: subprocess.run([sys.executable, "-V"], check=True),
    "slept in real time": lambda: time.sleep(0.001),
    "for writing": lambda: Path("never-written").write_text("", encoding="utf-8"),
}


@pytest.mark.parametrize("what", REACHES)
def test_what_reaches_for_the_real_world_is_refused_and_named_with_its_place(what: str) -> None:
    guard: Guard
    with guarded(lambda: 0.0, lambda: 0, Random(1)) as guard, pytest.raises(RealWorldTouched, match=what):
        REACHES[what]()

    [told] = guard.touched
    assert what in told
    assert "test_guard.py" in told


def test_reading_a_file_is_allowed() -> None:
    with guarded(lambda: 0.0, lambda: 0, Random(1)) as guard:
        assert Path(__file__).read_text(encoding="utf-8")

    assert guard.touched == []


def test_one_world_at_a_time() -> None:
    with (
        guarded(lambda: 0.0, lambda: 0, Random(1)),
        pytest.raises(RuntimeError, match="one after another"),
        guarded(lambda: 0.0, lambda: 0, Random(1)),
    ):
        pass
