"""A line between two network namespaces that is as bad as it is told to be: two TUN devices, and a task between them.

(man 4 tun, docs.kernel.org/networking/tuntap.html; the kernel's own `netem` is not in every kernel.)
"""

import fcntl
import heapq
import os
import struct
from collections.abc import Generator
from contextlib import contextmanager
from math import inf
from typing import Final

import attrs
import trio

from seawall.drill.real.needs import Missing
from seawall.drill.real.weather import Weather

__all__ = ["Router", "open_router"]

_TUNSETIFF: Final = 0x400454CA
_IFF_TUN: Final = 0x0001
_IFF_NO_PI: Final = 0x1000
_LARGEST_PACKET_BYTES: Final = 65_536
_MOST_WAITING: Final = 10_000
"""Packets under way in one direction; what comes on top is lost, as in any router."""


@attrs.define(eq=False)
class Router:
    """The two devices, and what the line between them is like; `run` carries packets."""

    devices: tuple[str, str]
    weather: Weather
    _files: tuple[int, int]

    async def run(self) -> None:
        """Carry packets both ways until cancelled; what is under way then is lost."""
        there, back = self._files
        async with trio.open_nursery() as nursery:
            for start, end in ((there, back), (back, there)):
                way = _Way(start, end, self)
                nursery.start_soon(way.take, name="router takes")
                nursery.start_soon(way.give, name="router gives")


@attrs.define(eq=False)
class _Way:
    """One direction."""

    start: int
    end: int
    router: Router
    _under_way: list[tuple[float, int, bytes]] = attrs.field(factory=list)
    _came: int = 0
    _changed: trio.Event = attrs.field(factory=trio.Event)

    async def take(self) -> None:
        while True:
            await trio.lowlevel.wait_readable(self.start)
            packet = os.read(self.start, _LARGEST_PACKET_BYTES)
            if len(self._under_way) < _MOST_WAITING:
                for due_s, content in self.router.weather.arrivals(packet, trio.current_time()):
                    self._came += 1
                    heapq.heappush(self._under_way, (due_s, self._came, content))
                self._changed.set()

    async def give(self) -> None:
        while True:
            next_s = self._under_way[0][0] if self._under_way else inf
            with trio.move_on_at(next_s):
                self._changed = trio.Event()
                await self._changed.wait()
            while self._under_way and self._under_way[0][0] <= trio.current_time():
                try:
                    os.write(self.end, heapq.heappop(self._under_way)[2])
                except OSError:  # the device is down, or its queue is full: as on any line, the packet is lost
                    continue


@contextmanager
def open_router(names: tuple[str, str], weather: Weather) -> Generator[Router, None, None]:
    """Two devices of these names, in this namespace; they may be moved, and are gone with the block. Raises `Missing`."""
    files: list[int] = []
    try:
        files += map(_open_device, names)
        yield Router(names, weather, (files[0], files[1]))
    finally:
        for file in files:
            os.close(file)


def _open_device(name: str) -> int:
    try:
        file = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as fault:
        raise Missing(f"/dev/net/tun: {fault.strerror}") from fault
    try:
        fcntl.ioctl(file, _TUNSETIFF, struct.pack("16sH", name.encode(), _IFF_TUN | _IFF_NO_PI))
    except OSError as fault:
        os.close(file)
        raise Missing(f"no TUN device can be made: {fault.strerror}") from fault
    return file
