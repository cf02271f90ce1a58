"""The process that draws the live view: snapshots come in as JSON lines on standard input, a picture goes to the terminal.

Drawing takes milliseconds and a terminal may stop reading: neither may happen on the engine's loop, so it happens here.
It ends when its input does, and leaves the terminal as it was.
"""

import os
import select
import signal
import sys
import time
from collections.abc import Callable, Iterator
from types import FrameType

import attrs
import msgspec
from rich.console import Console, Group
from rich.live import Live

from seawall.console.picture import Trails, picture
from seawall.engine.snapshot import EngineSnapshot

__all__ = ["Frames", "main"]

_CHUNK = 1 << 16
_REDRAW_S = 1.0


@attrs.define(eq=False)
class Frames:
    """Snapshots from a file descriptor. Of those that have arrived only the newest counts."""

    fd: int
    _rest: bytes = attrs.field(init=False, default=b"")

    def newest(self, wait_s: float) -> EngineSnapshot | None:
        """The newest snapshot, or None when none came within `wait_s` seconds. Raises EOFError at the end of the input.

        Raises `msgspec.DecodeError` for a line that is no snapshot.
        """
        if not select.select([self.fd], [], [], wait_s)[0]:
            return None
        lines: list[bytes] = []
        while select.select([self.fd], [], [], 0)[0]:
            chunk = os.read(self.fd, _CHUNK)
            if not chunk:
                raise EOFError
            *complete, self._rest = (self._rest + chunk).split(b"\n")
            lines = complete[-1:] or lines
        return msgspec.json.decode(lines[0], type=EngineSnapshot) if lines else None


def draw(frames: Frames, console: Console, now_s: Callable[[], float]) -> None:
    """Draw until the input ends. `now_s` is a monotonic clock."""
    trails = Trails()
    with Live(console=console, screen=True, auto_refresh=False, redirect_stdout=False, redirect_stderr=False) as live:
        for snapshot, silent_s in _with_silence(frames, now_s):
            trails.add(snapshot)
            width, height = console.size
            live.update(Group(*picture(snapshot, width, height, trails, silent_s=silent_s)), refresh=True)


def _with_silence(frames: Frames, now_s: Callable[[], float]) -> Iterator[tuple[EngineSnapshot, float]]:
    """Each snapshot, and the last one again while no other comes, with the seconds since it came."""
    last: EngineSnapshot | None = None
    came_s = now_s()
    while True:
        try:
            snapshot = frames.newest(_REDRAW_S)
        except EOFError:
            return
        if snapshot is not None:
            last, came_s = snapshot, now_s()
        if last is not None:
            yield last, now_s() - came_s


def _end(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


def main() -> int:
    """Run as `python -m seawall.console.view_process`."""
    # Ctrl+C is for the engine. A terminal set to stop background writers must not stop this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _end)  # an exception, so that the terminal is restored on the way
    try:
        draw(Frames(sys.stdin.fileno()), Console(), time.monotonic)
    except OSError as error:  # the terminal is gone: there is nowhere to draw
        print(f"seawall: the view ended: {error}", file=sys.stderr)  # noqa: T201  # its only way to say so
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
