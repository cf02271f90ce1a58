"""Keeps the real world out of a virtual one: its time, its chance, its network, its disks, its threads.

Time and chance of the standard library are replaced while a run lasts, for the libraries that ask it (a pool of connections asks
how old one is). What cannot be replaced is watched: a run that opens a real socket or starts a thread has failed, and says where.
"""

import _thread
import gc
import os
import random
import sys
import threading
import time
import traceback
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from typing import Final

import attrs

__all__ = ["Guard", "RealWorldTouched", "guarded"]

_WATCHED: Final = {
    "socket.connect": "connected a real socket",
    "socket.bind": "bound a real socket",
    "socket.sendto": "sent through a real socket",
    "subprocess.Popen": "started a process",
    "os.fork": "forked",
    "os.posix_spawn": "started a process",
    "os.system": "ran a command",
}
_WRITES: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_TRUNC
_LIBRARY: Final = (str(Path(os.__file__).parent), str(Path(__file__).parent))
"""Whose frames say nothing about who did it."""


class RealWorldTouched(Exception):
    """Something in a run reached for the real world, whose answer differs each time."""


@attrs.define(eq=False)
class Guard:
    """What was reached for in one run, and where."""

    touched: list[str] = attrs.field(factory=list)

    def refuse(self, what: str) -> None:
        """Note it, and raise `RealWorldTouched`, naming file and line of the code that did it."""
        told = f"{what}, at {_where(sys._getframe(1))}"  # noqa: SLF001 - the caller's frame is what it is about
        if told not in self.touched:
            self.touched.append(told)
        raise RealWorldTouched(
            f"{told}: in a virtual world there is none; take time, chance and network from the engine and trio"
        )


def _where(frame: FrameType | None) -> str:
    for step, line in traceback.walk_stack(frame):
        name = step.f_code.co_filename
        if not name.startswith((*_LIBRARY, "<")) or "site-packages" in name:
            return f"{name}:{line} in {step.f_code.co_name}"
    return "an unknown place"


_guards: list[Guard] = []
"""The guard of the run that is on; at most one. Audit hooks cannot be taken away again, so there is one, and it looks here."""


def _audit(event: str, arguments: tuple[object, ...]) -> None:
    if not _guards:
        return
    what = _WATCHED.get(event)
    if what is not None:
        _guards[-1].refuse(what)
    if event == "open":
        path, _, flags = arguments
        if isinstance(flags, int) and flags & _WRITES and isinstance(path, str) and path != os.devnull:
            _guards[-1].refuse(f"opened {path} for writing")


_hooked: list[bool] = []


@contextmanager
def guarded(now_s: Callable[[], float], now_ns: Callable[[], int], chance: random.Random) -> Generator[Guard, None, None]:
    """While inside, this process has no time, chance, network or disk but the world's.

    `now_s` is what the monotonic clocks say, `now_ns` what the wall clock says, `chance` where random bytes come from. Only one
    world at a time: raises RuntimeError for a second one.
    """
    if _guards:
        raise RuntimeError("there is a world in this process already: run them one after another, or in processes of their own")
    if not _hooked:
        sys.addaudithook(_audit)
        _hooked.append(True)
    guard = Guard()
    with ExitStack() as stack:
        for owner, name, answer in (*_stand_ins(now_s, now_ns, chance), *_refusals(guard)):
            stack.enter_context(_replaced(owner, name, answer))
        stack.callback(random.setstate, random.getstate())
        random.seed(chance.getrandbits(64))
        stack.enter_context(_collected_on_request())
        _guards.append(guard)
        stack.callback(_guards.remove, guard)
        yield guard


_Replaced = tuple[int, str]
_stand_in_of: dict[_Replaced, Callable[..., object]] = {}
_answers: dict[_Replaced, Callable[..., object]] = {}
"""What answers in place of a function of the standard library while a world is on."""


@contextmanager
def _replaced(owner: object, name: str, answer: Callable[..., object]) -> Generator[None, None, None]:
    """Let `answer` be called in place of a function.

    The stand-in is the same in every world, and outside of one it is the function itself: a module that is first imported in
    one world, and keeps what it found, as `from time import time` does, has the time of the next one too.
    """
    original = getattr(owner, name)
    place = id(owner), name
    if place not in _stand_in_of:

        def ask(*args: object, **kwargs: object) -> object:
            return _answers.get(place, original)(*args, **kwargs)

        _stand_in_of[place] = ask
    _answers[place] = answer
    setattr(owner, name, _stand_in_of[place])
    try:
        yield
    finally:
        del _answers[place]
        setattr(owner, name, original)


def _stand_ins(
    now_s: Callable[[], float], now_ns: Callable[[], int], chance: random.Random
) -> list[tuple[object, str, Callable[..., object]]]:
    def monotonic_ns() -> int:
        return round(now_s() * 1e9)

    return [
        (time, "time", lambda: now_ns() / 1e9),
        (time, "time_ns", now_ns),
        (time, "monotonic", now_s),
        (time, "monotonic_ns", monotonic_ns),
        (time, "perf_counter", now_s),
        (time, "perf_counter_ns", monotonic_ns),
        (os, "urandom", chance.randbytes),
        (random, "_urandom", chance.randbytes),  # `SystemRandom` has its own name for it
    ]


def _refusals(guard: Guard) -> list[tuple[object, str, Callable[..., object]]]:
    """What has no event of its own to watch for in every version of Python."""

    def start_thread(*_: object, **__: object) -> None:
        guard.refuse("started a thread")

    def sleep(_: float) -> None:
        guard.refuse("slept in real time")

    return [(threading.Thread, "start", start_thread), (_thread, "start_new_thread", start_thread), (time, "sleep", sleep)]


@contextmanager
def _collected_on_request() -> Generator[None, None, None]:
    """No garbage is collected but when the world says so: to close what was forgotten is an event, and has its moment."""
    enabled = gc.isenabled()
    gc.disable()
    gc.collect()
    gc.freeze()  # what was there before need not be looked at again each time
    try:
        yield
    finally:
        gc.unfreeze()
        if enabled:
            gc.enable()
