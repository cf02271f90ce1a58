"""Which executions are new, and whether any are missing after the private socket was away. No waiting here."""

from collections.abc import Iterable, Sequence
from typing import Final

import attrs

from seawall.kraken.client.api.streams.errors import MissedMessages
from seawall.model.reports import Fill

__all__ = ["FillTape", "MissedFills"]

_IN_SNAPSHOT: Final = 50
"""As many fills as a snapshot brings at most (docs.kraken.com/api/docs/websocket-v2/executions)."""
_REMEMBERED: Final = 1000


class MissedFills(MissedMessages):
    """More was filled while the private socket was away than it tells afterwards: `fills_since(since_ns)` has the rest.

    That is, those up to `until_ns`: the later ones are told. `known` are the ids of those in between that are told as well.
    """

    def __init__(self, since_ns: int, until_ns: int, known: frozenset[str]) -> None:
        super().__init__("fills", None, f"more than {_IN_SNAPSHOT} were made while the private socket was away")
        self.since_ns = since_ns
        self.until_ns = until_ns
        self.known = known


@attrs.define(eq=False)
class FillTape:
    """Tells each execution once. The first snapshot is what was before anybody listened."""

    _seen: dict[str, None] = attrs.field(factory=dict, init=False)
    _newest_ns: int = attrs.field(default=0, init=False)
    _begun: bool = attrs.field(default=False, init=False)

    def take(self, fill: Fill) -> bool:
        """Whether an execution that was just told is new."""
        if fill.exec_id in self._seen:
            return False
        self._remember([fill])
        return True

    def take_snapshot(self, fills: Sequence[Fill]) -> tuple[tuple[Fill, ...], MissedFills | None]:
        """Those that are new, oldest first, and what may be missing before them."""
        new = tuple(sorted((fill for fill in fills if fill.exec_id not in self._seen), key=lambda fill: fill.at_ns))
        begun, self._begun = self._begun, True
        since_ns = max(0, self._newest_ns - 1)  # one match makes several fills of one instant
        reaches_back = len(new) < len(fills) or len(fills) < _IN_SNAPSHOT
        self._remember(new)
        if not begun:
            return (), None
        return new, None if reaches_back else MissedFills(since_ns, self._newest_ns, frozenset(self._seen))

    def _remember(self, fills: Iterable[Fill]) -> None:
        for fill in fills:
            self._seen[fill.exec_id] = None
            self._newest_ns = max(self._newest_ns, fill.at_ns)
        while len(self._seen) > _REMEMBERED:
            del self._seen[next(iter(self._seen))]
