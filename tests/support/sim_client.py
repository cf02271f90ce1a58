"""A client of the simulator made of nothing of ours: httpx, trio-websocket, and the signature spelled out."""

import base64
import hashlib
import hmac
import json
import ssl
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from itertools import count
from typing import Any
from urllib.parse import urlencode, urlsplit

import attrs
import httpx
import trio
from trio_websocket import WebSocketConnection, wrap_client_stream

from seawall.sim import SimSettings, Simulator, make_pair, open_sim

Frame = dict[str, Any]

QUIET = SimSettings(
    pairs=(
        make_pair("BTC/USD", price="100.0", price_precision=1, ordermin="0.001"),
        make_pair("ETH/USD", price="10.00", price_precision=2, ordermin="0.01"),
    ),
    balances={"USD": Decimal(10_000), "BTC": Decimal(10)},
    events_per_s=0,
    crowd_levels=15,
    history_min=5,
    answer_order="answer first",
)
"""Two pairs whose market stands still."""


@attrs.define
class Wire:
    """One WebSocket connection, frames decoded with exact numbers."""

    socket: WebSocketConnection
    token: str | None

    async def send(self, method: str, req_id: int | None = None, **params: object) -> None:
        frame: Frame = {"method": method}
        if req_id is not None:
            frame["req_id"] = req_id
        if method != "ping":
            frame["params"] = params | ({} if self.token is None else {"token": self.token})
        await self.socket.send_message(json.dumps(frame))

    async def text(self) -> str:
        with trio.fail_after(5):
            message = await self.socket.get_message()
        assert isinstance(message, str)
        return message

    async def drain(self) -> None:
        """Read until the connection ends, which raises `ConnectionClosed`."""
        while True:
            await self.text()

    async def next(self, wanted: Callable[[Frame], bool] = lambda _: True) -> Frame:
        """The next frame that is wanted; heartbeats only when asked for."""
        while True:
            frame: Frame = json.loads(await self.text(), parse_float=Decimal)
            if wanted(frame):
                return frame

    async def answer(self, method: str) -> Frame:
        return await self.next(lambda frame: frame.get("method") == method)

    async def channel(self, name: str) -> Frame:
        return await self.next(lambda frame: frame.get("channel") == name)

    async def ask(self, method: str, req_id: int | None = None, **params: object) -> Frame:
        await self.send(method, req_id, **params)
        return await self.answer("pong" if method == "ping" else method)

    async def subscribe(self, channel: str, **params: object) -> Frame:
        """Subscribe, and return the snapshot."""
        await self.send("subscribe", None, channel=channel, **params)
        acknowledged = await self.answer("subscribe")
        assert acknowledged["success"], acknowledged
        return await self.channel(channel)


@asynccontextmanager
async def open_wire(url: str, token: str | None = None, tls: ssl.SSLContext | None = None) -> AsyncGenerator[Wire, None]:
    """A WebSocket over a stream of ours, which is closed whatever happens."""
    parts = urlsplit(url)
    assert parts.hostname is not None
    tcp = await trio.open_tcp_stream(parts.hostname, parts.port or 0)
    stream: trio.SocketStream | trio.SSLStream[trio.SocketStream] = tcp
    if tls is not None:
        stream = trio.SSLStream(tcp, tls, server_hostname=parts.hostname, https_compatible=True)
    try:
        async with trio.open_nursery() as nursery:
            socket = await wrap_client_stream(nursery, stream, parts.netloc, parts.path, max_message_size=2**24)
            yield Wire(socket, token)
            nursery.cancel_scope.cancel()
    finally:
        with trio.CancelScope(shield=True):
            await trio.aclose_forcefully(stream)


@attrs.define
class Client:
    """Signed REST and sockets to one simulator."""

    sim: Simulator
    http: httpx.AsyncClient
    tls: ssl.SSLContext | None = None
    nonces: "count[int]" = attrs.field(factory=lambda: count(1))

    async def public(self, method: str, **params: str | int) -> Frame:
        answer = await self.http.get(f"/0/public/{method}", params=params)
        assert answer.status_code == 200
        decoded: Frame = json.loads(answer.text, parse_float=Decimal)
        return decoded

    def signed(self, method: str, body: str, nonce: int) -> dict[str, str]:
        path = f"/0/private/{method}"
        digest = hashlib.sha256(f"{nonce}{body}".encode()).digest()
        mac = hmac.new(base64.b64decode(self.sim.api_secret), path.encode() + digest, hashlib.sha512)
        return {
            "API-Key": self.sim.api_key,
            "API-Sign": base64.b64encode(mac.digest()).decode(),
            "Content-Type": "application/x-www-form-urlencoded",
        }

    async def knock(self, url: str) -> int:
        """Ask for a WebSocket; returns the HTTP status. Raises httpx's errors where there is none."""
        headers = {
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        }
        async with self.http.stream("GET", url.replace("ws", "http", 1), headers=headers) as answer:
            return answer.status_code

    async def post(self, method: str, **params: str | int) -> httpx.Response:
        nonce = next(self.nonces)
        body = urlencode({"nonce": nonce, **params})
        return await self.http.post(f"/0/private/{method}", content=body, headers=self.signed(method, body, nonce))

    async def private(self, method: str, **params: str | int) -> Frame:
        answer = await self.post(method, **params)
        assert answer.status_code == 200
        decoded: Frame = json.loads(answer.text, parse_float=Decimal)
        return decoded

    async def result(self, method: str, **params: str | int) -> Any:
        answer = await self.private(method, **params)
        assert answer["error"] == [], answer
        return answer["result"]

    @asynccontextmanager
    async def public_wire(self) -> AsyncGenerator[Wire, None]:
        async with open_wire(self.sim.addresses.public, None, self.tls) as wire:
            yield wire

    @asynccontextmanager
    async def private_wire(self) -> AsyncGenerator[Wire, None]:
        token = (await self.result("GetWebSocketsToken"))["token"]
        async with open_wire(self.sim.addresses.private, token, self.tls) as wire:
            yield wire

    @asynccontextmanager
    async def level3_wire(self) -> AsyncGenerator[Wire, None]:
        token = (await self.result("GetWebSocketsToken"))["token"]
        async with open_wire(self.sim.addresses.level3, token, self.tls) as wire:
            yield wire


@asynccontextmanager
async def open_client(settings: SimSettings = QUIET, tls: ssl.SSLContext | None = None) -> AsyncGenerator[Client, None]:
    """A simulator, and a client that is connected to it."""
    with trio.fail_after(30):
        async with open_sim(settings) as sim:
            verify: ssl.SSLContext | bool = tls if tls is not None else False
            async with httpx.AsyncClient(base_url=sim.addresses.rest, verify=verify, timeout=5) as http:
                yield Client(sim, http, tls)
