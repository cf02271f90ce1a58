"""Judging time: waits that end, a world that is well again, switches, budgets, breakers, and stopping."""

from collections import deque
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from seawall.drill.oracle.evidence import Evidence, Finding
from seawall.drill.oracle.exchange_record import PLACES, SWITCHED_OFF, Asked
from seawall.drill.told import Left

__all__ = [
    "dialled_too_often",
    "not_recovered",
    "over_the_rate_limit",
    "probed_too_often",
    "sent_after_the_end",
    "switched_off",
    "waited_too_long",
]

_WINDOW_S: Final = 600.0
_IN_A_ROW: Final = 6
_ROW_S: Final = 15.0
"""So many refusals so close together no fault explains: the first one says that the counter is full."""


def waited_too_long(evidence: Evidence) -> Iterator[Finding]:
    """22: every wait ends by its deadline: those of blocks that are entered, those of blocks that are left, and the stop."""
    terms = evidence.terms
    for told in evidence.told.orders:
        entered_s = told.over_s if told.entered_s is None else told.entered_s
        until_s = evidence.ended_s if entered_s is None else entered_s
        is_lost = entered_s is None and any(life.began_s > told.asked_s for life in evidence.lives)  # it died with its process
        calm_s = until_s - told.asked_s - evidence.disturbed_s(told.asked_s, until_s)
        if not is_lost and calm_s > terms.decided_s + terms.slack_s:
            yield Finding(f"{told.owner} waited for {calm_s:.1f} s of calm to be given an order", told.asked_s)
        if told.left_s is not None and told.over_s is not None and told.left is not Left.NEVER_ENTERED:
            leaving_s = evidence.awake_s(told.left_s, told.over_s)
            # A block whose strategy is ending is held up once more, while the desk sees to what was left.
            if leaving_s > terms.cancel_s + terms.slack_s:
                yield Finding(f"a block of {told.owner} took {leaving_s:.1f} s to leave", told.left_s)
    for life in evidence.lives:
        if life.stop_wanted_s is None or life.death is not None:
            continue
        stopping_s = evidence.awake_s(life.stop_wanted_s, evidence.ended_s if life.ended_s is None else life.ended_s)
        if stopping_s > terms.shutdown_s + terms.in_flight_s + terms.slack_s:
            yield Finding(f"life {life.number} took {stopping_s:.1f} s to stop", life.stop_wanted_s)


def not_recovered(evidence: Evidence) -> Iterator[Finding]:
    """23: once the world has healed, every symbol has quotes again, and orders are taken, in time."""
    healed_s, terms = evidence.healed_s, evidence.terms
    watched_s = evidence.ended_s if evidence.stopped_s is None else evidence.stopped_s
    if healed_s is None or watched_s < healed_s + terms.recovery_s:
        return  # it was stopped before: whoever stopped it had seen enough
    until_s = healed_s + terms.recovery_s
    for symbol, seconds in sorted(evidence.told.quoted_s.items()):
        if not any(healed_s <= second + 1 and second <= until_s for second in seconds):
            yield Finding(f"no quote of {symbol} in the {terms.recovery_s:g} s after the world had healed", until_s)
    wanted = [told for told in evidence.told.orders if healed_s <= told.asked_s <= until_s - terms.order_s - terms.slack_s]
    taken = [told for told in evidence.told.orders if told.entered_s is not None and healed_s <= told.entered_s <= until_s]
    if wanted and not taken:
        rules = sorted({told.refused or "no answer" for told in wanted})
        yield Finding(f"{len(wanted)} orders were asked for after the healing, and none was taken: {', '.join(rules)}", until_s)
    if not evidence.is_serving(until_s) and evidence.lives:
        yield Finding(f"no engine serves {terms.recovery_s:g} s after the world had healed", until_s)


def dialled_too_often(evidence: Evidence) -> Iterator[Finding]:
    """25: no ten minutes hold more attempts to connect than the exchange's front bears."""
    recent: deque[float] = deque()
    for at_s in _socket_dials(evidence):
        recent.append(at_s)
        while recent[0] <= at_s - _WINDOW_S:
            recent.popleft()
        if len(recent) > evidence.terms.dials_in_ten_minutes:
            yield Finding(f"{len(recent)} sockets were dialled within ten minutes", at_s)
            return


def _socket_dials(evidence: Evidence) -> list[float]:
    from_network = [dial.at_s for dial in evidence.dials]
    return from_network or [at_s for at_s, door in evidence.exchange.connections if door != "rest"]


