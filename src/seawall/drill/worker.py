"""A process that does one run after another, as its parent asks, and is gone when its parent is.

Started by `seawall.drill.sweep` as `python -m seawall.drill.worker`. Over its standard input come where modules are found
(`sys.path`), the function that runs, and then specs; over its standard output go `READY` and one result for each spec. What a
strategy prints goes to standard error, which the parent keeps the end of.
"""

import faulthandler
import os
import queue
import signal
import sys
import threading
import traceback
from typing import BinaryIO

from seawall.drill.frames import frame, read_frame, value_of
from seawall.drill.results import READY, Broken, Introduction, Result, Run
from seawall.drill.spec import RunSpec


def _main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal tells the whole family; the parent decides
    faulthandler.enable()  # SIGABRT is how the parent asks where a run hangs
    results = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    introduction = read_frame(sys.stdin.buffer.read)
    assert isinstance(introduction, Introduction)
    sys.path[:] = introduction.path
    run = value_of(introduction.run)
    assert callable(run)
    _say(results, READY)
    specs: queue.SimpleQueue[RunSpec] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(specs,), daemon=True).start()
    while True:
        _say(results, _judged(run, specs.get()))


def _listen(specs: "queue.SimpleQueue[RunSpec]") -> None:
    # In a thread, so that a parent that is gone is noticed in the midst of a run, too.
    try:
        while True:
            spec = read_frame(sys.stdin.buffer.read)
            assert isinstance(spec, RunSpec)
            specs.put(spec)
    finally:
        os._exit(0)


def _judged(run: Run, spec: RunSpec) -> Result:
    try:
        return run(spec)
    except Exception as error:  # noqa: BLE001 - it is reported, with its traceback; the next run is another
        return Broken(spec, f"raised {type(error).__name__}: {_first_line(error)}", traceback.format_exc())


def _first_line(error: BaseException) -> str:
    if isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        inner = error.exceptions[0]
        return f"{type(inner).__name__}: {_first_line(inner)}"
    return (str(error).splitlines() or [""])[0]


def _say(results: BinaryIO, value: object) -> None:
    try:
        results.write(frame(value))
        results.flush()
    except BrokenPipeError:
        os._exit(0)


if __name__ == "__main__":
    _main()
