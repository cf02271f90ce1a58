import struct
import tracemalloc
from itertools import pairwise

import attrs
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from wsproto.frame_protocol import FrameProtocol, Opcode, ParseFailed

from seawall.kraken.client.wire.splitter import FrameSplitter, MessageTooBig, ProtocolBroken, Split

MOST = 200_000
WAYS_TO_WRITE_A_LENGTH = ("shortest", "two bytes", "eight bytes")


def server_frame(opcode: Opcode, payload: bytes, *, final: bool = True) -> bytes:
    """A frame as a server writes it, by the library that is the oracle here."""
    return bytes(FrameProtocol(client=False, extensions=[])._serialize_frame(opcode, payload, fin=final))


def raw_frame(first: int, payload: bytes, *, masked: bool = False, way: str = "shortest") -> bytes:
    """Any frame, right or wrong."""
    size = len(payload)
    if way == "eight bytes" or size >= 2**16:
        length = bytes([127]) + struct.pack("!Q", size)
    elif way == "two bytes" or size > 125:
        length = bytes([126]) + struct.pack("!H", size)
    else:
        length = bytes([size])
    key = bytes(4) if masked else b""
    return bytes([first, length[0] | (0x80 if masked else 0)]) + length[1:] + key + payload


TEXT = st.text(max_size=40) | st.integers(120, 130).map("x".__mul__) | st.integers(65_530, 65_540).map("y".__mul__)
PAYLOADS = TEXT.map(str.encode) | st.binary(max_size=200)


def fragments(opcode: Opcode, payload: bytes, cuts: list[int], controls: list[bytes]) -> list[bytes]:
    """A message in pieces, some of them empty, with a control frame behind each as long as there are any."""
    edges = [0, *sorted(min(cut, len(payload)) for cut in cuts), len(payload)]
    frames: list[bytes] = []
    for number, (begin, end) in enumerate(pairwise(edges)):
        last = end == edges[-1] and number == len(edges) - 2
        frames.append(server_frame(opcode if number == 0 else Opcode.CONTINUATION, payload[begin:end], final=last))
        if controls and not last:
            frames.append(controls.pop())
    return frames


CONTROLS = st.builds(server_frame, st.sampled_from([Opcode.PING, Opcode.PONG]), st.binary(max_size=125))
MESSAGES = st.builds(
    fragments,
    st.just(Opcode.TEXT),
    TEXT.map(str.encode),
    st.lists(st.integers(0, 200), max_size=3),
    st.lists(CONTROLS, max_size=2),
) | st.builds(fragments, st.just(Opcode.BINARY), PAYLOADS, st.lists(st.integers(0, 200), max_size=3), st.just([]))
CLOSES = st.builds(
    lambda code, reason: server_frame(Opcode.CLOSE, code + reason.encode()),
    st.sampled_from([b"\x03\xe8", b"\x03\xf3", b"\x0f\xa0"]),
    st.text(max_size=30),
) | st.just(server_frame(Opcode.CLOSE, b""))
ANY_FRAME = st.builds(
    raw_frame,
    st.integers(0, 255),
    st.binary(max_size=130),
    masked=st.sampled_from([False, False, False, True]),
    way=st.sampled_from(WAYS_TO_WRITE_A_LENGTH),
)
STREAMS = st.lists(
    MESSAGES | CONTROLS.map(lambda frame: [frame]) | CLOSES.map(lambda frame: [frame]) | ANY_FRAME.map(lambda frame: [frame]),
    max_size=6,
).map(lambda groups: [frame for group in groups for frame in group])


@attrs.define
class Seen:
    """What came of a stream of bytes."""

    messages: list[bytes] = attrs.field(factory=list)
    controls: list[tuple[int, object]] = attrs.field(factory=list)
    closed: bool = False
    code: int | None = None


def seen_by_the_library(wire: bytes) -> Seen:
    """What wsproto makes of it."""
    seen, protocol, parts = Seen(), FrameProtocol(client=True, extensions=[]), b""
    protocol.receive_bytes(wire)
    try:
        for frame in protocol.received_frames():
            if frame.opcode.iscontrol():
                seen.closed = frame.opcode is Opcode.CLOSE
                seen.controls.append((frame.opcode, frame.payload))
                continue
            assert isinstance(frame.payload, str | bytes | bytearray)
            parts += frame.payload.encode() if isinstance(frame.payload, str) else frame.payload
            if frame.message_finished:
                seen.messages.append(parts)
                parts = b""
    except ParseFailed as failed:
        seen.code = failed.code
    return seen


def seen_by_us(wire: bytes, cuts: list[int]) -> Seen:
    """What the splitter makes of it, and the library of the control frames it is handed, which is what happens to them."""
    seen, splitter, controls = Seen(), FrameSplitter(MOST), b""
    edges = [0, *sorted(min(cut, len(wire)) for cut in cuts), len(wire)]
    for begin, end in pairwise(edges):
        split = splitter.feed(wire[begin:end])
        seen.messages += split.messages
        controls += split.controls
        if split.broken is not None:
            seen.code = split.broken.code
            break
    told = seen_by_the_library(controls)
    seen.controls, seen.closed = told.controls, told.closed
    seen.code = told.code or seen.code  # a close frame that says nonsense is handed on, and refused there
    return seen


CUTS = st.lists(st.integers(0, 400) | st.integers(0, 150_000), max_size=8)


