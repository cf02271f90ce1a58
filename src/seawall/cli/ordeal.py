"""`seawall ordeal`."""

import shutil
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Final

import msgspec
import trio
from cyclopts import Parameter
from rich.console import Console
from rich.text import Text

from seawall.cli.blocks import tell_error
from seawall.cli.exit_codes import ExitCode
from seawall.drill.real import CASES, Case, Outcome, Result, run_case

__all__ = ["ordeal"]

_WIDE: Final = 10_000
_STYLES: Final = {Outcome.HELD: "green", Outcome.BROKEN: "bold red", Outcome.SKIPPED: "dim"}


def ordeal(
    *,
    only: Annotated[
        list[str] | None, Parameter(negative="", consume_multiple=True, help="These cases alone, by name; else all.")
    ] = None,
    seed: Annotated[int, Parameter(help="Of the market, and of whatever a case leaves to chance.")] = 1,
    list_: Annotated[
        bool, Parameter(name="--list", negative="", help="Show the cases, and whether they can be run here.")
    ] = False,
    json: Annotated[bool, Parameter(negative=(), help="One JSON object a case, on standard output, as each ends.")] = False,
    keep: Annotated[Path | None, Parameter(help="A new directory for journals, logs and words of every case.")] = None,
    jobs: Annotated[int, Parameter(help="So many cases at once.")] = 1,
) -> ExitCode:
    """Put the real engine through what breaks real machines, and compare what it claims with what the exchange knows.

    Each case starts a simulated Kraken and `seawall run` as processes of their own, over TLS and real sockets; lets them
    trade; breaks something (a process, the line, the disk, the clock); heals it, waits until the engine trades again, and
    stops it. Then no order may be lost, doubled or left open, and every fill must be in the journal.

    Cases that break lines and disks need root: they make network namespaces and small filesystems of their own, and remove
    them. Nothing else of this machine is changed, and nothing leaves it. Exit code 0: every case that could be run held.
    """
    if strangers := [name for name in only or () if name not in CASES]:
        return tell_error(ExitCode.USAGE, f"there is no case {', '.join(strangers)}", [f"the cases are {', '.join(CASES)}"])
    if jobs < 1:
        return tell_error(ExitCode.USAGE, f"--jobs: {jobs} is below one")
    chosen = [CASES[name] for name in only or CASES]
    if list_:
        _print_cases(chosen)
        return ExitCode.CLEAN
    with ExitStack() as stack:
        try:
            directory = _directory(stack, keep)
        except OSError as fault:
            return tell_error(ExitCode.USAGE, f"--keep: {fault.filename} cannot be made: {fault.strerror}")
        results: list[Result] | None = None
        try:
            results = trio.run(_run, chosen, seed, directory, jobs, json)
        except* KeyboardInterrupt:
            pass
    if results is None:
        return tell_error(ExitCode.INTERRUPTED, "interrupted: what the cases had made is removed")
    return _judge(results, seed, kept=keep is not None, json=json)


def _directory(stack: ExitStack, keep: Path | None) -> Path:
    if keep is None:
        return Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="seawall-ordeal-")))
    keep.mkdir(parents=True)
    return keep.absolute()


async def _run(cases: Sequence[Case], seed: int, directory: Path, jobs: int, json: bool) -> list[Result]:
    results: list[Result] = []
    places = trio.CapacityLimiter(jobs)

    async def run(case: Case) -> None:
        async with places:
            (directory / case.name).mkdir()
            result = await run_case(case, seed, directory / case.name)
        results.append(result)
        _print_result(result, json=json)

    async with trio.open_nursery() as nursery:
        for case in cases:
            nursery.start_soon(run, case, name=case.name)
            await trio.lowlevel.checkpoint()  # cases begin in their order
    return results


def _print_result(result: Result, *, json: bool) -> None:
    if json:
        print(msgspec.json.encode(result).decode(), flush=True)
        return
    _console().print(_row(result))
    if result.outcome is Outcome.BROKEN:
        for line in (*result.wrong, *(f"  {line}" for line in result.story)):
            print(f"    {line}", flush=True)


def _row(result: Result) -> Text:
    counts = f"{result.took_s:5.1f} s"
    if result.outcome is Outcome.SKIPPED:
        counts = result.wrong[0]
    elif result.recovered_s is not None:
        counts += f"  back in {result.recovered_s:4.1f} s"
        counts += f"  {result.engines} engines  {result.orders:3} orders  {result.fills:3} fills"
    return Text.assemble(f"{result.case:<18} ", (f"{result.outcome.value:<7} ", _STYLES[result.outcome]), counts)


def _print_cases(cases: Sequence[Case]) -> None:
    for case in cases:
        missing = case.missing()
        able = ("root" if case.root else "anybody", "dim") if missing is None else (f"not here: {missing}", "yellow")
        _console().print(Text.assemble((f"{case.name:<18} ", "bold"), f"{case.sentence} (", able, ")"))


def _console() -> Console:
    return Console(width=shutil.get_terminal_size().columns if sys.stdout.isatty() else _WIDE, highlight=False, soft_wrap=True)


def _judge(results: Sequence[Result], seed: int, *, kept: bool, json: bool) -> ExitCode:
    by_outcome = {outcome: [result.case for result in results if result.outcome is outcome] for outcome in Outcome}
    told = ", ".join(f"{len(names)} {outcome.value}" for outcome, names in by_outcome.items() if names)
    if not json:
        orders, fills = (sum(getattr(result, of) for result in results) for of in ("orders", "fills"))
        print(f"{told}; {orders} orders and {fills} fills compared", flush=True)
    if broken := by_outcome[Outcome.BROKEN]:
        again = f"seawall ordeal --seed {seed} --only {' '.join(broken)}"
        hints = [f"again: {again}"] if kept else [f"again, with everything kept: {again} --keep DIRECTORY"]
        return tell_error(ExitCode.BROKEN, f"{len(broken)} of {len(results)} cases broke a promise: {', '.join(broken)}", hints)
    if not by_outcome[Outcome.HELD]:
        print("no case could be run here", file=sys.stderr)
    return ExitCode.CLEAN
