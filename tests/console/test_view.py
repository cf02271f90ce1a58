import os
import pty
import signal
import sys
from collections.abc import Callable, Iterator

import pytest
import trio

from seawall.console.view import ViewEnded, open_view
from seawall.engine.snapshot import EngineSnapshot

LEAVE = b"\x1b[?1049l"


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    """Both ends of a pseudo-terminal: the one that collects, and the screen."""
    ends = pty.openpty()
    yield ends
    for fd in ends:
        os.close(fd)


async def read_until(fd: int, part: bytes) -> bytes:
    drawn = b""
    with trio.fail_after(10):
        while part not in drawn:
            await trio.lowlevel.wait_readable(fd)
            drawn += os.read(fd, 65536)
    return drawn


def never(notice: object) -> None:
    raise AssertionError(f"told {notice}")


async def test_snapshots_are_drawn_until_the_block_is_left(
    terminal: tuple[int, int], snapshot: Callable[..., EngineSnapshot]
) -> None:
    collected, screen = terminal
    async with open_view(snapshot, probe=never, terminal_fd=screen, every_s=0.02) as view:
        await read_until(collected, b"64000.10")
        written = view.statistics().written
        assert written >= 1
    assert LEAVE in await read_until(collected, LEAVE)


async def test_a_view_that_is_stopped_holds_nobody_and_its_frames_are_skipped(
    terminal: tuple[int, int], snapshot: Callable[..., EngineSnapshot]
) -> None:
    collected, screen = terminal
    large = snapshot(news=("x" * 3000,) * 10)
    taken_s: list[float] = []
    resumed = trio.Event()

    def take_snapshot() -> EngineSnapshot:
        if taken_s and trio.current_time() - taken_s[-1] > 0.2:
            resumed.set()
        taken_s.append(trio.current_time())
        return large

    with trio.fail_after(20):
        async with open_view(take_snapshot, probe=never, terminal_fd=screen, every_s=0.02, close_s=0.3) as view:
            await read_until(collected, b"64000.10")
            os.kill(view.pid, signal.SIGSTOP)
            stopped_s = trio.current_time()
            while trio.current_time() - taken_s[-1] < 0.3:  # until the pipe is full: then no snapshot is even taken
                before_s = trio.current_time()
                await trio.sleep(0.01)
                assert trio.current_time() - before_s < 0.25, "the engine's loop was held"
            assert len([at_s for at_s in taken_s if at_s > stopped_s]) < 10, "frames were queued for a view that does not draw"
            os.kill(view.pid, signal.SIGCONT)
            await resumed.wait()
            assert view.statistics().skipped >= 10
            os.kill(view.pid, signal.SIGSTOP)
            left_s = trio.current_time()
        assert trio.current_time() - left_s < 2.0, "leaving waited for a view that could not end"
    assert LEAVE in await read_until(collected, LEAVE), "a killed view cannot restore the terminal itself"


async def test_a_view_that_dies_is_told_and_the_engine_goes_on(
    terminal: tuple[int, int], snapshot: Callable[..., EngineSnapshot]
) -> None:
    collected, screen = terminal
    told, notices = trio.open_memory_channel[object](10)
    with trio.fail_after(20):
        async with open_view(snapshot, probe=told.send_nowait, terminal_fd=screen, every_s=0.02) as view:
            await read_until(collected, b"64000.10")
            os.kill(view.pid, signal.SIGKILL)
            assert await notices.receive() == ViewEnded(-signal.SIGKILL)
            await trio.lowlevel.checkpoint()  # the block is not cancelled
    assert LEAVE in await read_until(collected, LEAVE)


async def test_a_view_that_cannot_draw_ends_by_itself(snapshot: Callable[..., EngineSnapshot]) -> None:
    told, notices = trio.open_memory_channel[object](10)
    command = (sys.executable, "-c", "raise SystemExit(3)")
    with trio.fail_after(20):
        async with open_view(snapshot, probe=told.send_nowait, every_s=0.02, command=command):
            assert await notices.receive() == ViewEnded(3)


async def test_cancelling_the_block_ends_the_view_within_its_bound(
    terminal: tuple[int, int], snapshot: Callable[..., EngineSnapshot]
) -> None:
    collected, screen = terminal
    with trio.move_on_after(20) as everything:
        async with open_view(snapshot, probe=never, terminal_fd=screen, every_s=0.02):
            await read_until(collected, b"64000.10")
            everything.cancel()
            await trio.sleep_forever()
    assert LEAVE in await read_until(collected, LEAVE)


async def test_a_command_that_cannot_be_started_is_an_error(snapshot: Callable[..., EngineSnapshot]) -> None:
    with pytest.raises(FileNotFoundError):
        async with open_view(snapshot, probe=never, command=("/no/such/program",)):
            pass