@settings(deadline=None)  # what is measured is the machine, shared with others
@given(STREAMS, CUTS)
@example([raw_frame(0x81, b"x" * 20, way="two bytes")], [])
@example([raw_frame(0x81, b"x" * 200), raw_frame(0x81, b"x" * 300, way="eight bytes")], [7])
@example([raw_frame(0x88, b"\x03\xe8bye"), raw_frame(0x81, b"late")], [3])
@example([raw_frame(0x88, b"\x03"), raw_frame(0x81, b"late")], [])
@example([raw_frame(0x88, b"\x03\xe8\xff")], [])
@example([raw_frame(0x89, b"x" * 126)], [1])
def test_any_frames_cut_anywhere_give_what_the_library_makes_of_them(frames: list[bytes], cuts: list[int]) -> None:
    wire = b"".join(frames)
    ours, theirs = seen_by_us(wire, cuts), seen_by_the_library(wire)
    if theirs.code == 1007 and not theirs.closed and ours.code != 1007:
        # text that is not UTF-8: left to the decoder, which sees the message; up to there all is the same
        assert ours.messages[: len(theirs.messages)] == theirs.messages
        assert ours.controls[: len(theirs.controls)] == theirs.controls
    else:
        assert ours == theirs


@settings(deadline=None)
@given(STREAMS, CUTS)
def test_where_a_stream_is_cut_changes_nothing(frames: list[bytes], cuts: list[int]) -> None:
    wire = b"".join(frames)
    assert seen_by_us(wire, cuts) == seen_by_us(wire, []) == seen_by_us(wire, list(range(min(len(wire), 3000))))


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything(wire: bytes) -> None:
    split = FrameSplitter(1000).feed(wire)
    assert split.broken is None or split.broken.code in {1002, 1009}


def test_a_long_message_that_comes_in_small_pieces_is_joined_once() -> None:
    wire = server_frame(Opcode.TEXT, b"x" * 1_000_000)
    splitter = FrameSplitter(2**20)
    got: list[bytes] = []
    for at in range(0, len(wire), 1000):
        got += splitter.feed(wire[at : at + 1000]).messages
    assert got == [b"x" * 1_000_000]


def test_control_frames_may_stand_inside_a_fragmented_message() -> None:
    ping = server_frame(Opcode.PING, b"")
    wire = server_frame(Opcode.TEXT, b"ab", final=False) + ping + server_frame(Opcode.CONTINUATION, b"c")
    assert FrameSplitter(10).feed(wire) == Split([b"abc"], ping)


def broken_by(wire: bytes, most: int = 1000) -> ProtocolBroken:
    broken = FrameSplitter(most).feed(wire).broken
    assert broken is not None
    return broken


def test_what_came_whole_before_the_protocol_was_broken_is_still_given() -> None:
    ping = server_frame(Opcode.PING, b"x")
    split = FrameSplitter(10).feed(server_frame(Opcode.TEXT, b"good") + ping + b"\xf1\x01x")
    assert (split.messages, split.controls) == ([b"good"], ping)
    assert isinstance(split.broken, ProtocolBroken)


@pytest.mark.parametrize(
    "wire",
    [
        server_frame(Opcode.CONTINUATION, b"x"),
        server_frame(Opcode.TEXT, b"a", final=False) + server_frame(Opcode.TEXT, b"b"),
    ],
)
def test_fragments_out_of_order_break_the_protocol(wire: bytes) -> None:
    assert broken_by(wire).code == 1002


@pytest.mark.parametrize("length", [11, 126, 70_000])
def test_a_message_above_the_limit_is_refused_by_its_head(length: int) -> None:
    broken = broken_by(server_frame(Opcode.TEXT, b"x" * length)[:10], most=10)
    assert isinstance(broken, MessageTooBig)
    assert broken.code == 1009
    assert "above the limit of 10" in str(broken)


def test_fragments_together_are_bound_by_the_limit() -> None:
    splitter = FrameSplitter(10)
    splitter.feed(server_frame(Opcode.TEXT, b"x" * 6, final=False))
    assert splitter.feed(server_frame(Opcode.PING, b"y" * 11)).broken is None, "control frames have a bound of their own"
    assert isinstance(splitter.feed(server_frame(Opcode.CONTINUATION, b"x" * 6)).broken, MessageTooBig)


def test_fragments_without_content_take_no_room() -> None:
    splitter = FrameSplitter(10)
    splitter.feed(server_frame(Opcode.TEXT, b"x", final=False))
    empty = server_frame(Opcode.CONTINUATION, b"", final=False) * 1000
    tracemalloc.start()
    try:
        splitter.feed(empty)
        before, _ = tracemalloc.get_traced_memory()
        for _ in range(20):
            splitter.feed(empty)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 10_000, "twenty thousand fragments came"
    assert splitter.feed(server_frame(Opcode.CONTINUATION, b"y")).messages == [b"xy"]


def test_a_masked_frame_is_refused_before_its_payload_is_there() -> None:
    wire = bytes(FrameProtocol(client=True, extensions=[]).send_data("hello"))
    assert "masked" in str(broken_by(wire[:2]))


@pytest.mark.parametrize("wire", [b"\xf1\x01", b"\x83\x01", b"\x8b\x01", b"\x09\x01", b"\x89\x7e"])
def test_what_nobody_agreed_on_is_refused_by_its_first_two_bytes(wire: bytes) -> None:
    assert broken_by(wire).code == 1002


def test_nothing_behind_a_close_frame_is_looked_at() -> None:
    close = server_frame(Opcode.CLOSE, b"\x03\xe8")
    split = FrameSplitter(10).feed(server_frame(Opcode.TEXT, b"last") + close + b"\xff\xff\xff")
    assert split == Split([b"last"], close, closes=True)
