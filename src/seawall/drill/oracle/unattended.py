"""Judging orders that rest although nobody holds them: their block was left, was never entered, or died with its process."""

from collections.abc import Iterator

from seawall.drill.oracle.evidence import Evidence, Finding
from seawall.drill.oracle.exchange_record import Placed
from seawall.drill.oracle.journal_rows import JournalRows
from seawall.drill.told import ToldOrder

__all__ = ["left_resting"]


def left_resting(evidence: Evidence) -> Iterator[Finding]:
    """36: an order rests for as long as its strategy holds it, unless it is to be kept."""
    journal = evidence.journal or JournalRows()
    holders = {told.client_order_id: told for told in evidence.told.orders if told.client_order_id is not None}
    for placed in evidence.exchange.ours():
        record = journal.by_name.get(placed.name)
        if record is None or record.intent.keep:
            continue
        since_s = _unattended_s(evidence, placed, holders.get(placed.name))
        until_s = evidence.ended_s if placed.ended_s is None else placed.ended_s
        if since_s is None or since_s >= until_s:
            continue
        calm_s = until_s - since_s - evidence.disturbed_s(since_s, until_s)
        if calm_s > evidence.terms.unattended_s + evidence.terms.slack_s:
            yield Finding(f"{placed.name} rested for {calm_s:.0f} s of calm after its strategy had let go of it", since_s)


def _unattended_s(evidence: Evidence, placed: Placed, told: ToldOrder | None) -> float | None:
    """Since when nobody holds the order; None where somebody does to the end."""
    if told is None or told.entered_s is None:
        return placed.at_s  # whoever asked for it never had it
    if told.left_s is not None:
        return told.left_s
    ends = (life.ended_s for life in evidence.lives if life.ended_s is not None and life.ended_s >= told.entered_s)
    return min(ends, default=None)
