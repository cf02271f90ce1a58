"""What the resilience benchmark says, for people and as rows."""

import attrs
from benchmarks.herd import Herd
from benchmarks.resilience_cases import BARE, DEADLINE, FIRST, REQUEST, STAMP
from benchmarks.resilience_peers import Runtime
from benchmarks.rows import Row

__all__ = ["Cost", "Table"]


@attrs.frozen
class Cost:
    """One line of the table."""

    kind: str
    case: str
    runtime: Runtime
    us: float
    ours: bool


@attrs.frozen
class Table:
    """All that was measured."""

    costs: list[Cost]
    herds: dict[str, Herd]

    def us(self, case: str) -> float:
        """A case's time."""
        return next(cost.us for cost in self.costs if cost.case == case)

    def over_bare(self, cost: Cost) -> float:
        """What the guard adds; a stamp guards nothing, so all of it is added."""
        return cost.us if cost.kind == "stamp" else cost.us - self.us(BARE[cost.runtime])

    def against_ours(self, cost: Cost) -> float | None:
        """What the guard adds, in units of what ours adds."""
        if cost.kind not in FIRST:
            return None
        first = next(each for each in self.costs if each.case == FIRST[cost.kind])
        return self.over_bare(cost) / self.over_bare(first)

    def targets(self) -> list[Row]:
        """What is to be reached, each as a share of its bound: 1.0 or less is met."""
        call = next(cost for cost in self.costs if cost.case == FIRST["breaker"])
        added, stamp, request = self.over_bare(call), self.us(STAMP), self.us(REQUEST) / self.us(DEADLINE)
        rows = [
            Row("breaker.call, over a bare await", "target: at most 0.5 us", added, "us", added / 0.5),
            Row(f"{REQUEST}, against {DEADLINE}", "target: at most 1.3 times", request, "times", request / 1.3),
            Row(STAMP, "target: at most 0.3 us", stamp, "us", stamp / 0.3),
        ]
        others = [self.over_bare(cost) for cost in self.costs if cost.kind == "breaker" and not cost.ours]
        if others:
            share = added / min(others)
            rows.append(Row("breaker.call, against the cheapest other", "target: below 1.0", share, "times", share))
        return rows

    def rows(self) -> list[Row]:
        """The same as rows; of a call the ratio is to a bare one, of a herd to the default jitter's."""
        rows: list[Row] = []
        for cost in self.costs:
            # Some libraries offer more than one kind.
            case = cost.case if cost.ours else f"{cost.case}, {cost.kind}"
            name, bare = f"{case} ({cost.runtime})", self.us(BARE[cost.runtime])
            rows.append(Row(name, "time per call", cost.us, "us", cost.us / bare))
            if (times := self.against_ours(cost)) is not None:
                rows.append(Row(name, f"{cost.kind}, added to a bare call", self.over_bare(cost), "us", times))
        first = next(iter(self.herds.values()))
        for name, herd in self.herds.items():
            rows += [
                Row(f"jitter {name}", "herd, most dials in 100 ms", herd.peak, "", herd.peak / first.peak),
                Row(f"jitter {name}", "herd, mean time to reconnect", herd.mean_s, "s", herd.mean_s / first.mean_s),
                Row(f"jitter {name}", "herd, p99 time to reconnect", herd.p99_s, "s", herd.p99_s / first.p99_s),
                Row(f"jitter {name}", "herd, dials a client", herd.dials, "", herd.dials / first.dials),
            ]
        return rows + self.targets()

    def text(self) -> str:
        """For people."""
        lines = [f"{'':8} {'case':<46} {'runtime':<8} {'us':>8} {'over bare':>10} {'x bare':>8} {'x ours':>8}"]
        for cost in sorted(self.costs, key=lambda cost: (cost.kind, cost.us)):
            ours = self.against_ours(cost)
            lines.append(
                f"{cost.kind:8} {cost.case:<46} {cost.runtime:<8} {cost.us:>8.3f} {self.over_bare(cost):>10.3f} "
                f"{cost.us / self.us(BARE[cost.runtime]):>8.1f} {'' if ours is None else f'{ours:.1f}':>8}"
            )
        lines += ["", f"{'jitter':<16} {'most dials in 100 ms':>20} {'mean s':>8} {'p99 s':>8} {'dials':>7}"]
        for name, herd in self.herds.items():
            lines.append(f"{name:<16} {herd.peak:>20} {herd.mean_s:>8.1f} {herd.p99_s:>8.1f} {herd.dials:>7.1f}")
        lines.append("")
        for row in self.targets():
            lines.append(f"{row.case}: {row.value:.2f} {row.unit}; {row.metric}: {'met' if row.ratio <= 1.0 else 'NOT MET'}")
        return "\n".join(lines)
