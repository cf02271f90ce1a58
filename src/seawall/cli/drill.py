"""`seawall drill`: what your strategies do when the world breaks."""

import json
import os
from pathlib import Path
from typing import Annotated, Final

from cyclopts import Parameter

from seawall.cli.blocks import tell_error
from seawall.cli.drilling import Drill
from seawall.cli.exit_codes import ExitCode
from seawall.cli.simulate import length_s
from seawall.config import ConfigError, load_config, load_strategies
from seawall.drill.campaign import Campaign
from seawall.drill.run import run
from seawall.drill.scorecard import of_scorecard, scorecard_page
from seawall.drill.sweep import WorkerFailed
from seawall.sim.catalogue import CATALOGUE, kind_of

__all__ = ["drill"]

_DEFAULT_MINUTES: Final = 3.0


def drill(
    file: Annotated[Path, Parameter(help="Your configuration; its strategies are drilled. No key of it is used.")],
    *,
    only: Annotated[
        list[str] | None, Parameter(negative="", consume_multiple=True, help="These faults alone, by name; else all, and swarms.")
    ] = None,
    seeds: Annotated[int, Parameter(help="So many markets for each fault.")] = 1,
    first: Annotated[int, Parameter(help="The first seed.")] = 1,
    swarms: Annotated[int, Parameter(help="So many swarms of faults after that.")] = 5,
    hours: Annotated[
        float | None, Parameter(help="How long each run trades, in simulated time; 5 minutes when not given.")
    ] = None,
    minutes: Annotated[float | None, Parameter(help="The same in minutes; added to the hours.")] = None,
    json_: Annotated[Path | None, Parameter(name="--json", help="Write the scorecard there.")] = None,
    html: Annotated[Path | None, Parameter(help="Write the scorecard there, as one page.")] = None,
    jobs: Annotated[int | None, Parameter(help="So many processes; one for each core when not given.")] = None,
) -> ExitCode:
    """Run your configuration against each fault of the catalogue alone, and then against swarms of them, in virtual time.

    The scorecard says what was lost, doubled, left open or missed, how long it took to notice and to recover, and what your
    strategies did while blind. Each red cell comes with the command that replays it, and the exit code is 10 if there is one.
    """
    try:
        load_strategies(load_config(file))
        names = tuple(kind_of(name).name for name in only) if only else tuple(CATALOGUE)
        length = length_s(hours, _DEFAULT_MINUTES if hours is None and minutes is None else minutes, None)
        campaign = Campaign(file.absolute(), length, first, seeds, swarms, names)
    except ConfigError as error:
        return tell_error(ExitCode.CONFIGURATION, str(error))
    except ValueError as error:
        return tell_error(ExitCode.USAGE, str(error), ["seawall drill --help shows the options"])
    drilled = Drill(campaign, run, len(os.sched_getaffinity(0)) if jobs is None else jobs)
    try:
        code = drilled.go()
    except WorkerFailed as error:
        return tell_error(ExitCode.INTERNAL_ERROR, f"no worker could be started\n{error}")
    if json_ is not None:
        json_.write_text(json.dumps(of_scorecard(drilled.card), indent=2) + "\n", encoding="utf-8")
    if html is not None:
        html.write_text(scorecard_page(drilled.card, drilled.totals, file.name), encoding="utf-8")
        print(f"the scorecard as a page: {html}")
    return code
