"""What an engine claims, compared with what the exchange knows; each difference is a sentence."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal
from typing import Final

from seawall.drill.real.telling import Told
from seawall.journal import JournalContents, JournaledOrder
from seawall.model.numbers import ZERO
from seawall.model.order_states import ENDED, OrderState

__all__ = ["differences", "held_by_fills"]

_NEVER_THERE: Final = (OrderState.NOT_SENT, OrderState.NEVER_PLACED, OrderState.REFUSED)
_END: Final = {"filled": OrderState.FILLED, "canceled": OrderState.CANCELED, "expired": OrderState.EXPIRED}


def differences(
    told: Told,
    journal: JournalContents,
    held: Mapping[tuple[str, str], Decimal],
    kept: Collection[str] = (),
) -> Iterator[str]:
    """Compare everything, after an engine has stopped.

    `held` are positions that the engine claims, by owner and symbol; `kept` the client order ids that its certificate names
    as left on purpose.
    """
    yield from _doubled(told)
    ours = {order.intent.client_order_id: order for order in journal.orders}
    there = {order.client_order_id: order for order in told.orders}
    yield from (f"{name}: at the exchange, and not in the journal" for name in there.keys() - ours.keys())
    for name, order in ours.items():
        yield from _order(name, order, there[name].status if name in there else None, kept)
    yield from _fills(told, journal)
    by_fills = held_by_fills(told, journal)
    if dict(held) != by_fills:
        yield f"positions {_words(held)}, and the exchange's fills come to {_words(by_fills)}"


def held_by_fills(told: Told, journal: JournalContents) -> dict[tuple[str, str], Decimal]:
    """What the exchange's fills come to, by owner and symbol; flat ones left out."""
    owners = {order.intent.client_order_id: order.intent.owner for order in journal.orders}
    sums: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for fill in told.fills:
        sums[owners.get(str(fill.client_order_id), "nobody"), fill.symbol] += fill.signed_qty
    return {whose: qty for whose, qty in sums.items() if qty != ZERO}


def _doubled(told: Told) -> Iterator[str]:
    for name, times in Counter(told.asked).items():
        if times > 1:
            yield f"{name}: sent {times} times"
    for placed, times in Counter(order.client_order_id for order in told.orders).items():
        if times > 1:
            yield f"{placed}: the exchange has {times} orders of this id"


def _order(name: str, order: JournaledOrder, status: str | None, kept: Collection[str]) -> Iterator[str]:
    ends = [step.state for step in order.steps if step.state in ENDED]
    if status is None:
        if not ends or ends[-1] not in _NEVER_THERE:
            yield f"{name}: never at the exchange, and in the journal {_states(ends)}"
    elif status not in _END:
        if not order.intent.intent.keep:
            yield f"{name}: left {status} at the exchange"
        elif name not in kept:
            yield f"{name}: kept, and not named in the certificate"
    elif set(ends) != {_END[status]}:
        yield f"{name}: {status} at the exchange, and in the journal {_states(ends)}"


def _fills(told: Told, journal: JournalContents) -> Iterator[str]:
    theirs = {fill.exec_id: abs(fill.signed_qty) for fill in told.fills}
    ours = {record.fill.exec_id: record.fill.qty for record in journal.fills}
    for exec_id in theirs.keys() - ours.keys():
        yield f"fill {exec_id}: at the exchange, and not in the journal"
    for exec_id in ours.keys() - theirs.keys():
        yield f"fill {exec_id}: in the journal, and not at the exchange"
    for exec_id in theirs.keys() & ours.keys():
        if theirs[exec_id] != ours[exec_id]:
            yield f"fill {exec_id}: {theirs[exec_id]} at the exchange, {ours[exec_id]} in the journal"
    if len(ours) != len(journal.fills):
        yield "the journal has a fill twice"


def _states(states: list[OrderState]) -> str:
    return ", ".join(states) or "without an end"


def _words(held: Mapping[tuple[str, str], Decimal]) -> str:
    return "; ".join(f"{owner} {qty} {symbol}" for (owner, symbol), qty in sorted(held.items())) or "none"
