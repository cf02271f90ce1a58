"""What comes of a run that was given to another process."""

from collections.abc import Callable
from typing import Final, TypeAlias

import attrs

from seawall.drill.spec import RunSpec, Verdict

__all__ = ["READY", "Broken", "Introduction", "Result", "Run"]

Run: TypeAlias = Callable[[RunSpec], Verdict]
READY: Final = "ready"


@attrs.frozen
class Introduction:
    """What a worker needs before anything else."""

    path: tuple[str, ...]
    run: bytes
    """The function, pickled: by its name, which can be looked up only when the path is known."""


@attrs.frozen
class Broken:
    """A run that came to no verdict: it raised, its process died, or it did not end."""

    spec: RunSpec
    how: str
    """In one line."""
    trace: str = ""
    """The traceback, or the end of what its process wrote."""


Result: TypeAlias = Verdict | Broken
