"""What a sweep comes to: counts over its runs, and one hash for all of them."""

import hashlib

import attrs

from seawall.drill.results import Broken, Result
from seawall.drill.spec import RunSpec, RunStatistics

__all__ = ["Totals"]

_SUMMED = tuple(field.name for field in attrs.fields(RunStatistics))


@attrs.define(eq=False)
class Totals:
    """Adds up results as they come; their order makes no difference."""

    clean: int = 0
    unclean: int = 0
    """Runs that broke an invariant."""
    broken: int = 0
    """Runs that came to no verdict."""
    violations: int = 0
    sums: dict[str, float] = attrs.field(factory=lambda: dict.fromkeys(_SUMMED, 0))
    """By the name of the field in `RunStatistics`."""
    _digests: list[tuple[int, int, str, str]] = attrs.field(factory=list, init=False)

    def add(self, result: Result) -> None:
        """Count one."""
        if isinstance(result, Broken):
            self.broken += 1
            return
        if result.clean:
            self.clean += 1
        else:
            self.unclean += 1
        self.violations += len(result.violations)
        for name in _SUMMED:
            self.sums[name] += getattr(result.statistics, name)
        self._digests.append((*_place(result.spec), result.trace_digest, result.schedule_digest))

    @property
    def runs(self) -> int:
        """How many there were."""
        return self.clean + self.unclean + self.broken

    @property
    def failed(self) -> int:
        """How many did not come out clean."""
        return self.unclean + self.broken

    @property
    def speed(self) -> float | None:
        """Simulated seconds a second of processor time; None before the first verdict."""
        cpu_s = self.sums["cpu_s"]
        return self.sums["simulated_s"] / cpu_s if cpu_s else None

    def digest(self) -> str:
        """One hash over the digests of all verdicts, in the order of their seeds: equal sweeps of equal code have equal ones."""
        whole = hashlib.blake2b(digest_size=16)
        for seed, kill_at, trace, schedule in sorted(self._digests):
            whole.update(f"{seed} {kill_at} {trace} {schedule}\n".encode())
        return whole.hexdigest()


def _place(spec: RunSpec) -> tuple[int, int]:
    return spec.seed, spec.kill_at or 0
