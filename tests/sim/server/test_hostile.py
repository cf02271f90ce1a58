"""Whatever arrives, the simulator goes on serving everybody else."""

import json
import random

import pytest
import trio
from support.sim_client import Client, Frame, open_client, open_wire

HANDSHAKE = (
    b"GET /v2 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)

CONVERSATIONS = {
    "nothing": b"",
    "noise": random.Random(1).randbytes(4_000),
    "half a request": b"GET /0/public/Time HTTP/1.1\r\nHost",
    "no such method": b"BREW / HTTP/1.1\r\nHost: x\r\n\r\n",
    "head only": b"HEAD /0/public/Time HTTP/1.1\r\nHost: x\r\n\r\n",
    "an old protocol": b"GET /0/public/Time HTTP/1.0\r\n\r\n",
    "another upgrade": b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
    "a bad handshake": HANDSHAKE.replace(b"13", b"12"),
    "noise after a handshake": HANDSHAKE + random.Random(2).randbytes(4_000),
    "a frame without its mask": HANDSHAKE + b"\x81\x02hi",
    "text that is not text": HANDSHAKE + b"\x81\x82\x00\x00\x00\x00\xff\xfe",
    "a binary frame": HANDSHAKE + b"\x82\x82\x00\x00\x00\x00hi",
    "a pong nobody asked for": HANDSHAKE + b"\x8a\x80\x00\x00\x00\x00",
    "a close and more": HANDSHAKE + b"\x88\x80\x00\x00\x00\x00\x81\x82\x00\x00\x00\x00hi",
    "a bad content length": b"POST /0/private/Balance HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
}


async def speak(client: Client, door: str, data: bytes) -> None:
    port = int(door.split(":")[2].partition("/")[0])
    stream = await trio.open_tcp_stream("127.0.0.1", port)
    async with stream:
        try:
            await stream.send_all(data)
            await stream.send_eof()
            with trio.move_on_after(2):
                while await stream.receive_some():
                    pass
        except trio.BrokenResourceError:
            pass


@pytest.mark.parametrize("data", CONVERSATIONS.values(), ids=CONVERSATIONS.keys())
async def test_odd_bytes_disturb_nobody(data: bytes) -> None:
    async with open_client() as client:
        for door in (client.sim.addresses.rest, client.sim.addresses.public, client.sim.addresses.private):
            await speak(client, door, data)

        assert (await client.public("Time"))["error"] == []
        async with client.public_wire() as wire:
            assert (await wire.ask("ping"))["method"] == "pong"
        assert client.sim.doors.statistics().sockets_open <= 1


TEXTS = [
    '{"method":"\\ud800"}',
    '{"method":"ping","req_id":' + "9" * 400 + "}",
    '{"method":"ping","req_id":' + "9" * 60 + "}",
    '{"method":"subscribe","params":{"channel":["book"]}}',
    '{"method":"subscribe","params":{"channel":"book","symbol":[1]}}',
    '{"method":"subscribe","params":{"channel":"book","symbol":{"a":1},"depth":1e400}}',
    '{"method":"subscribe","params":"x"}',
    "[" * 100_000,
    "NaN",
    '{"method":"ping","req_id":NaN}',
]


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
async def test_odd_frames_are_answered_and_the_socket_goes_on(text: str) -> None:
    async with open_client() as client, client.public_wire() as wire:
        await wire.socket.send_message(text)

        assert (await wire.ask("ping", 5))["method"] == "pong"


ODD_ORDERS: list[tuple[Frame, str]] = [
    ({"order_qty": "RAW1e400"}, "order_qty"),
    ({"order_qty": "RAW1e-400"}, "order_qty"),
    ({"limit_price": "RAW" + "9" * 60}, "limit_price"),
    ({"order_userref": "RAW" + "9" * 60}, "order_userref"),
    ({"triggers": [1]}, "EGeneral"),
    ({"symbol": None}, "symbol"),
    ({"cl_ord_id": "é"}, "cl_ord_id"),
]


@pytest.mark.parametrize(("change", "named"), ODD_ORDERS)
async def test_absurd_numbers_and_types_are_refused_by_name(change: Frame, named: str) -> None:
    order = {"symbol": "BTC/USD", "side": "buy", "order_type": "limit", "order_qty": 1, "limit_price": 90} | change
    async with open_client() as client, client.private_wire() as wire:
        text = json.dumps({"method": "add_order", "params": order | {"token": wire.token}})
        for raw in [value for value in change.values() if isinstance(value, str) and value.startswith("RAW")]:
            text = text.replace(f'"{raw}"', raw.removeprefix("RAW"))
        await wire.socket.send_message(text)
        answer = await wire.answer("add_order")

        if named != "EGeneral":
            assert not answer["success"]
            assert named in answer["error"].lower()
        assert (await wire.ask("ping"))["method"] == "pong"


@pytest.mark.parametrize(
    "fields",
    [
        {"volume": "9" * 30},
        {"price": "1." + "0" * 29 + "1"},
        {"userref": "9" * 5_000},
        {"timeinforce": "GTD", "expiretm": "9" * 5_000},
        {"timeinforce": "GTD", "expiretm": "+99999999999"},
        {"deadline": "9999-99-99T99:99:99Z"},
        {"oflags": ",,"},
        {"cl_ord_id": "\x00"},
    ],
)
async def test_absurd_forms_are_answered(fields: dict[str, str]) -> None:
    order = {"pair": "XBTUSD", "type": "buy", "ordertype": "limit", "volume": "1", "price": "90.0"}
    async with open_client() as client:
        answer = await client.private("AddOrder", **order | fields)
        if not answer["error"]:
            assert (await client.private("OpenOrders"))["error"] == []
        assert (await client.private("Balance"))["error"] == []


async def test_a_socket_that_is_cut_in_the_middle_of_a_frame_is_forgotten() -> None:
    async with open_client() as client:
        async with open_wire(client.sim.addresses.public) as wire:
            await wire.next()
            assert client.sim.doors.statistics().sockets_open == 1
        with trio.fail_after(2):
            while client.sim.doors.statistics().sockets_open:
                await trio.testing.wait_all_tasks_blocked()
