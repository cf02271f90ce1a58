"""From when to when each fault was really at work, as the trace has it: a world that stands still begins and ends them late."""

from seawall.drill.oracle.evidence import Spell
from seawall.sim.world.trace import Fact

__all__ = ["FaultSpells"]

_BEGUN, _ENDED = "fault begun", "fault ended"


class FaultSpells:
    """Reads the lane of the faults; two of one kind at once end in the order in which they began."""

    def __init__(self) -> None:
        self._open: list[tuple[str, float]] = []
        self._over: list[Spell] = []

    def heard(self, fact: Fact) -> str | None:
        """The name of the fault that this fact begins or ends; None where it does neither."""
        if fact.lane != "faults":
            return None
        if fact.kind == _BEGUN:
            name = fact.text.partition(":")[0]
            self._open.append((name, fact.at_s))
            return name
        if fact.kind == _ENDED:
            name = fact.text.removesuffix(" is over")
            self._end(name, fact.at_s)
            return name
        return None

    def _end(self, name: str, at_s: float) -> None:
        for place, (begun, began_s) in enumerate(self._open):
            if begun == name:
                del self._open[place]
                self._over.append(Spell(name, began_s, at_s))
                return

    def all(self, until_s: float) -> list[Spell]:
        """Every spell so far; what goes on counts until then."""
        return [*self._over, *(Spell(name, began_s, max(began_s, until_s)) for name, began_s in self._open)]
