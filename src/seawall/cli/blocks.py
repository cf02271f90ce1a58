"""How an error of the user's or of the world's is told: one block on standard error, and no traceback."""

import sys
from collections.abc import Iterable

from seawall.cli.exit_codes import ExitCode

__all__ = ["tell_error"]


def tell_error(code: ExitCode, problem: str, hints: Iterable[str] = ()) -> ExitCode:
    """Write what is wrong, then what can be done; returns the code."""
    first, *rest = problem.splitlines() or [""]
    lines = [f"seawall: {first}", *(f"  {line.strip()}" for line in rest), *(f"  -> {hint}" for hint in hints)]
    print(*lines, sep="\n", file=sys.stderr, flush=True)
    return code
