"""Finds what makes two runs of one strategy differ: time and chance that it takes from the machine itself.

The guard stands in for the clocks of the standard library, but not for those that were taken from it before the run
(`from time import time`), nor for those that cannot be replaced (`datetime.now`, a `Random` without a seed). The informer hears
of every call in a run, by `sys.setprofile`, and notes where code that is neither Python's, nor of a package, nor ours makes one
of these. A run takes some times as long with it, so it is for runs that look into why others differ.
"""

import datetime as dt
import os
import random
import sys
import sysconfig
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from types import CodeType, FrameType
from typing import Final

import attrs

__all__ = ["Informer"]

_CLOCKS: Final = (
    *(time.time, time.time_ns, time.monotonic, time.monotonic_ns, time.perf_counter, time.perf_counter_ns),
    *(time.process_time, time.process_time_ns, time.thread_time, time.thread_time_ns),
)
_ORIGINALS: Final[dict[object, str]] = {
    **{clock: f"asked time.{clock.__name__}() for the machine's own time" for clock in _CLOCKS},
    dt.datetime.now: "asked datetime.now() for the machine's own time",
    dt.datetime.utcnow: "asked datetime.utcnow() for the machine's own time",
    time.sleep: "slept in real time, by time.sleep()",
    os.urandom: "took bytes of the machine's own chance, by os.urandom()",
}
"""The functions themselves, as they were before any world stood in for them, and what a call of theirs is."""

_UNSEEDED: Final = "made a random.Random() without a seed, or seeded one with nothing"
_SEEDS: Final[CodeType] = random.Random.seed.__code__

_FOLDERS: Final = {sysconfig.get_path(name): None for name in ("stdlib", "platstdlib")}
_PYTHON: Final = (*_FOLDERS, *(str(Path(folder).resolve()) for folder in _FOLDERS), "<")
"""Where code is Python's own, or was made up by some library while it ran."""
_PACKAGES: Final = ("site-packages", "dist-packages")
_OURS: Final = str(Path(__file__).resolve().parents[2])
"""The package itself."""


@attrs.define(eq=False)
class Informer:
    """Each place once, in the order in which they were first heard of: `FILE:LINE in FUNCTION asked ...`."""

    notes: list[str] = attrs.field(factory=list)
    _known: dict[tuple[str, str, int], None] = attrs.field(factory=dict)
    _foreign: dict[str, bool] = attrs.field(factory=dict)

    @contextmanager
    def listening(self) -> Generator[None, None, None]:
        """Listen while inside, in this thread; a profiler that was there before listens again afterwards."""
        before = sys.getprofile()
        sys.setprofile(self._hear)
        try:
            yield
        finally:
            sys.setprofile(before)

    def _hear(self, frame: FrameType, event: str, argument: object) -> None:
        if event == "c_call":
            what = _ORIGINALS.get(argument)
            if what is not None:
                self._note(what, frame)
        elif event == "call" and frame.f_code is _SEEDS and frame.f_back is not None and _seeds_with_nothing(frame):
            self._note(_UNSEEDED, frame.f_back)

    def _note(self, what: str, frame: FrameType) -> None:
        """Note it, if the nearest code that is not Python's is a user's."""
        step: FrameType | None = frame
        while step is not None and self._is_pythons(step.f_code.co_filename):
            step = step.f_back
        if step is None or not self._is_a_users(step.f_code.co_filename):
            return
        place = what, step.f_code.co_filename, step.f_lineno
        if place not in self._known:
            self._known[place] = None
            self.notes.append(f"{step.f_code.co_filename}:{step.f_lineno} in {step.f_code.co_name} {what}")

    @staticmethod
    def _is_pythons(name: str) -> bool:
        return name.startswith(_PYTHON) and not any(folder in name for folder in _PACKAGES)

    def _is_a_users(self, name: str) -> bool:
        found = self._foreign.get(name)
        if found is None:
            ours = str(Path(name).resolve()).startswith(_OURS + os.sep)
            found = self._foreign[name] = not ours and not any(folder in name for folder in _PACKAGES)
        return found


def _seeds_with_nothing(frame: FrameType) -> bool:
    """`SystemRandom` is the world's chance anyway, and has a `seed` of its own that does nothing."""
    return frame.f_locals.get("a") is None