def over_the_rate_limit(evidence: Evidence) -> Iterator[Finding]:
    """26: in calm times our own counting keeps us below the exchange's; what a fault has bunched up may go over."""
    foreign = [placed.at_s for placed in evidence.exchange.foreign()]
    recent: dict[str, deque[float]] = {}
    for at_s, what in evidence.exchange.overruns:
        row = recent.setdefault(what, deque(maxlen=_IN_A_ROW))
        row.append(at_s)
        if len(row) == _IN_A_ROW and at_s - row[0] < _ROW_S:
            yield Finding(f"the limit of {what} was exceeded {_IN_A_ROW} times within {at_s - row[0]:.1f} s", at_s)
            row.clear()
        by_others = any(0 <= at_s - other_s <= evidence.terms.absent_s for other_s in foreign)
        new_life = any(0 <= at_s - life.began_s <= evidence.terms.absent_s for life in evidence.lives[1:])
        if evidence.is_calm(at_s, before_s=evidence.terms.absent_s) and not by_others and not new_life:
            yield Finding(f"the limit of {what} was exceeded", at_s)


def probed_too_often(evidence: Evidence) -> Iterator[Finding]:
    """27: nothing passes a breaker that is open, and one probe at a time one that is half open."""
    for spell in evidence.breakers:
        dials = [dial.at_s for dial in evidence.dials if dial.port == spell.port and spell.begin_s < dial.at_s < spell.end_s]
        if spell.state == "open":
            excess = dials
        else:  # one that was told to wait has said nothing of the exchange's health, and another may follow it
            soon = [at_s for before_s, at_s in pairwise(dials) if at_s - before_s < evidence.terms.in_flight_s]
            excess = soon[spell.probes - 1 :]
        if excess:
            yield Finding(f"{len(dials)} attempts to connect to port {spell.port} while its breaker was {spell.state}", excess[0])


def sent_after_the_end(evidence: Evidence) -> Iterator[Finding]:
    """29: from a halt or the wish to stop on, no order leaves but those that close positions."""
    places = evidence.exchange.of_methods(PLACES)
    ends = [(at_s, "the engine was halted") for at_s in evidence.halted_s]
    ends += [(life.stop_wanted_s, "the engine was to stop") for life in evidence.lives if life.stop_wanted_s is not None]
    for at_s, what in ends:
        life = next((life for life in reversed(evidence.lives) if life.began_s <= at_s), None)
        until_s = float("inf") if life is None or life.ended_s is None else life.ended_s
        grace_s = evidence.terms.in_flight_s + evidence.disturbed_s(at_s, at_s + evidence.terms.absent_s)
        late = [asked for asked in places if at_s + grace_s < asked.at_s <= until_s and not _closes(asked)]
        if late:
            yield Finding(f"{len(late)} orders were sent after {what}", late[0].at_s)
    yield from _taken_after_the_end(evidence)


def _taken_after_the_end(evidence: Evidence) -> Iterator[Finding]:
    """What strategies asked for once it was over, and were given."""
    ends = [(at_s, "the engine was halted") for at_s in evidence.halted_s]
    ends += [(life.stop_wanted_s, "the engine was to stop") for life in evidence.lives if life.stop_wanted_s is not None]
    for at_s, what in ends:
        life = next((life for life in reversed(evidence.lives) if life.began_s <= at_s), None)
        until_s = float("inf") if life is None or life.ended_s is None else life.ended_s
        for told in evidence.told.orders:
            if at_s < told.asked_s <= until_s and told.entered_s is not None and told.entered_s <= until_s:
                yield Finding(f"{told.client_order_id} of {told.owner} was asked for and taken after {what}", told.asked_s)


def switched_off(evidence: Evidence) -> Iterator[Finding]:
    """28: a switch that is renewed takes nothing while an engine serves in a world that is well."""
    timeout_s = evidence.terms.switch_timeout_s
    for placed in evidence.exchange.ours():
        if timeout_s is None or placed.ended_s is None or placed.order.reason != SWITCHED_OFF:
            continue
        since_s = placed.ended_s - 2 * timeout_s
        if all(map(evidence.is_serving, (since_s, placed.ended_s))) and not evidence.disturbed_s(since_s, placed.ended_s):
            yield Finding(f"the switch took {placed.name} from an engine that served", placed.ended_s)


def _closes(asked: Asked) -> bool:
    """Positions are closed at market, and entered so by nobody who has been told to stop."""
    return asked.is_market
