"""How this room tells what it does: notices, handed to a probe.

A notice is a frozen attrs class, one per kind of fact, defined beside the code that emits it. A probe is any function
of one argument. It runs at once, after the fact is complete, in the task that caused it; so it must not block.
"""

import logging
from collections.abc import Callable
from typing import Final

__all__ = ["Probe", "ignore", "tell"]

Probe = Callable[[object], None]
"""Takes one notice. Never blocks."""

_logger: Final = logging.getLogger("seawall.resilience")


def ignore(_notice: object) -> None:
    """The probe that does not listen."""


def tell(probe: Probe, notice: object) -> None:
    """Hand `notice` to `probe`. An exception of the probe's is logged and changes nothing for whoever told.

    What is not an `Exception` (KeyboardInterrupt, trio.Cancelled) passes: it is not the probe's to lose.
    """
    try:
        probe(notice)
    except Exception:
        _logger.exception("a probe failed on %r", notice)
