"""What becomes of frames between the exchange and its sockets."""

from random import Random

from seawall.sim.frame_faults import FrameFaults

BOOK = '{"channel":"book","type":"update","data":[{"symbol":"%s","n":%d}]}'
EXECUTION = '{"channel":"executions","type":"update","data":[{"n":%d}]}'
TICKER = '{"channel":"ticker","type":"update","data":[{"symbol":"BTC/USD","n":%d}]}'


class Reader:
    """One reader's socket."""

    def __init__(self, faults: FrameFaults, number: int = 1) -> None:
        self.faults = faults
        self.number = number
        self.got: list[str] = []

    def put(self, frame: str) -> None:
        self.got.append(frame)

    def send(self, frame: str) -> None:
        self.faults.carry(self.number, frame, self.put)


def frames(count: int) -> list[str]:
    return [EXECUTION % number for number in range(count)]


def test_frames_pass_as_they_are_while_nothing_is_set() -> None:
    faults = FrameFaults(Random(1))
    reader = Reader(faults)
    for frame in frames(5):
        reader.send(frame)

    assert faults.idle
    assert reader.got == frames(5)


def test_some_are_lost_some_are_doubled_and_the_order_of_the_others_stays() -> None:
    faults = FrameFaults(Random(1), lost=0.3, doubled=0.3)
    reader = Reader(faults)
    for frame in frames(200):
        reader.send(frame)

    kept = [frame for place, frame in enumerate(reader.got) if place == 0 or frame != reader.got[place - 1]]
    assert 0.6 < len(kept) / 200 < 0.8
    assert 0.2 < (len(reader.got) - len(kept)) / len(kept) < 0.4
    assert kept == [frame for frame in frames(200) if frame in kept]


def test_a_swapped_frame_comes_behind_the_next_one_of_its_reader_and_none_is_lost() -> None:
    faults = FrameFaults(Random(1), swapped=1.0)
    one, other = Reader(faults, 1), Reader(faults, 2)
    for frame in frames(4):
        one.send(frame)
    other.send(EXECUTION % 9)

    assert one.got == [EXECUTION % number for number in (1, 0, 3, 2)]
    assert other.got == []
    faults.heal()
    assert other.got == [EXECUTION % 9]
    assert faults.idle


def test_channels_without_numbers_and_checksums_are_not_spoilt() -> None:
    faults = FrameFaults(Random(1), lost=1.0)
    reader = Reader(faults)
    reader.send(TICKER % 1)
    reader.send('{"channel":"status","data":[]}')
    reader.send("CloudFlare WebSocket proxy restarting")

    assert len(reader.got) == 3


def test_a_muted_channel_is_lost_for_its_symbol_alone_or_for_all() -> None:
    faults = FrameFaults(Random(1), muted={("book", "BTC/USD"), ("executions", None)})
    reader = Reader(faults)
    for frame in (BOOK % ("BTC/USD", 1), BOOK % ("ETH/USD", 2), EXECUTION % 3, TICKER % 4):
        reader.send(frame)

    assert reader.got == [BOOK % ("ETH/USD", 2), TICKER % 4]


def test_what_is_held_comes_later_in_its_order_while_other_channels_go_on() -> None:
    faults = FrameFaults(Random(1), held={"executions"})
    reader = Reader(faults)
    reader.send(EXECUTION % 1)
    reader.send(TICKER % 2)
    reader.send(EXECUTION % 3)
    assert reader.got == [TICKER % 2]

    faults.held.clear()
    reader.send(EXECUTION % 4)
    assert reader.got == [TICKER % 2], "it would overtake those that wait"
    faults.release()
    reader.send(EXECUTION % 5)

    assert reader.got == [TICKER % 2, *(EXECUTION % number for number in (1, 3, 4, 5))]
