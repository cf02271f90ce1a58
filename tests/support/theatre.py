"""A small world for tests of faults: an exchange on one machine, a plain client on another, and a run that only takes notes."""

import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import count
from typing import TypeVar
from urllib.parse import urlsplit

import attrs
import httpx
import trio
from h11 import LocalProtocolError
from trio_websocket import ConnectionClosed, HandshakeError

from seawall.sim import SimSettings, Simulator, open_sim
from seawall.sim.catalogue import Planned, Stage
from seawall.sim.world.hosts import Host
from seawall.sim.world.trace import Fact
from seawall.sim.world.world import World, run_world
from support.sim_client import QUIET, Client, Frame, Wire, open_wire

T = TypeVar("T")

SETTINGS = attrs.evolve(
    QUIET,
    host="0.0.0.0",
    name="kraken.world",
    port=8443,
    limits_enforced=False,
    connection_budget=None,
    idle_close_s=100_000.0,
)
PATIENCE_S = 22.0
ORDER = {"pair": "XBTUSD", "type": "buy", "ordertype": "limit", "volume": "1", "price": "90.0"}
LIMIT: Frame = {"symbol": "BTC/USD", "side": "buy", "order_type": "limit", "order_qty": 1, "limit_price": 90}
UPGRADE = (
    "GET /v2 HTTP/1.1\r\nHost: kraken.world\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


@attrs.define(eq=False)
class Notes:
    """A run that starts and kills nothing, and says what it was asked."""

    world: World
    asked: list[str] = attrs.field(factory=list)
    suspended_s: float = 0.0

    def kill_trader(self, how: str) -> None:
        self.asked.append(how)

    def start_trader(self) -> None:
        self.asked.append("start")

    def suspend(self, for_s: float) -> None:
        self.suspended_s += for_s
        self.world.clock.suspend(for_s)


@attrs.define(eq=False)
class Theatre:
    """What a test of a fault has at hand."""

    world: World
    stage: Stage
    client: Client
    notes: Notes

    @property
    def sim(self) -> Simulator:
        return self.client.sim

    @property
    def facts(self) -> list[Fact]:
        return [fact for fact in self.world.trace.facts if fact.lane == "faults"]

    def state(self) -> dict[str, object]:
        """Everything that faults may turn."""
        stage, faults, exchange = self.stage, self.sim.faults, self.sim.exchange
        links = {
            (link.source, link.target): (
                link.latency_s,
                link.jitter_s,
                link.bytes_per_s,
                link.pieces,
                link.window_bytes,
                link.lost,
                link.unheard,
                link.stalled,
            )
            for link in stage.both_ways
        }
        switches = {
            field.name: repr(getattr(faults, field.name))
            for field in attrs.fields(type(faults))
            if field.name not in {"exchange", "answers", "frames", "_switches"}
        }
        frames = {
            field.name: repr(getattr(faults.frames, field.name))
            for field in attrs.fields(type(faults.frames))
            if field.name != "rng"
        }
        return {
            "links": links,
            "names": (stage.network.names_fail, stage.network.names_s),
            "switches": switches,
            "frames": frames,
            "rules": len(faults.answers.rules),
            "exchange": (exchange.status, exchange.floor.matching, dict(exchange.balances)),
            "pairs": {symbol: market.status for symbol, market in exchange.floor.markets.items()},
            "orders": [order.order_id for order in exchange.open_orders() if order.cl_ord_id is None],
            "disks": [repr(attrs.asdict(machine.disk) | {"rng": None}) for machine in (stage.trader, stage.kraken)],
            "clocks": [machine.wall.error_ns for machine in (stage.trader, stage.kraken)],
            "dials": len(stage.dials),
            "injuries": len(stage.injuries),
        }

    async def get(self, method: str = "Time", within_s: float = PATIENCE_S) -> str:
        """What came of a public request: ok, a status, or what went wrong."""
        return await self._ask(lambda: self.client.http.get(f"/0/public/{method}"), within_s)

    async def place(self, within_s: float = PATIENCE_S) -> tuple[str, bool]:
        """What came of an order over REST, and whether it was placed in that time."""
        before = len(self.sim.exchange.orders)
        said = await self._ask(lambda: self.client.post("AddOrder", **ORDER), within_s)
        return said, len(self.sim.exchange.orders) > before

    async def _ask(self, ask: Callable[[], Awaitable[httpx.Response]], within_s: float) -> str:
        with trio.move_on_after(within_s):
            try:
                answer = await ask()
            except httpx.HTTPError as problem:
                return "refused to connect" if isinstance(problem, httpx.ConnectError) else "cut"
            if answer.status_code != 200:
                return f"HTTP {answer.status_code}"
            try:
                errors = json.loads(answer.text)["error"]
            except ValueError:
                return "not JSON"
            return str(errors[0]) if errors else "ok"
        return "nothing"

    async def place_on_socket(self) -> tuple[str, bool]:
        """What came of an order over a private socket of its own, and whether it was placed in that time."""
        before = len(self.sim.exchange.orders)
        said = "nothing"
        with trio.move_on_after(PATIENCE_S):
            async with self.wire(private=True) as wire:
                said = await self._place_on(wire)
        return said, len(self.sim.exchange.orders) > before

    async def _place_on(self, wire: Wire) -> str:
        await wire.send("add_order", 1, **LIMIT)
        with trio.move_on_after(PATIENCE_S):
            try:
                while True:
                    frame = json.loads(str(await wire.socket.get_message()))
                    if frame.get("method") == "add_order":
                        return "ok" if frame["success"] else str(frame["error"])
            except ConnectionClosed:
                return "cut"
            except ValueError:
                return "not JSON"
        return "nothing"

    @asynccontextmanager
    async def wire(self, *, private: bool = False) -> AsyncGenerator[Wire, None]:
        """A new socket; for a private one the token is not asked for, but taken."""
        tokens = self.sim.doors.tokens
        token = tokens.issue(self.sim.exchange.now_ns()) if private else None
        url = self.sim.addresses.private if private else self.sim.addresses.public
        async with open_wire(url, token) as wire:
            yield wire

    async def shake_hands(self, within_s: float = PATIENCE_S) -> str:
        """What came of a handshake: ok, a status, or nothing."""
        said = "nothing"
        with trio.move_on_after(within_s):
            try:
                async with self.wire() as wire:
                    await wire.text()
                said = "ok"
            except* (ConnectionClosed, HandshakeError, LocalProtocolError, trio.BrokenResourceError, OSError) as group:
                first = group.exceptions[0]
                said = f"{type(first).__name__} {getattr(first, 'status_code', '')}".strip()
        return said

    async def raw(self, url: str) -> trio.SocketStream:
        """A socket whose frames nobody reads for us, past its handshake."""
        parts = urlsplit(url)
        stream = await trio.open_tcp_stream(parts.hostname or "", parts.port or 0)
        await stream.send_all(UPGRADE.encode())
        head = b""
        while b"\r\n\r\n" not in head:
            head += bytes(await stream.receive_some(1))
        return stream

    async def hears(self, stream: trio.SocketStream, within_s: float) -> bytes:
        """All bytes that come in that time, or until the end."""
        heard = b""
        with trio.move_on_after(within_s):
            while data := await stream.receive_some(65_536):
                heard += bytes(data)
        return heard

    async def works(self) -> None:
        """Assert that everything works, for a client whose nonces are above those of everybody else."""
        self.client.nonces = count(self.sim.faults.nonce + 1)
        assert await self.get(within_s=10) == "ok"
        assert await self.place(within_s=10) == ("ok", True)
        assert await self.shake_hands(10) == "ok"
        assert await self.place_on_socket() == ("ok", True)


async def _serve(host: Host, settings: SimSettings, *, task_status: trio.TaskStatus[Simulator]) -> None:
    with host.living():
        async with open_sim(attrs.evolve(settings, now_ns=host.wall.now_ns)) as sim:
            task_status.started(sim)
            await trio.sleep_forever()


def play(main: Callable[[Theatre], Awaitable[T]], settings: SimSettings = SETTINGS) -> T:
    """Run it in virtual time, on the trader's machine."""

    async def begin(world: World) -> T:
        trader, kraken = world.machine("trader"), world.machine("kraken")
        world.network.name("kraken.world", "kraken")
        async with trio.open_nursery() as nursery:
            sim: Simulator = await nursery.start(_serve, kraken.boot(), settings)
            notes = Notes(world)
            stage = Stage(world.trace, world.network, sim, trader, kraken, notes)
            with trader.boot().living():
                async with httpx.AsyncClient(base_url=sim.addresses.rest, verify=False, timeout=None) as http:
                    value = await main(Theatre(world, stage, Client(sim, http), notes))
            nursery.cancel_scope.cancel()
        return value

    return run_world(7, begin, keep_facts=True).value


def once(name: str, *, lasts_s: float = 600.0, seed: int = 1) -> Planned:
    """This fault, at once."""
    return Planned(name, 0.0, lasts_s, seed)
