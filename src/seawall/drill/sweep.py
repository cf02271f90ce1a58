"""Many runs, spread over processes; each result is told as soon as it is there.

A world needs a process to itself (it stands in for the process's clock and chance), and one with a fixed order of sets, which has
to be decided before Python starts: so workers are processes of our own making. One that dies takes one run with it, and that run
is named; one that does not end is asked where it hangs, and ended.
"""

import os
import pickle
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from typing import Final

import attrs
import trio

from seawall.drill.frames import HEADER_SIZE, frame, size_of, value_of
from seawall.drill.results import READY, Broken, Introduction, Result, Run
from seawall.drill.spec import RunSpec, Verdict

__all__ = ["Sweep", "WorkerFailed"]

_COMMAND: Final = (sys.executable, "-B", "-m", "seawall.drill.worker")  # -B: a world refuses files that are written, caches too
_KEPT: Final = 20_000
_FAREWELL_S: Final = 5.0


class WorkerFailed(Exception):
    """No worker could be started; the message is what it wrote."""


@attrs.frozen
class Sweep:
    """How runs are spread: `jobs` processes, each doing `run`, a function that can be imported by its name.

    A run that takes more than `most_s` of real time is ended, and counts as broken.
    """

    run: Run
    jobs: int = attrs.field(factory=lambda: len(os.sched_getaffinity(0)))
    most_s: float = 900.0

    async def over(self, specs: Iterable[RunSpec], tell: Callable[[Result], None]) -> None:
        """Do them all; `tell` hears each result once, in the order in which they come.

        `specs` is asked for the next one when a worker is free, and may go on for ever. Cancelled, the workers are killed; what
        was told stays told. Raises `WorkerFailed`, in a group, when they cannot even start.
        """
        waiting = iter(specs)
        async with trio.open_nursery() as nursery:
            for number in range(max(1, self.jobs)):
                nursery.start_soon(self._work, waiting, tell, name=f"worker {number}")

    async def _work(self, waiting: Iterator[RunSpec], tell: Callable[[Result], None]) -> None:
        spec = next(waiting, None)
        while spec is not None:
            async with _worker(self.run) as worker:
                while spec is not None:
                    result = await worker.ask(spec, self.most_s)
                    tell(result)
                    spec = next(waiting, None)
                    if worker.ended:
                        break


@attrs.define(eq=False)
class _Worker:
    process: trio.Process
    written: bytearray = attrs.field(factory=bytearray, init=False)
    """The end of what it wrote to standard error."""
    silent: trio.Event = attrs.field(factory=trio.Event, init=False)
    """Set when it cannot write any more."""
    ended: bool = attrs.field(default=False, init=False)

    async def listen(self) -> None:
        assert self.process.stderr is not None
        async for some in self.process.stderr:
            self.written += some
            del self.written[:-_KEPT]
        self.silent.set()

    async def ask(self, spec: RunSpec, most_s: float) -> Result:
        with trio.move_on_after(most_s):
            try:
                await self.send(frame(spec))
                result = await self.receive()
            except (EOFError, trio.BrokenResourceError):
                return await self._dead(spec)
            assert isinstance(result, Verdict | Broken)
            return result
        self.process.send_signal(signal.SIGABRT)
        self.ended = True
        await self.last_words()
        return Broken(spec, f"did not end within {most_s:g} s of real time", self.text)

    async def send(self, some: bytes) -> None:
        assert self.process.stdin is not None
        await self.process.stdin.send_all(some)

    async def receive(self) -> object:
        """The next value. Raises EOFError when there will be none."""
        size = size_of(await self._exactly(HEADER_SIZE))
        return value_of(await self._exactly(size))

    async def _exactly(self, size: int) -> bytes:
        assert self.process.stdout is not None
        got = bytearray()
        while len(got) < size:
            some = await self.process.stdout.receive_some(size - len(got))
            if not some:
                raise EOFError
            got += some
        return bytes(got)

    async def _dead(self, spec: RunSpec) -> Broken:
        self.ended = True
        await self.last_words()
        with trio.move_on_after(_FAREWELL_S):
            await self.process.wait()
        return Broken(spec, f"its process {_ending(self.process.returncode)}", self.text)

    async def last_words(self) -> None:
        with trio.move_on_after(_FAREWELL_S):
            await self.silent.wait()

    @property
    def text(self) -> str:
        return self.written.decode(errors="backslashreplace")


def _ending(returncode: int | None) -> str:
    if returncode is None:
        return "closed its pipes"
    if returncode >= 0:
        return f"exited with {returncode}"
    try:
        return f"died of {signal.Signals(-returncode).name}"
    except ValueError:
        return f"died of signal {-returncode}"


@asynccontextmanager
async def _worker(run: Run) -> AsyncGenerator[_Worker]:
    process = await trio.lowlevel.open_process(
        _COMMAND,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONHASHSEED": "0"},
        process_group=0,  # Ctrl+C in a terminal is for the parent
    )
    worker = _Worker(process)
    try:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(worker.listen)
            await _introduce(worker, run)
            yield worker
            nursery.cancel_scope.cancel(reason="there is no more to do")
    finally:
        process.kill()
        with trio.CancelScope(shield=True, deadline=trio.current_time() + _FAREWELL_S):
            await process.wait()
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe is not None:
                await trio.aclose_forcefully(pipe)


async def _introduce(worker: _Worker, run: Run) -> None:
    try:
        await worker.send(frame(Introduction(tuple(sys.path), pickle.dumps(run))))
        ready = await worker.receive()
    except (EOFError, trio.BrokenResourceError):
        ready = None
    if ready != READY:
        await worker.last_words()
        raise WorkerFailed(worker.text.strip() or f"its process {_ending(worker.process.returncode)}")
