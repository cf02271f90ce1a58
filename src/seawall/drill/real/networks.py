"""Where an engine and an exchange talk to each other: on this machine's loopback, or each in a network namespace of its own.

The namespaces, their devices and their filters are the case's own, named by this process, and are removed again. Nothing
outside of them is touched: not the machine's addresses, not its filters, not its routes.
"""

import itertools
import os
import subprocess
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from enum import StrEnum
from random import Random
from typing import Final, Literal

import attrs
import trio

from seawall.drill.real.needs import Missing, find_program
from seawall.drill.real.router import Router, open_router
from seawall.drill.real.weather import Weather

__all__ = ["Cable", "Network", "Place", "open_network"]

_TRADER: Final = "10.99.0.1"
_KRAKEN: Final = "10.99.0.2"
_REMOVED_S: Final = 10.0
_numbers = itertools.count(1)

Direction = Literal["to the exchange", "from the exchange"]


class Place(StrEnum):
    """Where the two processes live."""

    HERE = "here"
    """Both on this machine's loopback; nobody's privileges are needed, and nothing of the network can be broken."""
    CABLE = "cable"
    """Two namespaces and a cable (veth) between them."""
    ROUTER = "router"
    """Two namespaces and a router of our own between them."""


@attrs.frozen
class Network:
    """The loopback: `host` is the exchange's address; commands run as they are."""

    host: str = "127.0.0.1"

    def at_trader(self, *command: str) -> list[str]:
        """The command that runs this one where the engine lives."""
        return [*command]

    def at_exchange(self, *command: str) -> list[str]:
        """The command that runs this one where the exchange lives."""
        return [*command]


@attrs.frozen
class Cable(Network):
    """Two namespaces. What is done to the line is done at the trader's end of it."""

    trader: str = attrs.field(kw_only=True)
    exchange: str = attrs.field(kw_only=True)
    device: str = attrs.field(kw_only=True)
    router: Router | None = attrs.field(default=None, kw_only=True)

    def at_trader(self, *command: str) -> list[str]:
        """The same, in the trader's namespace: `nsenter` becomes the command, so that its process is this one."""
        return _inside(self.trader, command)

    def at_exchange(self, *command: str) -> list[str]:
        """The same, in the exchange's."""
        return _inside(self.exchange, command)

    async def drop(self, *directions: Direction, share: float = 1.0) -> None:
        """Let packets vanish, that share of them, without a word to either side."""
        chance = ["-m", "statistic", "--mode", "random", "--probability", str(share)] if share < 1 else []
        for direction in directions:
            chain = "OUTPUT" if direction == "to the exchange" else "INPUT"
            await self._filter("-A", chain, "-p", "tcp", *chance, "-j", "DROP")

    async def refuse(self) -> None:
        """Answer every packet to the exchange with a reset: connections break, and new ones are refused."""
        await self._filter("-A", "OUTPUT", "-p", "tcp", "-j", "REJECT", "--reject-with", "tcp-reset")

    async def let_through(self) -> None:
        """End all of that. Raises `OSError` when it cannot be ended: from then on it would be no fault of the engine's."""
        try:
            await self._filter("-F")
        except Missing as failure:
            raise OSError(str(failure)) from failure

    async def kill_sockets(self) -> None:
        """End every connection to the exchange, in the middle of whatever it does; both sides see a reset."""
        await _run(*self.at_trader(find_program("ss", "iproute2"), "-K", "dst", self.host))

    async def set_link(self, *, up: bool) -> None:
        """Plug the cable in, or pull it out."""
        await _ip("-n", self.trader, "link", "set", self.device, "up" if up else "down")

    async def _filter(self, *words: str) -> None:
        await _run(*self.at_trader(find_program("iptables", "iptables"), "-w", *words))


@asynccontextmanager
async def open_network(place: Place, rng: Random) -> AsyncGenerator[Network, None]:
    """The network of one case, for as long as the block lasts. Raises `Missing` where it cannot be made."""
    match place:
        case Place.HERE:
            yield Network()
        case Place.CABLE:
            async with _namespaces() as (trader, exchange):
                ends = (f"{trader}-v", f"{exchange}-v")
                await _ip("link", "add", ends[0], "netns", trader, "type", "veth", "peer", "name", ends[1], "netns", exchange)
                await _address(trader, ends[0], _TRADER, _KRAKEN)
                await _address(exchange, ends[1], _KRAKEN, _TRADER)
                yield Cable(_KRAKEN, trader=trader, exchange=exchange, device=ends[0])
        case Place.ROUTER:
            async with _namespaces() as (trader, exchange):
                with open_router((f"{trader}-t", f"{exchange}-t"), Weather(rng)) as router:
                    for space, device, own, other in (
                        (trader, router.devices[0], _TRADER, _KRAKEN),
                        (exchange, router.devices[1], _KRAKEN, _TRADER),
                    ):
                        await _ip("link", "set", device, "netns", space)
                        await _address(space, device, own, other)
                    async with trio.open_nursery() as nursery:
                        nursery.start_soon(router.run, name="router")
                        yield Cable(_KRAKEN, trader=trader, exchange=exchange, device=router.devices[0], router=router)
                        nursery.cancel_scope.cancel(reason="the case is over")


@asynccontextmanager
async def _namespaces() -> AsyncGenerator[tuple[str, str], None]:
    number = f"{os.getpid():x}{next(_numbers):x}"
    names = (f"swt{number}", f"swx{number}")  # a device's name has 15 characters at most
    made: list[str] = []
    try:
        for name in names:
            await _ip("netns", "add", name)
            made.append(name)
            await _ip("-n", name, "link", "set", "lo", "up")
        yield names
    finally:
        with trio.move_on_after(_REMOVED_S, shield=True):
            for name in made:
                await _ip("netns", "del", name)


def _inside(space: str, command: Sequence[str]) -> list[str]:
    # Not `ip netns exec`: its copy of the mounts would hold the small disks of other cases.
    return [find_program("nsenter", "util-linux"), f"--net=/run/netns/{space}", "--", *command]


async def _address(space: str, device: str, own: str, other: str) -> None:
    await _ip("-n", space, "addr", "add", own, "peer", other, "dev", device)
    await _ip("-n", space, "link", "set", device, "up")


async def _ip(*words: str) -> None:
    await _run(find_program("ip", "iproute2"), *words)


async def _run(*command: str) -> None:
    done = await trio.run_process(command, stdout=subprocess.DEVNULL, capture_stderr=True, check=False)
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines() or [f"exit code {done.returncode}"]
        raise Missing(f"{' '.join(command[:4])}: {said[0]}")
