"""The engine's side of the live view: snapshots for the process that draws them, and never a wait for it."""

import os
import subprocess
import sys
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Final

import attrs
import msgspec
import trio

from seawall.engine.snapshot import EngineSnapshot
from seawall.model.venue import Probe

__all__ = ["View", "ViewEnded", "ViewStatistics", "open_view"]

# -P: a file called rich.py where the user happens to stand must not be taken for the library.
_COMMAND: Final = (sys.executable, "-P", "-m", "seawall.console.view_process")
_LEAVE_ALTERNATE_SCREEN: Final = b"\x1b[?1049l\x1b[?25h"

_encode = msgspec.json.Encoder().encode  # decimals become text, digit for digit


@attrs.frozen
class ViewEnded:
    """The view's process ended unasked: the engine goes on without a view. Negative codes are signals."""

    exit_code: int


@attrs.frozen
class ViewStatistics:
    """`skipped` frames were due while the view was still busy with an earlier one."""

    written: int
    skipped: int


@attrs.define(eq=False)
class View:
    """Writes frames to one process for as long as it runs."""

    _process: trio.Process
    _take_snapshot: Callable[[], EngineSnapshot]
    _probe: Probe
    _every_s: float
    _written: int = attrs.field(init=False, default=0)
    _skipped: int = attrs.field(init=False, default=0)

    @property
    def pid(self) -> int:
        """The process that draws."""
        return self._process.pid

    def statistics(self) -> ViewStatistics:
        """What was drawn, and what was not."""
        return ViewStatistics(self._written, self._skipped)

    async def feed(self) -> None:
        """A frame every `every_s` seconds; returns when the process has ended.

        While a frame cannot be written none is taken: what a slow view misses is never queued for it.
        """
        frames = self._process.stdin
        assert frames is not None, "the process was opened with a pipe"
        due_s = trio.current_time()
        try:
            while True:
                await frames.send_all(_encode(self._take_snapshot()) + b"\n")
                self._written += 1
                missed = int((trio.current_time() - due_s) // self._every_s)
                self._skipped += missed
                due_s += (missed + 1) * self._every_s
                await trio.sleep_until(due_s)
        except trio.BrokenResourceError:
            self._probe(ViewEnded(await self._process.wait()))


@asynccontextmanager
async def open_view(
    take_snapshot: Callable[[], EngineSnapshot],
    *,
    probe: Probe,
    every_s: float = 0.25,
    close_s: float = 2.0,
    terminal_fd: int = 1,
    command: Sequence[str] = _COMMAND,
) -> AsyncGenerator[View]:
    """Show snapshots on the terminal `terminal_fd`, drawn by a process of its own, until the block is left.

    `take_snapshot` is called every `every_s` seconds, on this loop; it is all the loop has to do. A view that is stopped,
    slow or dead changes nothing for the block: frames are skipped, or `ViewEnded` is told. Leaving the block waits for the
    view to restore the terminal, kills it after `close_s` seconds, and is over after twice as long at most.
    Raises OSError when it cannot be started.
    """
    # A process group of its own: Ctrl+C at the terminal reaches the engine alone, even while the view still starts.
    process = await trio.lowlevel.open_process(command, stdin=subprocess.PIPE, stdout=terminal_fd, process_group=0)
    try:
        async with trio.open_nursery() as nursery:
            view = View(process, take_snapshot, probe, every_s)
            nursery.start_soon(view.feed, name="view")
            try:
                yield view
            finally:
                nursery.cancel_scope.cancel(reason="the block that showed the view was left")
    finally:
        with trio.move_on_after(2 * close_s, shield=True):
            await _close(process, close_s, terminal_fd)


async def _close(process: trio.Process, close_s: float, terminal_fd: int) -> None:
    """The end of its input asks the process to end; after `close_s` seconds it is killed. Its caller bounds the rest."""
    with trio.move_on_after(close_s):
        if process.stdin is not None:
            await process.stdin.aclose()
        await process.wait()
    if process.returncode is None:
        process.kill()
    if await process.wait() != 0 and os.isatty(terminal_fd):
        # It did not restore the terminal. In a thread, for a terminal may refuse to be written to.
        await trio.to_thread.run_sync(os.write, terminal_fd, _LEAVE_ALTERNATE_SCREEN, abandon_on_cancel=True)
