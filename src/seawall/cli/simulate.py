"""`seawall simulate`: the engine in worlds where everything breaks, many of them, or one in full."""

import os
from pathlib import Path
from typing import Annotated, Final

from cyclopts import Parameter

from seawall.cli.blocks import tell_error
from seawall.cli.exit_codes import ExitCode
from seawall.cli.simulation import Request
from seawall.config import ConfigError, load_config, load_strategies
from seawall.drill.run import run
from seawall.drill.spec import RunSpec
from seawall.drill.sweep import WorkerFailed
from seawall.sim.catalogue import Planned, kind_of

__all__ = ["Length", "faults_of", "length_s", "simulate"]

_DEFAULT_S: Final = 1200.0

Length = Annotated[float | None, Parameter(help="How long each run trades, in simulated time; 20 minutes when not given.")]


def simulate(
    *,
    seeds: Annotated[int | None, Parameter(help="So many runs, each of a seed of its own; 10 when not given.")] = None,
    first: Annotated[int, Parameter(help="The first of them.")] = 1,
    seed: Annotated[int | None, Parameter(help="One seed alone.")] = None,
    hours: Length = None,
    minutes: Annotated[float | None, Parameter(help="The same in minutes; added to the hours.")] = None,
    seconds: Annotated[float | None, Parameter(help="The same in seconds.")] = None,
    faults: Annotated[
        str | None, Parameter(help="These faults, and no others: 'half-open@120+30#7 ...', or none. Else the swarm of the seed.")
    ] = None,
    kill_at: Annotated[int | None, Parameter(help="Kill the engine at this I/O point, and start it again.")] = None,
    every_point: Annotated[
        bool, Parameter(negative=(), help="A run for each I/O point, killed there. Without faults, unless they are given.")
    ] = False,
    step: Annotated[int, Parameter(help="With --every-point: at each so-manieth only.")] = 1,
    explain: Annotated[bool, Parameter(negative=(), help="Tell the story of one run.")] = False,
    html: Annotated[Path | None, Parameter(help="Write the story there, as one page; with --explain.")] = None,
    json_: Annotated[Path | None, Parameter(name="--json", help="Write the results there.")] = None,
    config: Annotated[Path | None, Parameter(help="Your configuration and strategies, in place of ours.")] = None,
    shrink: Annotated[
        bool, Parameter(negative=(), help="Make failing runs small: fewer and shorter faults, sooner over.")
    ] = False,
    jobs: Annotated[int | None, Parameter(help="So many processes; one for each core when not given.")] = None,
) -> ExitCode:
    """Run the whole engine in virtual time, in a world where everything breaks, and judge it.

    Nothing is real: neither network nor exchange nor time. The same seed always gives the same run. Each run that breaks an
    invariant is printed with the command that repeats it, and the exit code is 10.
    """
    try:
        length = length_s(hours, minutes, seconds)
        given = faults_of(faults)
        if every_point and faults is None:
            given = ()
        _check(seed=seed, seeds=seeds, kill_at=kill_at, step=step, explain=explain, html=html, every_point=every_point)
        if config is not None:
            load_strategies(load_config(config))
    except ConfigError as error:
        return tell_error(ExitCode.CONFIGURATION, str(error))
    except ValueError as error:
        return tell_error(ExitCode.USAGE, str(error), ["seawall simulate --help shows the options"])
    numbers = (seed,) if seed is not None else range(first, first + (10 if seeds is None else seeds))
    where = None if config is None else config.absolute()
    specs = [RunSpec(number, length, given, kill_at, config_file=where) for number in numbers]
    request = Request(run, specs, len(os.sched_getaffinity(0)) if jobs is None else jobs, json_, shrink)
    try:
        if explain:
            return request.explain(html)
        return request.every_point(step) if every_point else request.sweep()
    except WorkerFailed as error:
        return tell_error(ExitCode.INTERNAL_ERROR, f"no worker could be started\n{error}")


def length_s(hours: float | None, minutes: float | None, seconds: float | None) -> float:
    """How long a run is. Raises ValueError for none at all."""
    if hours is None and minutes is None and seconds is None:
        return _DEFAULT_S
    length = (hours or 0.0) * 3600 + (minutes or 0.0) * 60 + (seconds or 0.0)
    if not 0 < length < float("inf"):
        raise ValueError(f"--hours, --minutes and --seconds come to {length:g} s: a run needs some time")
    return length


def faults_of(text: str | None) -> tuple[Planned, ...] | None:
    """What `--faults` says. Raises ValueError for a text that is no fault, or for one that is in no catalogue."""
    if text is None:
        return None
    planned = () if text.strip() == "none" else tuple(Planned.read(word) for word in text.split())
    for each in planned:
        kind_of(each.name)
    return planned


def _check(
    *, seed: int | None, seeds: int | None, kill_at: int | None, step: int, explain: bool, html: Path | None, every_point: bool
) -> None:
    if seed is not None and seeds is not None:
        raise ValueError("--seed is one run, --seeds are many: give one of them")
    if explain and seed is None:
        raise ValueError("--explain tells of one run: give its --seed")
    if html is not None and not explain:
        raise ValueError("--html is a page about one run: give --explain, too")
    if every_point and (explain or kill_at is not None):
        raise ValueError("--every-point kills at each point in turn: --kill-at and --explain are for one of them")
    if step < 1 or (seeds is not None and seeds < 1):
        raise ValueError("--step and --seeds are at least 1")
