"""Reading the history of fills, newest first, a page at a time, so that no page is asked for twice.

A page costs several calls of the rate counter (docs.kraken.com/api/docs/guides/spot-rest-ratelimits), so a long history takes
minutes of the smallest tier. A walk that a deadline or the counter interrupts goes on later where it was: begun again from the
front each time, it would use up what flows back into the counter, and never come to the end.
"""

from collections.abc import Sequence
from typing import Final

import attrs

from seawall.model.reports import Fill

__all__ = ["PAGE", "FillWalk"]

PAGE: Final = 50
"""Fills on a page that is not the last (docs.kraken.com/api/docs/rest-api/get-trade-history)."""


@attrs.define(eq=False)
class FillWalk:
    """Which page is next, and what was found.

    Pages are counted from the newest fill, so those that are filled meanwhile push older ones to later pages: that repeats
    some, and skips none. What is newer than the first page of a walk that was resumed is read last.
    """

    _found: dict[str, Fill] = attrs.field(factory=dict)
    _on_the_way: set[str] = attrs.field(factory=set)
    """Execution ids of the pages that were read one after another: between them none is missing."""
    _next: int = 0
    _at_the_end: bool = False
    _again: int | None = None
    """The next page from the front, which is read once more."""

    def resume(self) -> None:
        """Go on after an interruption."""
        if self._next:
            self._again = 0

    def page(self) -> int | None:
        """The number of the page to read next, from 0; None when all is read."""
        return self._again if self._at_the_end else self._next

    def take(self, fills: Sequence[Fill]) -> None:
        """What the page has."""
        reaches_known = any(fill.exec_id in self._on_the_way for fill in fills)
        is_last = len(fills) < PAGE
        self._found.update((fill.exec_id, fill) for fill in fills)
        if not self._at_the_end:
            self._on_the_way.update(fill.exec_id for fill in fills)
            self._next += 1
            self._at_the_end = is_last
        elif self._again is not None:
            self._again = None if reaches_known or is_last else self._again + 1

    def fills(self) -> tuple[Fill, ...]:
        """What was found so far, oldest first."""
        return tuple(sorted(self._found.values(), key=lambda fill: fill.at_ns))
