"""Words of the system's that the network speaks."""

import os
from collections.abc import Callable

__all__ = ["Address", "Farewell", "broken"]

Address = tuple[str, int]
"""Of IPv4: the address and the port."""

Farewell = Callable[[], BaseException]
"""Makes the error for a task that waits on what is no more; each task gets one of its own."""


def broken(number: int) -> OSError:
    """The error that the system has for this number."""
    return OSError(number, os.strerror(number))
