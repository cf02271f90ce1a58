import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from fcntl import ioctl

import attrs
import msgspec
import pytest

from seawall.console.view_process import Frames
from seawall.engine.snapshot import EngineSnapshot

ENTER, LEAVE, SHOW_CURSOR = b"\x1b[?1049h", b"\x1b[?1049l", b"\x1b[?25h"


@attrs.define
class Terminal:
    """A pseudo-terminal: what is drawn to `screen_fd` is collected from the other end."""

    master_fd: int
    screen_fd: int
    drawn: bytes = b""

    def resize(self, width: int, height: int) -> None:
        ioctl(self.screen_fd, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))

    def wait_for(self, *parts: bytes) -> bytes:
        """Read until all parts were drawn; raises TimeoutError after ten seconds."""
        deadline = time.monotonic() + 10.0
        while not all(part in self.drawn for part in parts):
            if not select.select([self.master_fd], [], [], max(0.0, deadline - time.monotonic()))[0]:
                raise TimeoutError(f"{parts} not in {self.drawn!r}")
            self.drawn += os.read(self.master_fd, 65536)
        return self.drawn


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    master_fd, screen_fd = pty.openpty()
    terminal = Terminal(master_fd, screen_fd)
    terminal.resize(80, 24)
    yield terminal
    os.close(master_fd)
    os.close(screen_fd)


@pytest.fixture
def process(terminal: Terminal) -> Iterator["subprocess.Popen[bytes]"]:
    with subprocess.Popen(
        [sys.executable, "-m", "seawall.console.view_process"],
        stdin=subprocess.PIPE,
        stdout=terminal.screen_fd,
        stderr=subprocess.PIPE,
        env={**os.environ, "TERM": "xterm-256color"},
    ) as process:
        yield process
        process.kill()


def feed(process: "subprocess.Popen[bytes]", *snapshots: EngineSnapshot) -> None:
    assert process.stdin is not None
    process.stdin.write(b"".join(msgspec.json.encode(snapshot) + b"\n" for snapshot in snapshots))
    process.stdin.flush()


def end(process: "subprocess.Popen[bytes]") -> tuple[int, bytes]:
    """End the input; the exit code, and what was said on standard error."""
    assert process.stdin is not None
    assert process.stderr is not None
    process.stdin.close()
    errors = process.stderr.read()
    return process.wait(10), errors


def test_it_draws_in_the_alternate_screen_and_restores_the_terminal_at_the_end(
    terminal: Terminal, process: "subprocess.Popen[bytes]", snapshot: Callable[..., EngineSnapshot]
) -> None:
    feed(process, snapshot())
    drawn = terminal.wait_for(b"Ctrl+C")
    assert drawn.index(ENTER) < drawn.index(b"64000.10")
    lines = re.sub(rb"\x1b\[[0-9;?]*[A-Za-z]", b"", drawn).decode().splitlines()
    assert any(line.startswith("seawall  demo on sim") and line.endswith("RUNNING  up 00:01:23") for line in lines)
    assert end(process) == (0, b"")
    drawn = terminal.wait_for(LEAVE, SHOW_CURSOR)
    assert drawn.rindex(LEAVE) > drawn.rindex(b"Ctrl+C")


def test_ctrl_c_is_left_to_the_engine(
    terminal: Terminal, process: "subprocess.Popen[bytes]", snapshot: Callable[..., EngineSnapshot]
) -> None:
    feed(process, snapshot())
    terminal.wait_for(b"64000.10")
    process.send_signal(signal.SIGINT)
    feed(process, snapshot(price="64555.50"))
    terminal.wait_for(b"64555.50")
    assert end(process) == (0, b"")


def test_when_terminated_it_restores_the_terminal(
    terminal: Terminal, process: "subprocess.Popen[bytes]", snapshot: Callable[..., EngineSnapshot]
) -> None:
    feed(process, snapshot())
    terminal.wait_for(b"64000.10")
    process.terminate()
    terminal.wait_for(LEAVE, SHOW_CURSOR)
    assert process.wait(10) == 0


def test_it_follows_the_size_of_the_terminal(
    terminal: Terminal, process: "subprocess.Popen[bytes]", snapshot: Callable[..., EngineSnapshot]
) -> None:
    feed(process, snapshot(orders=10))
    assert b"sw-0009  " not in terminal.wait_for(b"Ctrl+C")
    terminal.resize(160, 60)
    feed(process, snapshot(orders=10))
    terminal.wait_for(b"sw-0009")


def test_while_nothing_comes_it_says_so(
    terminal: Terminal, process: "subprocess.Popen[bytes]", snapshot: Callable[..., EngineSnapshot]
) -> None:
    feed(process, snapshot())
    terminal.wait_for(b"no picture for")


def test_only_the_newest_frame_that_has_arrived_counts(snapshot: Callable[..., EngineSnapshot]) -> None:
    reader, writer = os.pipe()
    frames = Frames(reader)
    assert frames.newest(0.0) is None
    encoded = [msgspec.json.encode(snapshot(up_s=float(second))) + b"\n" for second in range(5)]
    os.write(writer, b"".join(encoded[:3]) + encoded[3][:100])
    newest = frames.newest(0.0)
    assert newest == snapshot(up_s=2.0)
    assert frames.newest(0.0) is None
    os.write(writer, encoded[3][100:])
    assert frames.newest(0.0) == snapshot(up_s=3.0)
    os.write(writer, encoded[4])
    os.close(writer)
    with pytest.raises(EOFError):  # a picture for nobody is not drawn
        frames.newest(0.0)
    os.close(reader)


def test_a_line_that_is_no_snapshot_is_an_error() -> None:
    reader, writer = os.pipe()
    os.write(writer, b'{"name": 5}\n')
    with pytest.raises(msgspec.DecodeError, match="name"):
        Frames(reader).newest(0.0)
    os.close(reader)
    os.close(writer)
