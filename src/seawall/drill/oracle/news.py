"""Judging how late the engine heard: of its fills, and of the ends of its orders."""

from collections.abc import Iterator

from seawall.drill.oracle.evidence import Evidence, Finding

__all__ = ["heard_late"]


def heard_late(evidence: Evidence) -> Iterator[Finding]:
    """37: what became of an order is known soon, however often the stream that tells it was lost."""
    if evidence.heard_s is None:
        return
    until_s = evidence.ended_s if evidence.stopped_s is None else evidence.stopped_s
    for fill in evidence.exchange.our_fills():
        at_s = evidence.exchange.filled_s[fill.exec_id]
        late = _late(evidence, at_s, evidence.heard_s.get(fill.exec_id, until_s))
        if late is not None:
            yield Finding(f"fill {fill.exec_id} of {fill.cl_ord_id or fill.order_id} was heard of after {late}", at_s)
    for placed in evidence.exchange.ours():
        if placed.ended_s is not None:
            late = _late(evidence, placed.ended_s, evidence.heard_s.get(placed.name, until_s))
            if late is not None:
                yield Finding(f"the end of {placed.name} was heard of after {late}", placed.ended_s)


def _late(evidence: Evidence, at_s: float, heard_s: float) -> str | None:
    calm_s = heard_s - at_s - evidence.disturbed_s(at_s, heard_s)
    return f"{calm_s:.0f} s of calm" if calm_s > evidence.terms.recovery_s + evidence.terms.slack_s else None
