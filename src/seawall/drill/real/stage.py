"""One exchange, one journal, the engines that are started on them, and what can be done to all of it."""

import json
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Final

import attrs
import trio

from seawall.drill.real import other_clock
from seawall.drill.real.certificates import Certificate
from seawall.drill.real.networks import Cable, Network
from seawall.drill.real.processes import EngineProcess, ExchangeProcess, start_engine
from seawall.drill.real.router import Router
from seawall.journal import JournaledOrder, read_orders
from seawall.model.order_states import OrderState

__all__ = ["STARTS_S", "Broken", "OtherClock", "Stage"]

STARTS_S: Final = 90.0
"""From a start, or from the healing, to trading."""
_ANSWERS_S: Final = 30.0
_LOOK_EVERY_S: Final = 0.05
_LOOK_SELDOM_S: Final = 0.5
_SEAWALL: Final = (sys.executable, "-P", "-m", "seawall.cli.main")
_UNDECIDED: Final = (OrderState.PLANNED, OrderState.SENT, OrderState.IN_DOUBT)

_CONFIG: Final = """\
mode = "sim"
name = "ordeal"
journal = {journal}
log = "engine.log"
[exchange]
rest = {rest}
public = {public}
private = {private}
level3 = {level3}
ca_file = {ca_file}
tier = "pro"
nonce_file = "nonces"
[lease]
directory = {directory}
[dead_mans_switch]
timeout_s = {switch_s}
renew_s = {renew_s}
[deadlines]
order_s = 2.0
cancel_s = 2.0
settle_s = 0.5
absent_s = 2.0
request_s = 4.0
connect_s = 2.0
dial_instant_s = 3.0
dial_s = 5.0
write_s = 2.0
goodbye_s = 0.5
answer_s = 4.0
silent_after_s = 4.0
journal_s = 3.0
[[strategies]]
name = "bitcoin"
use = "seawall.drill.real.workload:trade"
[strategies.parameters]
symbol = "BTC/USD"
qty = "0.001"
[[strategies]]
name = "ether"
use = "seawall.drill.real.workload:trade"
[strategies.parameters]
symbol = "ETH/USD"
qty = "0.01"
"""


class Broken(Exception):
    """A promise was broken; the message is the sentence for the user."""


@attrs.frozen
class OtherClock:
    """The wall clock that an engine is shown: this machine's, and as much as the file says."""

    file: Path

    def command(self, *words: str) -> list[str]:
        """`seawall` with these words, on this clock."""
        return [sys.executable, "-P", other_clock.__file__, str(self.file), *words]

    def set(self, ahead_s: float) -> None:
        """Jump there."""
        content = other_clock.from_nanoseconds(int(ahead_s * 1e9))
        if not self.file.exists():
            self.file.write_bytes(content)
        with self.file.open("r+b") as file:  # in place: a process has it mapped
            file.write(content)


