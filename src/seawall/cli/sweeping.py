"""A sweep as its user sees it: a bar while it goes on, a failure as soon as it is known, and the end said in a few lines."""

import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Final

import attrs
import trio
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.text import Text

from seawall.cli.outcome import leaves
from seawall.cli.session import stdout_is_terminal
from seawall.console.tables import printable
from seawall.drill.results import Broken, Result
from seawall.drill.spec import RunSpec
from seawall.drill.sweep import Sweep, WorkerFailed
from seawall.drill.totals import Totals
from seawall.drill.words import clock_text, command, counted, seconds_text, violation_text

__all__ = ["Swept", "failure_text", "sweep_watched", "tell_nothing", "totals_lines"]

_PLAIN_EVERY_S: Final = 10.0


@attrs.define(eq=False)
class Swept:
    """What a sweep came to, whether or not it came to its end."""

    results: list[Result] = attrs.field(factory=list)
    totals: Totals = attrs.field(factory=Totals)
    interrupted: bool = False

    def add(self, result: Result) -> None:
        """One more."""
        self.results.append(result)
        self.totals.add(result)


def sweep_watched(
    sweep: Sweep,
    specs: Iterable[RunSpec],
    count: int,
    *,
    tell_failure: Callable[[Result], str] | None = None,
    in_lines: bool = True,
) -> Swept:
    """Do the runs, `count` of them, and show it; Ctrl+C and SIGTERM end it at once.

    `tell_failure` writes down a run that did not come out clean; by default that is `failure_text`. Where there is no
    terminal, progress is told in lines now and then, unless `in_lines` says otherwise. Raises `WorkerFailed`.
    """
    swept = Swept()
    failure = failure_text if tell_failure is None else tell_failure
    with _screen(swept, count if in_lines or stdout_is_terminal() else None) as (say, advance):

        def tell(result: Result) -> None:
            swept.add(result)
            if isinstance(result, Broken) or not result.clean:
                text = failure(result)
                if text:
                    say(text)
            advance()

        lost: list[BaseException] = []
        try:
            swept.interrupted = trio.run(_until_signalled, sweep, specs, tell)
        except* WorkerFailed as group:
            lost += leaves(group)
    if lost:
        raise lost[0]
    return swept


async def _until_signalled(sweep: Sweep, specs: Iterable[RunSpec], tell: Callable[[Result], None]) -> bool:
    """Whether a signal came before the end."""
    interrupted = False
    with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async with trio.open_nursery() as nursery:

            async def wait() -> None:
                nonlocal interrupted
                async for _number in signals:
                    interrupted = True
                    nursery.cancel_scope.cancel(reason="a signal")

            nursery.start_soon(wait)
            await sweep.over(specs, tell)
            nursery.cancel_scope.cancel(reason="all runs are done")
    return interrupted


@contextmanager
def _screen(swept: Swept, count: int | None) -> Iterator[tuple[Callable[[str], None], Callable[[], None]]]:
    if not stdout_is_terminal():
        yield _plain(swept, count)
        return
    console = Console(highlight=False)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task: TaskID = progress.add_task("", total=count)

        def say(text: str) -> None:
            progress.console.print(Text(text), soft_wrap=True)

        def advance() -> None:
            progress.update(task, completed=swept.totals.runs, description=_state(swept.totals))

        advance()
        yield say, advance


def _plain(swept: Swept, count: int | None) -> tuple[Callable[[str], None], Callable[[], None]]:
    told_s = monotonic()

    def say(text: str) -> None:
        print(text, flush=True)

    def advance() -> None:
        nonlocal told_s
        if count is not None and swept.totals.runs < count and monotonic() - told_s >= _PLAIN_EVERY_S:
            told_s = monotonic()
            say(f"{swept.totals.runs:,} of {count:,} runs: {_state(swept.totals)}")

    return say, advance


def _state(totals: Totals) -> str:
    speed = f", {totals.speed:,.0f} times real time" if totals.speed else ""
    return f"{seconds_text(totals.sums['simulated_s'])} simulated{speed}, {counted(totals.failed, 'failure')}"


def failure_text(result: Result) -> str:
    """A run that did not come out clean: what is wrong with it, and the command that repeats it."""
    kill = "" if result.spec.kill_at is None else f", killed at I/O point {result.spec.kill_at}"
    head = f"FAILED seed {result.spec.seed}{kill}: "
    again = f"    {command(result.spec)}"
    if isinstance(result, Broken):
        return f"{head}{printable(result.how)}\n{again}"
    first = result.violations[0]
    zero_s = 0.0 if result.phases is None else result.phases.trading_s
    more = f" (and {counted(len(result.violations) - 1, 'more', 'more')})" if len(result.violations) > 1 else ""
    told = f"{clock_text(first.at_s - zero_s)} {violation_text(first)}{more}"
    return f"{head}{printable(told)}\n{again}"


def totals_lines(swept: Swept) -> Iterator[str]:
    """The figures at the end."""
    totals, sums = swept.totals, swept.totals.sums
    if swept.interrupted:
        yield "interrupted: this is what was found by then"
    seeds = len({result.spec.seed for result in swept.results})
    yield f"{counted(totals.runs, 'run')} of {counted(seeds, 'seed')}, {sums['simulated_s'] / 3600:,.1f} simulated hours"
    yield ", ".join(counted(int(sums[f"{thing}s"]), thing) for thing in ("fault", "kill", "order", "fill", "connection"))
    if totals.speed is not None:
        rate = f", {sums['scheduler_steps'] / sums['cpu_s']:,.0f} steps a second" if sums["cpu_s"] else ""
        yield f"{seconds_text(sums['cpu_s'])} of processor time: {totals.speed:,.0f} times real time on one core{rate}"
    yield f"hash {totals.digest()}"
    if totals.failed:
        yield (
            f"{counted(totals.violations, 'violation')} in {counted(totals.unclean, 'run')}; "
            f"{counted(totals.broken, 'run')} came to no verdict"
        )
    else:
        yield "no violations"


def tell_nothing(_result: Result) -> str:
    """What `sweep_watched` is to write of failures that are told elsewhere."""
    return ""
