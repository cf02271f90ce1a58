"""Runs cases, and judges them."""

import signal
from collections.abc import AsyncGenerator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from random import Random
from typing import Final

import attrs
import trio

from seawall.drill.real.case import Case
from seawall.drill.real.certificates import make_certificate
from seawall.drill.real.disks import mounted_ext4, mounted_tmpfs
from seawall.drill.real.judgement import differences
from seawall.drill.real.needs import Missing
from seawall.drill.real.networks import open_network
from seawall.drill.real.of_lines import OF_LINES
from seawall.drill.real.of_machines import OF_MACHINES
from seawall.drill.real.of_processes import OF_PROCESSES
from seawall.drill.real.processes import EngineProcess, open_exchange
from seawall.drill.real.stage import STARTS_S, Broken, OtherClock, Stage
from seawall.drill.real.telling import Told
from seawall.journal import read_journal, verify_journal
from seawall.model.errors import JournalFailed

__all__ = ["CASES", "Outcome", "Result", "run_case"]

CASES: Final = {case.name: case for case in (*OF_PROCESSES, *OF_LINES, *OF_MACHINES)}
"""Every case, by name."""

_CASE_S: Final = 420.0
_ENDS_S: Final = 15.0
_TELLS_S: Final = 30.0
_SPARE_SOCKETS: Final = 8
"""So many more than before the harm an engine may have open after it: pools of connections breathe."""
_WORST_SHOWN: Final = 20


class Outcome(StrEnum):
    """What became of a case."""

    HELD = "held"
    BROKEN = "broken"
    SKIPPED = "skipped"


@attrs.frozen
class Result:
    """The judgement on one case. `wrong` are sentences; of a skipped case, why. Times are seconds.

    `recovered_s` is from the healing to trading; None where it did not come to it.
    """

    case: str
    outcome: Outcome
    wrong: tuple[str, ...] = ()
    took_s: float = 0.0
    recovered_s: float | None = None
    engines: int = 0
    orders: int = 0
    fills: int = 0
    story: tuple[str, ...] = ()


async def run_case(case: Case, seed: int, directory: Path) -> Result:
    """Run one case in an empty directory, which keeps what its processes wrote.

    Whatever happens in it is judged, and not raised. Cancelled, it ends its processes and removes its network first.
    """
    missing = case.missing()
    if missing is not None:
        return Result(case.name, Outcome.SKIPPED, (missing,))
    began_s = trio.current_time()
    run = _Run(case)
    outcome, wrong = Outcome.HELD, list[str]()
    try:
        with trio.fail_after(_CASE_S):
            async with _open_stage(case, seed, directory) as stage:
                run.stage = stage
                wrong += await run.play()
    except* Missing as group:
        outcome, wrong = Outcome.SKIPPED, [str(leaf) for leaf in _leaves(group)]
    except* (Broken, EOFError, OSError, JournalFailed) as group:
        wrong += [str(leaf) or type(leaf).__name__ for leaf in _leaves(group)]
    except* trio.TooSlowError:
        wrong.append("something took longer than anything may: see the story")
    if wrong and outcome is Outcome.HELD:
        outcome = Outcome.BROKEN
    return run.result(outcome, wrong[:_WORST_SHOWN], trio.current_time() - began_s)


def _leaves(group: BaseExceptionGroup[BaseException]) -> Iterator[BaseException]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error


@attrs.define(eq=False)
class _Run:
    """One case as it is played."""

    case: Case
    stage: Stage | None = None
    recovered_s: float | None = None
    told: Told | None = None

    def result(self, outcome: Outcome, wrong: list[str], took_s: float) -> Result:
        told, stage = self.told, self.stage
        return Result(
            self.case.name,
            outcome,
            tuple(wrong),
            took_s,
            self.recovered_s,
            0 if stage is None else len(stage.engines),
            0 if told is None else len(told.orders),
            0 if told is None else len(told.fills),
            () if stage is None else tuple(stage.story),
        )

    async def play(self) -> list[str]:
        """Start an engine, do the harm, see it recover, stop it; what is wrong then."""
        stage = self.stage
        assert stage is not None
        await stage.start_engine()
        await stage.trades()
        sockets = stage.engine.sockets()
        await self.case.harm(stage)
        stage.note("all is well again")
        self.recovered_s = await stage.trades(6)
        await stage.settled()
        wrong = list(_left_sockets(sockets, stage.engine))
        stage.note("SIGTERM")
        stage.engine.send(signal.SIGTERM)
        await stage.ends(0)
        with trio.fail_after(_TELLS_S):
            self.told = await stage.exchange.tell()
        return [*wrong, *_judge(stage, self.told)]


def _left_sockets(before: int, engine: EngineProcess) -> Iterator[str]:
    now = engine.sockets()
    if now > before + _SPARE_SOCKETS:
        yield f"the engine had {before} sockets open before, and has {now} now"


def _judge(stage: Stage, told: Told) -> Iterator[str]:
    certificate = stage.engine.certificate()
    if "clean: nothing was left behind" not in certificate:
        yield f"the certificate is not clean: {' / '.join(certificate.split())}"
    for number, engine in enumerate(stage.engines, start=1):
        if engine.left_processes():
            yield f"engine {number} has ended, and left a process behind"
        if engine.traceback():
            yield f"engine {number} wrote a traceback: see {engine.errors}"
    yield from differences(told, read_journal(stage.journal), dict(_positions(certificate)))
    yield from (f"the journal: {fault}" for fault in verify_journal(stage.journal).faults)


def _positions(certificate: str) -> Iterator[tuple[tuple[str, str], Decimal]]:
    """The lines `    owner qty symbol` that follow `  positions held`."""
    lines = iter(certificate.splitlines())
    if not any(line.strip() == "positions held" for line in lines):
        return
    for line in lines:
        if not line.startswith("    "):
            return
        owner, qty, symbol = line.split()[:3]
        yield (owner, symbol.rstrip(",")), Decimal(qty)


@asynccontextmanager
async def _open_stage(case: Case, seed: int, directory: Path) -> AsyncGenerator[Stage, None]:
    rng = Random(f"{seed} {case.name}")
    async with AsyncExitStack() as stack:
        disk = None
        if case.disk is not None:
            mounted = mounted_tmpfs(directory / "disk", "1m") if case.disk == "tmpfs" else mounted_ext4(directory / "disk")
            disk = stack.enter_context(mounted)
        clock = _other_clock(directory) if case.sets_clock else None
        network = await stack.enter_async_context(open_network(case.place, Random(rng.getrandbits(64))))
        with trio.fail_after(STARTS_S):
            certificate = await make_certificate(directory, network.host)
            opening = open_exchange(network, rng.getrandbits(32), certificate, directory / "exchange.errors")
            exchange = await stack.enter_async_context(opening)
        stage = Stage(directory, exchange, certificate, network, rng, disk, clock, case.switch_s)
        try:
            yield stage
        finally:
            with trio.move_on_after(_ENDS_S, shield=True):
                for engine in stage.engines:
                    await engine.end()


def _other_clock(directory: Path) -> OtherClock:
    clock = OtherClock(directory / "clock")
    clock.set(0)
    return clock
