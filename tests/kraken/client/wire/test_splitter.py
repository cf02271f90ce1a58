import contextlib
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wsproto.frame_protocol import FrameProtocol, Opcode

from seawall.kraken.client.wire.splitter import FrameSplitter, MessageTooBig, ProtocolBroken

TEXT = st.text(max_size=40) | st.integers(120, 130).map("x".__mul__) | st.integers(65_530, 65_540).map("y".__mul__)


def server_frame(opcode: Opcode, payload: bytes, *, final: bool = True) -> bytes:
    """A frame as a server writes it, by the library that is the oracle here."""
    return bytes(FrameProtocol(client=False, extensions=[])._serialize_frame(opcode, payload, fin=final))


def framed(message: str, parts: int) -> bytes:
    """The message in so many fragments."""
    payload = message.encode()
    cuts = [len(payload) * part // parts for part in range(parts + 1)]
    frames = []
    for number in range(parts):
        opcode = Opcode.TEXT if number == 0 else Opcode.CONTINUATION
        frames.append(server_frame(opcode, payload[cuts[number] : cuts[number + 1]], final=number == parts - 1))
    return b"".join(frames)


@st.composite
def streams(draw: st.DrawFn) -> tuple[list[bytes], bytes, bytes, list[int]]:
    """Messages, the bytes of control frames, the whole stream, and where it is cut."""
    messages: list[bytes] = []
    controls = b""
    wire = b""
    for _ in range(draw(st.integers(0, 6))):
        if draw(st.booleans()):
            message = draw(TEXT)
            messages.append(message.encode())
            wire += framed(message, draw(st.integers(1, 3)))
        else:
            control = server_frame(draw(st.sampled_from([Opcode.PING, Opcode.PONG])), b"\x03\xe8")
            controls += control
            wire += control
    cuts = sorted(draw(st.lists(st.integers(0, len(wire)), max_size=8)))
    return messages, controls, wire, cuts


@settings(deadline=None)  # what is measured is the machine, shared with others
@given(streams())
def test_any_stream_cut_anywhere_gives_its_messages_and_its_control_frames(
    stream: tuple[list[bytes], bytes, bytes, list[int]],
) -> None:
    messages, controls, wire, cuts = stream
    splitter = FrameSplitter(2**20)
    got: list[bytes] = []
    controls_got = b""
    for begin, end in zip([0, *cuts], [*cuts, len(wire)], strict=True):
        split = splitter.feed(wire[begin:end])
        got += split.messages
        controls_got += split.controls
    assert got == messages
    assert controls_got == controls


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_but_a_protocol_error(wire: bytes) -> None:
    splitter = FrameSplitter(1000)
    with contextlib.suppress(ProtocolBroken):
        splitter.feed(wire)


def test_control_frames_may_stand_inside_a_fragmented_message() -> None:
    ping = server_frame(Opcode.PING, b"")
    wire = server_frame(Opcode.TEXT, b"ab", final=False) + ping + server_frame(Opcode.CONTINUATION, b"c")
    split = FrameSplitter(10).feed(wire)
    assert (split.messages, split.controls) == ([b"abc"], ping)


@pytest.mark.parametrize(
    "wire",
    [
        server_frame(Opcode.CONTINUATION, b"x"),
        server_frame(Opcode.TEXT, b"a", final=False) + server_frame(Opcode.TEXT, b"b"),
    ],
)
def test_fragments_out_of_order_break_the_protocol(wire: bytes) -> None:
    with pytest.raises(ProtocolBroken):
        FrameSplitter(10).feed(wire)


@pytest.mark.parametrize("length", [11, 126, 70_000])
def test_a_message_above_the_limit_is_refused_by_its_head(length: int) -> None:
    with pytest.raises(MessageTooBig, match="above the limit of 10"):
        FrameSplitter(10).feed(server_frame(Opcode.TEXT, b"x" * length)[:10])


def test_fragments_together_are_bound_by_the_limit() -> None:
    splitter = FrameSplitter(10)
    splitter.feed(server_frame(Opcode.TEXT, b"x" * 6, final=False))
    with pytest.raises(MessageTooBig):
        splitter.feed(server_frame(Opcode.CONTINUATION, b"x" * 6))


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


def test_a_masked_frame_is_refused_as_the_library_would_take_it() -> None:
    with pytest.raises(ProtocolBroken, match="masked"):
        FrameSplitter(10).feed(bytes(FrameProtocol(client=True, extensions=[]).send_data("hello")))


@pytest.mark.parametrize("wire", [b"\xf1\x01x", b"\x83\x01x", b"\x8b\x01x", b"\x09\x01x", b"\x89\x7e\x00\x7e" + bytes(126)])
def test_what_nobody_agreed_on_breaks_the_protocol(wire: bytes) -> None:
    with pytest.raises(ProtocolBroken):
        FrameSplitter(1000).feed(wire)


def test_nothing_behind_a_close_frame_is_looked_at() -> None:
    close = server_frame(Opcode.CLOSE, b"\x03\xe8")
    split = FrameSplitter(10).feed(server_frame(Opcode.TEXT, b"last") + close + b"\xff\xff\xff")
    assert (split.messages, split.controls, split.closes) == ([b"last"], close, True)
