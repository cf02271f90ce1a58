import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from wsproto.frame_protocol import FrameProtocol, Opcode

from seawall.kraken.client.wire.masking import TextFrames


@settings(deadline=None)  # what is measured is the machine, shared with others
@given(st.lists(st.text() | st.integers(120, 130).map("x".__mul__) | st.integers(65_530, 65_540).map("é".__mul__), max_size=4))
@example([""])
@example(["x" * 125, "x" * 126, "x" * 65_535, "x" * 65_536])
def test_a_server_reads_what_was_framed(texts: list[str]) -> None:
    frames = TextFrames()
    server = FrameProtocol(client=False, extensions=[])  # which refuses what is not masked
    server.receive_bytes(b"".join(frames.frame(text) for text in texts))
    got, parts = [], ""
    for frame in server.received_frames():
        assert frame.opcode is Opcode.TEXT
        parts += str(frame.payload)
        if frame.message_finished:
            got.append(parts)
            parts = ""
    assert got == texts


def test_every_frame_has_a_key_of_its_own() -> None:
    frames = TextFrames()
    keys = {frames.frame("x")[2:6] for _ in range(5000)}
    assert len(keys) > 4990, "of four random bytes two may be alike, hardly ten"


def test_two_connections_have_nothing_in_common() -> None:
    one, other = TextFrames(), TextFrames()
    assert {one.frame("x")[2:6] for _ in range(20)}.isdisjoint(other.frame("x")[2:6] for _ in range(20))


def test_text_that_has_no_bytes_in_utf8_is_refused() -> None:
    with pytest.raises(UnicodeEncodeError):
        TextFrames().frame("\ud800")
