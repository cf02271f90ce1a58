"""Frames made by hand are what a proper reader takes them for."""

import pytest
from wsproto import ConnectionType
from wsproto.connection import Connection
from wsproto.events import BytesMessage, CloseConnection, TextMessage
from wsproto.frame_protocol import CloseReason

from seawall.sim.server.raw import BINARY, raw_frame, raw_head


def read(data: bytes) -> list[object]:
    client = Connection(ConnectionType.CLIENT)
    client.receive_data(data)
    return list(client.events())


@pytest.mark.parametrize("size", [0, 125, 126, 65_535, 65_536])
def test_frames_of_every_length_are_read(size: int) -> None:
    assert read(raw_frame(b"x" * size)) == [TextMessage(data="x" * size, frame_finished=True, message_finished=True)]
    assert read(raw_frame(b"\xff" * size, BINARY)) == [
        BytesMessage(data=b"\xff" * size, frame_finished=True, message_finished=True)
    ]
    assert len(raw_frame(b"x" * size)) == len(raw_head(size)) + size


def test_a_message_that_is_not_finished_and_text_that_is_none() -> None:
    assert read(raw_frame(b"be", final=False)) == [TextMessage(data="be", frame_finished=True, message_finished=False)]
    (broken,) = read(raw_frame(b"\xff\xfe"))
    assert isinstance(broken, CloseConnection)
    assert broken.code == CloseReason.INVALID_FRAME_PAYLOAD_DATA
