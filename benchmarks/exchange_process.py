"""The other side of the benchmarks, in a process of its own: the simulated exchange, and a door that sends prepared frames.

Reads commands from its standard input and answers each with one line of JSON. Ends when the input does.
"""

import json
import os
import sys
import time
from functools import partial

import attrs
import trio
from benchmarks.frames import DEPTH, SYMBOL, BookFrames, wire
from benchmarks.processes import say
from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, CloseConnection, Ping, Request, TextMessage

from seawall.sim import SimSettings, Simulator, open_sim

__all__ = ["main"]

HEARTBEAT_S = 1.0


@attrs.define(eq=False)
class Client:
    """One connection of the public door."""

    stream: trio.SocketStream
    lock: trio.Lock = attrs.field(factory=trio.Lock)
    follows_book: bool = False

    async def send(self, data: bytes) -> None:
        async with self.lock:
            await self.stream.send_all(data)


@attrs.define(eq=False)
class Door:
    """A public socket that sends what was prepared, when it is told to."""

    frames: BookFrames
    instruments: str
    clients: list[Client] = attrs.field(factory=list)

    async def serve(self, stream: trio.SocketStream) -> None:
        """One connection's life."""
        protocol, client = WSConnection(ConnectionType.SERVER), Client(stream)
        self.clients.append(client)
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._beat, client)
                while data := await stream.receive_some():
                    protocol.receive_data(data)
                    for event in protocol.events():
                        if isinstance(event, Request):
                            await client.send(protocol.send(AcceptConnection()))
                        elif isinstance(event, Ping | CloseConnection):
                            await client.send(protocol.send(event.response()))
                        elif isinstance(event, TextMessage):
                            await self._answer(client, json.loads(event.data))
                nursery.cancel_scope.cancel()
        except* (trio.BrokenResourceError, trio.ClosedResourceError):
            pass  # the client went first
        finally:
            self.clients.remove(client)

    async def burst(self, cycles: int) -> None:
        """Everything at once: as fast as the client reads."""
        cycle = b"".join(map(wire, self.frames.updates))
        await self._send(wire(self.frames.restore))
        for _ in range(cycles):
            await self._send(cycle)
        await self._send(wire(self.frames.end))

    async def pace(self, texts: list[str], per_s: float) -> None:
        """One frame at a time."""
        began_s = trio.current_time()
        for place, text in enumerate(texts):
            await trio.sleep_until(began_s + place / per_s)
            await self._send(wire(text))

    async def _send(self, data: bytes) -> None:
        for client in [client for client in self.clients if client.follows_book]:
            await client.send(data)

    async def _beat(self, client: Client) -> None:
        while True:
            await trio.sleep(HEARTBEAT_S)
            if client.follows_book:
                await client.send(wire('{"channel":"heartbeat"}'))

    async def _answer(self, client: Client, asked: dict[str, object]) -> None:
        method, params, req_id = asked["method"], asked.get("params"), asked.get("req_id")
        if method == "ping":
            await client.send(wire(json.dumps({"method": "pong", "req_id": req_id})))
            return
        assert isinstance(params, dict)
        result = {"channel": params["channel"], "snapshot": True}
        if params["channel"] == "book":
            result |= {"symbol": SYMBOL, "depth": DEPTH}
        await client.send(wire(json.dumps({"method": method, "req_id": req_id, "success": True, "result": result})))
        if method == "subscribe":
            await client.send(wire(self.frames.snapshot if params["channel"] == "book" else self.instruments))
            client.follows_book |= params["channel"] == "book"


async def obey(door: Door, sim: Simulator, epoch_ns: int, command: str) -> None:
    """Carry out one line: `burst CYCLES`, `pace CYCLES PER_S`, `ticks COUNT PER_S`, `arrivals METHOD`."""
    verb, *words = command.split()
    if verb == "burst":
        await door.burst(int(words[0]))
    elif verb == "pace":
        await door.pace([door.frames.restore, *door.frames.updates * int(words[0]), door.frames.end], float(words[1]))
    elif verb == "ticks":
        await door.pace(list(door.frames.ticks) * (int(words[0]) // 2), float(words[1]))
    if verb == "arrivals":
        asked = sim.requests.of(words[0])
        say({str(request.params["cl_ord_id"]): (request.at_ns - epoch_ns) / 1e9 for request in asked})
    else:
        say("done")


async def main(cycle: int) -> None:
    """Serve until the input ends."""
    epoch_ns = time.time_ns() - time.perf_counter_ns()  # the exchange's clock runs as the client's stopwatch does
    settings = SimSettings(
        events_per_s=0,
        limits_enforced=False,
        connection_budget=None,
        answer_order="answer first",
        request_log=100_000,
        now_ns=lambda: epoch_ns + time.perf_counter_ns(),
    )
    async with open_sim(settings) as sim, trio.open_nursery() as nursery:
        # its counters would hold clients back that believe what they are told: here they are empty at once
        sim.exchange.limits.engine = attrs.evolve(sim.exchange.limits.engine, decay_per_s=1e9)
        door = Door(BookFrames(count=cycle), sim.market.feed.instruments())
        listeners = await nursery.start(partial(trio.serve_tcp, door.serve, 0, host="127.0.0.1"))
        port = listeners[0].socket.getsockname()[1]
        say(
            {
                "rest": sim.addresses.rest,
                "private": sim.addresses.private,
                "public": f"ws://127.0.0.1:{port}/v2",
                "key": sim.api_key,
                "secret": sim.api_secret,
                "token": sim.doors.tokens.issue(sim.exchange.now_ns()),
            }
        )
        commands, unread = trio.lowlevel.FdStream(os.dup(sys.stdin.fileno())), b""
        while data := await commands.receive_some():
            *lines, unread = (unread + data).split(b"\n")
            for line in lines:
                await obey(door, sim, epoch_ns, line.decode())
        nursery.cancel_scope.cancel()


if __name__ == "__main__":
    if len(sys.argv) > 2:
        os.sched_setaffinity(0, {int(sys.argv[2])})
    trio.run(main, int(sys.argv[1]))
