"""The moment at which a request leaves, after which its outcome may be unknown."""

from collections.abc import Callable

__all__ = ["Sending", "nothing"]

Sending = Callable[[], None]
"""Called just before the first byte of a request leaves, and not at all when none does."""


def nothing() -> None:
    """For who does not care when a request leaves."""
