"""Results as plain data, for JSON."""

from collections.abc import Iterable

import attrs

from seawall.drill.results import Broken, Result
from seawall.drill.totals import Totals
from seawall.drill.words import command

__all__ = ["Plain", "of_result", "of_sweep"]

Plain = dict[str, object]


def of_result(result: Result) -> Plain:
    """One run: what it was, how it went, and how to have it again."""
    spec = result.spec
    told: Plain = {
        "seed": spec.seed,
        "length_s": spec.length_s,
        "kill_at": spec.kill_at,
        "command": command(spec),
    }
    if isinstance(result, Broken):
        return {**told, "clean": False, "broken": result.how, "trace": result.trace}
    return {
        **told,
        "clean": result.clean,
        "faults": [str(planned) for planned in result.planned],
        "violations": [attrs.asdict(violation) for violation in result.violations],
        "statistics": attrs.asdict(result.statistics),
        "measures": attrs.asdict(result.measures),
        "trace_digest": result.trace_digest,
        "schedule_digest": result.schedule_digest,
    }


def of_sweep(results: Iterable[Result], totals: Totals) -> Plain:
    """A whole sweep, in the order of its seeds."""
    told = sorted(results, key=lambda result: (result.spec.seed, result.spec.kill_at or 0))
    counts = {name: getattr(totals, name) for name in ("runs", "clean", "unclean", "broken", "violations")}
    runs = [of_result(each) for each in told]
    return {**counts, **totals.sums, "speed": totals.speed, "digest": totals.digest(), "results": runs}
