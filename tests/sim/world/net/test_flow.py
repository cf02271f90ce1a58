import math
from random import Random

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.sim.world.net.flow import Flow
from seawall.sim.world.net.link import MOST_PIECES, Link


@attrs.define
class Clock:
    s: float = 0.0

    def __call__(self) -> float:
        return self.s


def made(clock: Clock | None = None, **knobs: object) -> tuple[Flow, Link]:
    link = Link("a", "b", Random(1), clock or Clock(), latency_s=0.1)
    for name, value in knobs.items():
        setattr(link, name, value)
    return Flow(link), link


def test_bytes_are_there_when_they_are_due_and_not_before() -> None:
    flow, _ = made()

    assert flow.send(1.0, b"hello") == 1.1
    assert flow.due_s == 1.1
    assert flow.read(1.05, 100) is None
    assert flow.read(1.1, 100) == b"hello"
    assert flow.due_s == math.inf


def test_a_read_takes_what_has_arrived_and_leaves_what_has_not() -> None:
    flow, _ = made()
    for at_s, data in ((0.0, b"one "), (0.05, b"two "), (0.5, b"three")):
        flow.send(at_s, data)

    assert flow.read(0.2, 100) == b"one two "
    assert flow.read(0.2, 100) is None
    assert flow.read(0.6, 3) == b"thr"
    assert flow.read(0.6, 3) == b"ee"


def test_the_end_comes_after_all_bytes_and_stays() -> None:
    flow, _ = made()
    flow.send(0.0, b"last")
    flow.end(0.0)

    assert flow.read(0.1, 100) == b"last"
    assert flow.read(0.1, 100) == flow.read(9.0, 100) == b""


def test_what_is_sent_after_the_end_is_heard_by_nobody() -> None:
    flow, _ = made()
    flow.end(0.0)

    assert flow.send(0.1, b"more") == math.inf
    assert flow.read(1.0, 100) == b""


def test_a_reset_overtakes_what_was_not_there_yet() -> None:
    flow, _ = made()
    flow.send(0.0, b"early")
    flow.send(0.5, b"late")
    flow.reset(0.2, 0.2)

    assert flow.send(0.2, b"never") == math.inf
    assert flow.read(0.2, 100) == b"early"
    for at_s in (0.2, 9.0):
        with pytest.raises(ConnectionResetError):
            flow.read(at_s, 100)


def test_room_is_what_the_window_leaves() -> None:
    flow, _ = made(window_bytes=10)
    flow.send(0.0, b"12345678")

    assert flow.room == 2
    flow.read(0.1, 3)
    assert flow.room == 5
    assert flow.largest == 8


def test_a_narrow_line_takes_its_time_for_each_byte_of_all_connections() -> None:
    first, link = made(bytes_per_s=100.0)
    second = Flow(link)

    assert first.send(0.0, bytes(50)) == pytest.approx(0.6)
    assert second.send(0.0, bytes(50)) == pytest.approx(1.1)
    assert second.send(5.0, bytes(10)) == pytest.approx(5.2)


def test_a_line_that_becomes_wide_again_lets_go_what_it_held() -> None:
    clock = Clock()
    flow, link = made(clock, bytes_per_s=1.0)
    assert flow.send(0.0, bytes(100)) == pytest.approx(100.1)
    clock.s = 10.0
    link.bytes_per_s = math.inf

    assert flow.due_s == pytest.approx(10.1)
    assert flow.send(10.0, b"next") == pytest.approx(10.1)


def test_a_line_that_becomes_quicker_lets_nothing_overtake() -> None:
    flow, link = made()
    link.latency_s = 1.0
    flow.send(0.0, b"slow")
    link.latency_s = 0.1

    assert flow.send(0.5, b"quick") == 1.0
    assert flow.read(1.0, 100) == b"slowquick"


def test_pieces_bound_what_one_read_brings() -> None:
    flow, link = made(pieces=3)
    flow.send(0.0, b"12345678")

    assert [flow.read(0.1, 100) for _ in range(4)] == [b"123", b"456", b"78", None]
    flow.send(1.0, b"1234")
    link.pieces = None
    assert flow.read(1.1, 100) == b"1234"


def test_of_much_that_was_sent_at_once_only_the_beginning_comes_in_pieces() -> None:
    flow, _ = made(pieces=1)
    data = bytes(range(100))
    flow.send(0.0, data)
    read = [flow.read(0.1, 1_000) or b"" for _ in range(MOST_PIECES)]

    assert [len(piece) for piece in read] == [1] * (MOST_PIECES - 1) + [100 - MOST_PIECES + 1]
    assert b"".join(read) == data


def test_a_stalled_line_holds_what_is_on_the_way_and_lets_it_go_on() -> None:
    clock = Clock()
    flow, link = made(clock)
    flow.send(0.0, b"there ")
    flow.send(0.15, b"under way ")
    clock.s = 0.2
    link.stalled = True
    flow.send(0.3, b"meanwhile")
    flow.end(0.3)

    assert flow.read(9.0, 100) == b"there "
    assert flow.read(9.0, 100) is None
    clock.s = 10.0
    link.stalled = False
    assert flow.due_s == pytest.approx(10.1)
    assert flow.read(10.2, 100) == b"under way meanwhile"
    assert flow.read(10.2, 100) == b""


def test_what_is_sent_into_silence_fills_the_window_for_ever() -> None:
    flow, _ = made(window_bytes=10)
    flow.send(0.0, b"1234")
    flow.silent = True

    assert flow.send(0.0, b"5678") == math.inf
    assert flow.read(1.0, 100) == b"1234"
    assert flow.room == 6
    flow.end(1.0)
    assert flow.due_s == math.inf


def test_a_message_may_be_cut_short() -> None:
    flow, _ = made()
    flow.ends_after = 6
    flow.send(0.0, b"four")
    flow.send(0.0, b"more")

    assert flow.read(0.1, 100) == b"fourmo"
    assert flow.read(0.1, 100) == b""


@given(
    seed=st.integers(0, 2**32),
    sizes=st.lists(st.integers(1, 40), min_size=1, max_size=20),
    pieces=st.one_of(st.none(), st.integers(1, 9)),
    jitter_s=st.sampled_from([0.0, 0.3]),
    bytes_per_s=st.sampled_from([math.inf, 50.0]),
)
def test_all_bytes_arrive_once_and_in_order(
    seed: int, sizes: list[int], pieces: int | None, jitter_s: float, bytes_per_s: float
) -> None:
    rng, clock = Random(seed), Clock()
    flow, link = made(clock, jitter_s=jitter_s, bytes_per_s=bytes_per_s)
    sent, received = bytearray(), bytearray()
    for size in sizes:
        clock.s += rng.random() / 4
        link.stalled = rng.random() < 0.2
        link.pieces = pieces if rng.random() < 0.5 else None
        data = rng.randbytes(size)
        sent += data
        flow.send(clock.s, data)
        received += flow.read(clock.s, rng.randint(1, 30)) or b""
    link.stalled = False
    flow.end(clock.s)
    while (data_or_none := flow.read(clock.s, rng.randint(1, 30))) != b"":
        received += data_or_none or b""
        clock.s += 0.1

    assert received == sent
    assert flow.waiting == 0
