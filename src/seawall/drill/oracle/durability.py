"""Judging what must survive: the journal against itself, against memory, and against a disk that fails."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from seawall.drill.oracle.evidence import Evidence, Finding, Life
from seawall.drill.oracle.exchange_record import PLACES
from seawall.drill.oracle.journal_rows import JournalRows
from seawall.model.order_states import ENDED

__all__ = [
    "given_away",
    "remembered_otherwise",
    "rivals",
    "sent_without_a_journal",
    "unrevived",
]

_RUN: Final = slice(-11, -7)
"""Where a client order id has the number of its run."""
_ID_LENGTH: Final = 18


def remembered_otherwise(evidence: Evidence) -> Iterator[Finding]:
    """17: the journal reads the same twice, agrees with itself, and with what was in memory."""
    journal, again = evidence.journal, evidence.journal_again
    if journal is None:
        return
    if again is not None and again.digest != journal.digest:
        yield Finding("read twice, the journal is not the same", evidence.ended_s)
    if any(one == other for one, other in pairwise(journal.numbers)):
        yield Finding("two records of the journal have one number", evidence.ended_s)
    strangers = [step.client_order_id for step in journal.steps if step.client_order_id not in journal.by_name]
    yield from (Finding(f"{name} took steps, and was never planned", evidence.ended_s) for name in dict.fromkeys(strangers))
    last = evidence.lives[-1] if evidence.lives else None
    if last is not None and last.certificate is not None and last.death is None:
        held = {(owner, symbol): qty for owner, symbol, qty in last.certificate.positions if qty}
        replayed = journal.positions()
        for key in sorted({*held, *replayed}):
            if held.get(key, 0) != replayed.get(key, 0):
                owner, symbol = key
                both = f"{held.get(key, 0)} {symbol} in memory, {replayed.get(key, 0)} by the journal"
                yield Finding(f"{owner} holds {both}", evidence.ended_s)
    yield from _told_otherwise(evidence, journal)


def _told_otherwise(evidence: Evidence, journal: JournalRows) -> Iterator[Finding]:
    """What an order was when its strategy was done with it, and how it stands in the journal."""
    for told in evidence.told.orders:
        ends = () if told.client_order_id is None else journal.ends_of(told.client_order_id)
        if told.over_s is None or not told.states or not ends:
            continue
        at_s, state = told.states[-1]
        if state in ENDED and state not in ends:
            yield Finding(f"{told.client_order_id} was {state} to {told.owner}, and is {ends[0]} in the journal", at_s)


def unrevived(evidence: Evidence) -> Iterator[Finding]:
    """18: a process that was killed is followed by one that serves; the others judge what it then finds."""
    for dead, following in pairwise(evidence.lives):
        if dead.death is not None and following.served_s is None and not _was_hindered(evidence, following):
            yield Finding(f"life {following.number}, after one that was {dead.death}, never served", following.began_s)


def _was_hindered(evidence: Evidence, life: Life) -> bool:
    """Whether a life was killed too, or met faults, or was ended before it had had the time it is given to begin."""
    until_s = evidence.ended_s if life.ended_s is None else life.ended_s
    too_short = until_s - life.began_s < evidence.terms.start_s and not life.failures
    return life.death is not None or too_short or evidence.disturbed_s(life.began_s, until_s) > 0


def sent_without_a_journal(evidence: Evidence) -> Iterator[Finding]:
    """19: from a failed commit on, no order leaves that process."""
    places = evidence.exchange.of_methods(PLACES)
    for failed_s in evidence.journal_failed_s:
        life = next((life for life in reversed(evidence.lives) if life.began_s <= failed_s), None)
        until_s = float("inf") if life is None or life.ended_s is None else life.ended_s
        grace_s = evidence.terms.in_flight_s
        grace_s += evidence.disturbed_s(failed_s - evidence.terms.start_s, failed_s + grace_s) and evidence.terms.order_s
        late = [asked for asked in places if failed_s + grace_s < asked.at_s <= until_s]
        if late:
            yield Finding(f"{len(late)} orders were sent after a commit had failed", late[0].at_s)


def given_away(evidence: Evidence) -> Iterator[Finding]:
    """20: neither the journal nor a log holds a key, a secret or a token."""
    journal = evidence.journal or JournalRows()
    for where, texts in (("the journal", journal.texts), ("a log", evidence.texts)):
        for place, secret in enumerate(evidence.secrets):
            if any(secret in text for text in texts):
                yield Finding(f"secret {place + 1} of {len(evidence.secrets)} stands in {where}", evidence.ended_s)


def rivals(evidence: Evidence) -> Iterator[Finding]:
    """21: one engine at a time; a second one is refused, and a dead one's orders do not follow its successor's."""
    for rival in evidence.rivals:
        if not rival.was_refused:
            yield Finding("a second engine was let onto the account", rival.at_s)
        if rival.orders_sent:
            yield Finding(f"a second engine sent {rival.orders_sent} orders", rival.at_s)
    newest, since_s = "", 0.0
    for asked in evidence.exchange.of_methods(PLACES):
        for name in asked.names:
            run = name[_RUN] if len(name) == _ID_LENGTH else ""
            if run > newest:
                newest, since_s = run, asked.at_s
            # What a dead process sent may be on its way for as long as the network was ill.
            elif run < newest and asked.at_s - since_s > evidence.terms.absent_s + evidence.disturbed_s(0.0, asked.at_s):
                yield Finding(f"{name} was sent by an earlier engine while a later one traded", asked.at_s)
