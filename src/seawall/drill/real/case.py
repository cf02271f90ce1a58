"""What a case is."""

from collections.abc import Awaitable, Callable
from typing import Literal

import attrs

from seawall.drill.real.needs import TLS, Missing, Need
from seawall.drill.real.networks import Place
from seawall.drill.real.stage import Stage

__all__ = ["Case", "Disk", "Harm"]

Harm = Callable[[Stage], Awaitable[None]]
Disk = Literal["tmpfs", "ext4"]


@attrs.frozen
class Case:
    """One way for the world to break. `sentence` tells it to a user.

    `harm` is called once an engine trades. It does the harm, lets it last, and heals it; when it returns an engine runs on a
    world that is well again, though it need not have noticed.
    """

    name: str
    sentence: str
    harm: Harm
    needs: tuple[Need, ...] = ()
    place: Place = Place.HERE
    disk: Disk | None = None
    sets_clock: bool = False
    """Whether its engines run on a wall clock that the case can set."""
    switch_s: int = 60
    """The dead man's switch of its engines."""

    @property
    def root(self) -> bool:
        """Whether only root may run it."""
        return any(need.root for need in self.needs)

    def missing(self) -> str | None:
        """Why it cannot be run here; None when it can, as far as can be told beforehand."""
        for need in (TLS, *self.needs):
            try:
                need.check()
            except Missing as missing:
                return str(missing)
        return None