@attrs.define(eq=False)
class Stage:
    """The world of one case. `note` keeps its story; `took_s` is trio's clock since the beginning."""

    directory: Path
    exchange: ExchangeProcess
    certificate: Certificate
    network: Network
    rng: Random
    disk: Path | None = None
    clock: OtherClock | None = None
    switch_s: int = 60
    engines: list[EngineProcess] = attrs.field(factory=list)
    story: list[str] = attrs.field(factory=list)
    _began_s: float = attrs.field(factory=trio.current_time)

    @property
    def journal(self) -> Path:
        """Where the engines' journal lies."""
        return (self.disk or self.directory) / "journal.sqlite"

    @property
    def engine(self) -> EngineProcess:
        """The one that was started last."""
        return self.engines[-1]

    @property
    def cable(self) -> Cable:
        """The line between the two, in cases that have one of their own."""
        assert isinstance(self.network, Cable), "the case does not say that it needs a line of its own"
        return self.network

    @property
    def router(self) -> Router:
        """The router in the line, in cases that have one."""
        assert self.cable.router is not None, "the case does not say that it needs a router"
        return self.cable.router

    def note(self, what: str) -> None:
        """Add to the story."""
        self.story.append(f"{trio.current_time() - self._began_s:6.1f} s  {what}")

    async def start_engine(self, *words: str) -> None:
        """Start one on the journal, as a user would; it need not have come to trade yet."""
        config = self.directory / "seawall.toml"
        addresses = attrs.asdict(self.exchange.contact.addresses)
        places = {
            "journal": str(self.journal),
            "directory": str(self.directory),
            "ca_file": str(self.certificate.file),
            **addresses,
        }
        texts = {name: json.dumps(text) for name, text in places.items()}  # TOML's basic strings are as JSON's
        config.write_text(_CONFIG.format(switch_s=self.switch_s, renew_s=float(max(1, self.switch_s // 4)), **texts))
        command = ["run", str(config), "--plain", *words]
        command = [*_SEAWALL, *command] if self.clock is None else self.clock.command(*command)
        number = len(self.engines) + 1
        self.note(f"start engine {number}")
        self.engines.append(await start_engine(self.network, self.exchange.contact, command, self.directory, number))

    async def kill(self) -> None:
        """`kill -9`, and nothing else."""
        self.note(f"kill -9 of engine {len(self.engines)}")
        self.engine.send(signal.SIGKILL)
        with trio.fail_after(STARTS_S):
            await self.engine.ended()

    async def trades(self, orders: int = 4) -> float:
        """Return once so many more orders have arrived at the exchange; how long that took, in seconds.

        Raises `Broken` when they do not within a minute and a half, or when the engine has ended.
        """
        began_s = trio.current_time()
        before = (await self._count())[0]
        while (await self._count())[0] < before + orders:
            if not self.engine.running:
                raise Broken(f"the engine ended by itself, with exit code {self.engine.process.returncode}")
            if trio.current_time() > began_s + STARTS_S:
                raise Broken(f"after {STARTS_S:g} s it did not trade")
            await trio.sleep(_LOOK_EVERY_S)
        took_s = trio.current_time() - began_s
        self.note(f"{orders} more orders arrived")
        return took_s

    async def until_open(self, condition: Callable[[int], bool], within_s: float, otherwise: str) -> None:
        """Return once the number of open orders is such; raises `Broken` with `otherwise`."""
        began_s = trio.current_time()
        while not condition((await self._count())[1]):
            if trio.current_time() > began_s + within_s:
                raise Broken(otherwise)
            await trio.sleep(_LOOK_EVERY_S)

    async def ends(self, *codes: int, within_s: float = 60.0) -> int:
        """Wait for the engine's own end; raises `Broken` when it does not come, or with another exit code."""
        code: int | None = None
        with trio.move_on_after(within_s):
            code = await self.engine.ended()
        self.note(f"engine {len(self.engines)} ended with {code}")
        if code is None:
            raise Broken(f"after {within_s:g} s the engine had not ended")
        if code not in codes:
            raise Broken(f"the engine ended with exit code {code}, where {_one_of(codes)} was to be")
        return code

    async def settled(self) -> None:
        """Return once the journal says what became of every order that was sent before now.

        Raises `Broken` when it does not within a minute and a half: an order in doubt is not to stay so.
        """
        began_s, now_ns = trio.current_time(), time.time_ns()
        while True:
            orders = await trio.to_thread.run_sync(read_orders, self.journal)
            names = [order.intent.client_order_id for order in orders if _is_undecided(order, now_ns)]
            if not names:
                self.note("nothing is in doubt")
                return
            if trio.current_time() > began_s + STARTS_S:
                raise Broken(f"after {STARTS_S:g} s still in doubt: {', '.join(names)}")
            await trio.sleep(_LOOK_SELDOM_S)

    async def wait(self, seconds: float, why: str) -> None:
        """Let time pass."""
        self.note(f"{why}, for {seconds:g} s")
        await trio.sleep(seconds)

    async def _count(self) -> tuple[int, int]:
        with trio.fail_after(_ANSWERS_S):
            counted = await self.exchange.count()
        return counted.asked, counted.open_orders


def _is_undecided(order: JournaledOrder, before_ns: int) -> bool:
    """Whether an order was taken up before that and nobody can say what became of it."""
    state = order.steps[-1].state if order.steps else OrderState.PLANNED
    return state in _UNDECIDED and order.intent.at_ns < before_ns


def _one_of(codes: Sequence[int]) -> str:
    return " or ".join(map(str, codes))
