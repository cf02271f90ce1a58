"""What a guarded call costs, and how a herd of clients comes back.

    python -m benchmarks.resilience [--json] [--quick]

One table: our ways to guard a call that does nothing, beside a bare await, a cancel scope, and every other breaker, retry and
limiter that is installed (`benchmarks/resilience_peers.py` lists them). Cases take turns, and the fastest round of each counts:
other programs can only slow one down. Only the ratios mean anything on another machine.
"""

import argparse
import asyncio
import platform
import sys
import time
from typing import Final

import attrs
import trio
from benchmarks.herd import JITTERS, OUTAGES_S, stampede
from benchmarks.resilience_cases import our_cases
from benchmarks.resilience_peers import PEERS, Case, Peer, Runtime
from benchmarks.resilience_table import Cost, Table
from benchmarks.rows import as_json

__all__ = ["main"]


@attrs.frozen
class Size:
    """How much is measured."""

    rounds: int
    calls: int
    clients: int
    outages_s: tuple[float, ...]


FULL: Final = Size(rounds=25, calls=2000, clients=500, outages_s=OUTAGES_S)
QUICK: Final = Size(rounds=1, calls=20, clients=20, outages_s=OUTAGES_S[:2])


async def peer_cases(runtime: Runtime, told: list[str]) -> list[tuple[str, str, Case]]:
    """Those of the peers that are installed and run; the others are named in `told`."""
    made = [(peer, await _case_of(peer, told)) for peer in PEERS if peer.runtime == runtime]
    return [(peer.kind, f"{peer.name} {peer.version}", case) for peer, case in made if case is not None]


async def _case_of(peer: Peer, told: list[str]) -> Case | None:
    try:
        peer.version  # noqa: B018 - raises where it is not installed
        case = peer.make()
    except ImportError:
        told.append(f"absent: {peer.name} ({peer.kind})")
        return None
    try:
        await case(10)
    except Exception as error:  # noqa: BLE001 - whatever somebody else's code raises, it is told and left out
        told.append(f"does not run: {peer.name} ({peer.kind}, {peer.runtime}): {type(error).__name__}: {error}")
        return None
    return case


async def measure(runtime: Runtime, size: Size, told: list[str]) -> list[Cost]:
    """Microseconds per call: the fastest of interleaved rounds."""
    ours = list(our_cases(runtime))
    cases = [*ours, *await peer_cases(runtime, told)]
    fastest = [float("inf")] * len(cases)
    for _ in range(size.rounds):
        for place, (_, _, case) in enumerate(cases):
            began = time.perf_counter()
            await case(size.calls)
            fastest[place] = min(fastest[place], (time.perf_counter() - began) / size.calls * 1e6)
    return [
        Cost(kind, name, runtime, us, ours=place < len(ours))
        for place, ((kind, name, _), us) in enumerate(zip(cases, fastest, strict=True))
    ]


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print a list of rows instead of the table")
    parser.add_argument("--quick", action="store_true", help="only show that it runs; the numbers mean nothing")
    options = parser.parse_args()
    size, told = QUICK if options.quick else FULL, list[str]()

    costs = trio.run(measure, "trio", size, told) + asyncio.run(measure("asyncio", size, told))
    herds = {name: stampede(jitter, size.clients, size.outages_s) for name, jitter in JITTERS.items()}
    table = Table(costs, herds)
    print(as_json(table.rows()) if options.json else table.text())
    print(f"\n{platform.python_implementation()} {platform.python_version()}, trio {trio.__version__}", file=sys.stderr)
    for line in told:
        print(line, file=sys.stderr)


if __name__ == "__main__":
    main()
