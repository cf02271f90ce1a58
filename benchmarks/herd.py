"""Many clients lose one server together: how hard they hit it when it is back, and how long they are away.

Each client is a `Reconnect` of its own, with its own breaker and chances, as programs on machines of their own would be; all
run on one virtual clock. Dials take no time, which is the worst case: nothing spreads them but their jitter.
"""

from bisect import bisect_left
from collections.abc import Iterable
from random import Random
from statistics import fmean

import attrs
import trio
from benchmarks.rows import percentile
from trio.testing import MockClock

from seawall.resilience import (
    SOCKET_BREAKER,
    Backoff,
    Breaker,
    ConnectionBudget,
    Jitter,
    Link,
    Reconnect,
    ReconnectSchedule,
    decorrelated,
    equal,
    full,
    none,
    proportional,
)

__all__ = ["JITTERS", "OUTAGES_S", "Herd", "stampede"]

JITTERS: dict[str, Jitter] = {
    "proportional": proportional,
    "equal": equal,
    "full": full,
    "decorrelated": decorrelated,
    "none": none,
}
OUTAGES_S = (5.0, 10.0, 20.0, 40.0, 60.0, 90.0, 120.0)
_WINDOW_S = 0.1


@attrs.frozen
class Herd:
    """What became of the clients, over all outages."""

    peak: int
    """The most dials in any 100 ms after the server was back, in the worst outage."""
    mean_s: float
    """From the server's return to the client's."""
    p99_s: float
    dials: float
    """A client and outage, the one that succeeded included."""


@attrs.define
class _Outage:
    """One server that is away for `until` seconds, and those who want it back."""

    until: float
    clients: int
    dialled_at: list[float] = attrs.field(factory=list)
    away_s: list[float] = attrs.field(factory=list)
    over: trio.Event = attrs.field(factory=trio.Event)

    async def dial(self, link: Link) -> None:
        now = trio.current_time()
        self.dialled_at.append(now)
        if now < self.until:
            raise ConnectionRefusedError
        link.serving()
        self.away_s.append(now - self.until)
        if len(self.away_s) == self.clients:
            self.over.set()
        await trio.sleep_forever()

    async def run(self, schedule: ReconnectSchedule, seed: str) -> None:
        async with trio.open_nursery() as nursery:
            for client in range(self.clients):
                name = f"{seed} {client}"
                link = Reconnect(
                    name,
                    self.dial,
                    schedule=schedule,
                    breaker=Breaker(name, SOCKET_BREAKER),
                    budget=ConnectionBudget(),
                    rng=Random(name),
                )
                nursery.start_soon(link.run)
            await self.over.wait()
            nursery.cancel_scope.cancel()

    def peak(self) -> int:
        late = sorted(at for at in self.dialled_at if at >= self.until)
        return max(bisect_left(late, at + _WINDOW_S) - place for place, at in enumerate(late))


def stampede(jitter: Jitter, clients: int = 500, outages_s: Iterable[float] = OUTAGES_S, seed: str = "herd") -> Herd:
    """Let them all lose the server, for each of these times. The same seed gives the same numbers."""
    schedule = ReconnectSchedule(backoff=Backoff(jitter=jitter))
    outages = [_Outage(outage_s, clients) for outage_s in outages_s]
    for outage in outages:
        trio.run(outage.run, schedule, f"{seed} {outage.until:g}", clock=MockClock(autojump_threshold=0))
    away_s = [each for outage in outages for each in outage.away_s]
    dials = sum(len(outage.dialled_at) for outage in outages)
    return Herd(max(outage.peak() for outage in outages), fmean(away_s), percentile(away_s, 99), dials / len(away_s))
