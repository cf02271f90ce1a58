import os
import stat
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from seawall.console.writer import LineWriter, WriterStatistics, open_log_file


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reader, writer = os.pipe()
    yield reader, writer
    for fd in (reader, writer):
        with suppress(OSError):  # some tests close one end themselves
            os.close(fd)


def fill(fd: int) -> int:
    """Fill a pipe to the brim; the number of bytes it took."""
    os.set_blocking(fd, False)
    count = 0
    with suppress(BlockingIOError):
        while True:
            count += os.write(fd, b"x" * 1024)
    os.set_blocking(fd, True)
    return count


def drain(fd: int, count: int) -> None:
    while count > 0:
        count -= len(os.read(fd, count))


def test_lines_arrive_in_order_and_close_waits_for_the_last(tmp_path: Path) -> None:
    fd = open_log_file(tmp_path / "log")
    with LineWriter(fd, owns_fd=True) as lines:
        for number in range(2500):
            lines.put(b"%d\n" % number)
    with pytest.raises(OSError, match="descriptor"):
        os.fstat(fd)
    assert (tmp_path / "log").read_bytes() == b"".join(b"%d\n" % number for number in range(2500))
    assert lines.statistics() == WriterStatistics(written=2500, dropped=0, failed=0, waiting=0)


def test_a_stuck_destination_never_holds_the_sender_and_what_is_dropped_is_counted_and_told(pipe: tuple[int, int]) -> None:
    reader, writer = pipe
    filled = fill(writer)
    lines = LineWriter(writer, limit=3)
    began = time.monotonic()
    for number in range(1000):
        lines.put(b"%d\n" % number)
    assert time.monotonic() - began < 1.0
    dropped = lines.statistics().dropped
    # The thread may have taken up to `limit` lines into the write that hangs, and `limit` more may wait.
    assert 994 <= dropped <= 997
    drain(reader, filled)
    assert lines.close()
    told = os.read(reader, 1000).splitlines()
    assert b"(%d lines lost)" % dropped in told
    assert len(told) == 1000 - dropped + 1
    assert lines.statistics().written == 1000 - dropped


def test_closing_gives_up_on_a_stuck_destination(pipe: tuple[int, int]) -> None:
    reader, writer = pipe
    filled = fill(writer)
    lines = LineWriter(writer, close_s=0.05)
    lines.put(b"never read\n")
    began = time.monotonic()
    assert not lines.close()
    assert time.monotonic() - began < 1.0
    drain(reader, filled)  # so that the thread can end before its pipe is closed
    lines.close_s = 5.0
    assert lines.close()


def test_a_closed_pipe_is_survived_and_counted(pipe: tuple[int, int]) -> None:
    reader, writer = pipe
    os.close(reader)
    lines = LineWriter(writer)
    lines.put(b"nobody there\n")
    assert not lines.close()
    assert lines.statistics().failed == 1


def test_lines_from_many_threads_stay_whole(tmp_path: Path) -> None:
    fd = open_log_file(tmp_path / "log")
    with LineWriter(fd) as lines:

        def put_many() -> None:
            for _time in range(200):
                lines.put(b"abc\n")

        threads = [threading.Thread(target=put_many) for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    os.close(fd)
    assert (tmp_path / "log").read_bytes() == b"abc\n" * 1000


def test_the_log_file_is_for_its_owner_alone_even_if_it_was_there_before(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("before\n")
    path.chmod(0o644)
    fd = open_log_file(path)
    os.write(fd, b"after\n")
    os.close(fd)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text() == "before\nafter\n"


def test_a_queue_without_room_is_refused(pipe: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="limit"):
        LineWriter(pipe[1], limit=0)
