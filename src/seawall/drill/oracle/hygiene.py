"""Judging what is left: orders, sockets, tasks, errors; and whether the run was one at all."""

import builtins
from collections.abc import Iterator, Sequence
from typing import Final

from seawall.drill.oracle.evidence import Certified, Evidence, Finding
from seawall.drill.oracle.journal_rows import JournalRows
from seawall.model.order_states import ENDED

__all__ = ["left_open", "left_running", "left_sockets", "ran_otherwise", "reached_out", "unhandled"]

_THIRDS: Final = 3
_FEW: Final = 9
"""Fewer samples than this say nothing of a slope."""


def left_open(evidence: Evidence) -> Iterator[Finding]:
    """30: after the return nothing of ours is open but what was kept; and the certificate says the same."""
    last = evidence.lives[-1] if evidence.lives else None
    if last is None or last.death is not None or last.ended_s is None:
        return
    journal = evidence.journal or JournalRows()
    for placed in evidence.exchange.ours():
        intent = journal.by_name.get(placed.name)
        if placed.order.live and (intent is None or not intent.intent.keep):
            yield Finding(f"{placed.name} is still open", evidence.ended_s)
    yield from _outlived(evidence)
    if last.certificate is None:
        yield Finding("the engine ended without a certificate", last.ended_s)
    else:
        yield from (Finding(text, last.ended_s) for text in _untruths(evidence, last.certificate))


def _outlived(evidence: Evidence) -> Iterator[Finding]:
    """Orders that were open when their block was over, in a world that was well."""
    for told in evidence.told.orders:
        if told.over_s is None or told.entered_s is None or told.intent.keep or not told.states:
            continue
        calm = not evidence.disturbed_s(told.asked_s - evidence.terms.absent_s, told.over_s + evidence.terms.in_flight_s)
        if calm and told.states[-1][1] not in ENDED:
            yield Finding(f"{told.client_order_id} was {told.states[-1][1]} when its block was over", told.over_s)


def _untruths(evidence: Evidence, certificate: Certified) -> Iterator[str]:
    """What a certificate says that is not so, or does not say."""
    journal = evidence.journal or JournalRows()
    for placed in evidence.exchange.ours():
        is_named = any(placed.name in line for line in certificate.kept)
        intent = journal.by_name.get(placed.name)
        if placed.order.live and intent is not None and intent.intent.keep and not is_named:
            yield f"{placed.name} was kept, and the certificate does not name it"
        elif is_named and placed.ended_s is not None and placed.ended_s < evidence.let_go_s:
            yield f"the certificate names {placed.name} as kept, and it was {placed.order.status} before the engine stopped"
    if certificate.open_orders is None:
        yield "the certificate does not know which orders are open"
    there = [placed.name for placed in evidence.exchange.ours() if placed.order.live]
    for line in certificate.open_orders or ():
        if not any(name in line for name in there):
            yield f"the certificate claims that this is open, and it is not: {line}"
    yield from (f"still in doubt at the end: {line}" for line in certificate.in_doubt)


def left_sockets(evidence: Evidence) -> Iterator[Finding]:
    """31: no socket of an engine that has ended is open."""
    for host, count in sorted(evidence.sockets_left.items()):
        if count:
            yield Finding(f"{count} sockets of {host} are still open", evidence.ended_s)


def left_running(evidence: Evidence) -> Iterator[Finding]:
    """32: nothing of it runs or lies about; and nothing grew without end while it ran."""
    yield from (Finding(f"still there: {what}", evidence.ended_s) for what in evidence.left_running)
    for life in evidence.lives:
        if life.certificate is not None:
            yield from (Finding(f"a task was left: {name}", evidence.ended_s) for name in life.certificate.tasks_left)
    for what, counts in sorted(evidence.sizes.items()):
        if _grows(counts):
            yield Finding(f"{what} grew all the time, from {counts[0]} to {counts[-1]}", evidence.ended_s)


def _grows(counts: Sequence[int]) -> bool:
    """Whether even the least of each third is above all that was there in the third before it, and by more than a few."""
    size = len(counts) // _THIRDS
    if len(counts) < _FEW:
        return False
    first, second, third = counts[:size], counts[size : 2 * size], counts[2 * size :]
    return min(second) > max(first) and min(third) > max(second) and min(third) > max(first) + _FEW


def unhandled(evidence: Evidence) -> Iterator[Finding]:
    """33: nothing escaped: no exception that nobody expected, no cancellation out of its scope."""
    yield from (Finding(text, at_s) for at_s, text in evidence.errors)
    for life in evidence.lives:
        expected = any(life.began_s <= at_s <= (life.ended_s or evidence.ended_s) for at_s in evidence.journal_failed_s)
        hindered = life.served_s is None and evidence.disturbed_s(life.began_s, life.ended_s or evidence.ended_s) > 0
        failures = () if life.death is not None else life.failures
        for failure in failures:
            if not ((expected and "JournalFailed" in failure) or (hindered and not _is_bug(failure))):
                yield Finding(f"life {life.number} ended with {failure}", life.ended_s or evidence.ended_s)
        if life.certificate is not None and not expected:
            yield from (
                Finding(f"a part of life {life.number} crashed: {text}", life.ended_s or evidence.ended_s)
                for text in life.certificate.crashes
                if text not in failures
            )


def _is_bug(failure: str) -> bool:
    """Whether what an engine ended with is one of Python's own errors, or a cancellation: nobody means to raise those."""
    name = failure.partition(":")[0]
    return hasattr(builtins, name) or name == "Cancelled"


def ran_otherwise(evidence: Evidence) -> Iterator[Finding]:
    """34: all runs of a seed are one run."""
    different = dict.fromkeys(evidence.digests)
    if len(different) > 1:
        yield Finding(f"{len(evidence.digests)} runs of one seed had {len(different)} digests", evidence.ended_s)


def reached_out(evidence: Evidence) -> Iterator[Finding]:
    """35: nothing left the world."""
    yield from (Finding(f"reached the real world: {where}", evidence.ended_s) for where in evidence.real_io)
