"""What a dead engine left behind: an ordinary engine is started on its journal, and everything is compared with the exchange."""

import os
from collections import Counter, defaultdict
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

import trio

from seawall import Certificate, Engine, Surroundings, open_engine
from seawall.config.credentials import KEY_VARIABLE, SECRET_VARIABLE
from seawall.journal import JournalContents, JournalInUse, read_journal, verify_journal
from seawall.model.order_states import ENDED, OrderState
from seawall.sim import Simulator
from seawall.sim.exchange.orders import SimFill, SimOrder
from support.script import FOREIGN, SYMBOL, Contact, is_settled

__all__ = ["look_after"]

_PATIENCE_S: Final = 60.0
_RUN, _FIRST_RUN = slice(-11, -7), "0001"
"""Where a client order id has the number of its run, and what stands there in the ids of the engine that was killed."""
_NEVER_THERE: Final = (OrderState.NOT_SENT, OrderState.NEVER_PLACED, OrderState.REFUSED)
_END: Final = {"filled": OrderState.FILLED, "canceled": OrderState.CANCELED}


def _sent_ids(sim: Simulator) -> list[str]:
    """The client order id of each order that was asked for, by either transport."""
    return [str(request.params["cl_ord_id"]) for request in sim.requests.of("add_order", "AddOrder")]


async def look_after(sim: Simulator, contact: Contact) -> list[str]:
    """Start a plain engine, wait until it holds nothing that is undecided, stop it; what is wrong then, in sentences."""
    with trio.fail_after(_PATIENCE_S):
        certificate, held = await _restarted(contact)
    wrong = list(_compare(sim, read_journal(contact.journal), certificate, held))
    wrong += [f"the journal: {fault}" for fault in verify_journal(contact.journal).faults]
    for name, times in Counter(_sent_ids(sim)).items():
        if times > 1:
            wrong.append(f"{name} was sent {times} times")
        if name[_RUN] != _FIRST_RUN:
            wrong.append(f"{name} was sent by the restarted engine")
    return wrong


async def _restarted(contact: Contact) -> tuple[Certificate, dict[tuple[str, str], Decimal]]:
    surroundings = Surroundings(environ={**os.environ, KEY_VARIABLE: contact.key, SECRET_VARIABLE: contact.secret})
    engine: Engine | None = None
    held: dict[tuple[str, str], Decimal] = {}
    while engine is None or engine.certificate is None:
        try:
            async with open_engine(contact.config("restarted"), strategies=[], surroundings=surroundings) as engine:
                while not is_settled(engine):  # noqa: ASYNC110 - what is waited for is told by no event
                    await trio.sleep(0.01)
                held = {(line.owner, line.symbol): line.qty for line in engine.snapshot().positions if line.qty}
        except* JournalInUse:
            await trio.sleep(0.05)  # a server notices in its own time that the session has died
    return engine.certificate, held


def _compare(
    sim: Simulator, journal: JournalContents, certificate: Certificate, held: dict[tuple[str, str], Decimal]
) -> Iterator[str]:
    if not certificate.clean:
        yield str(certificate)
    ours = {order.intent.client_order_id: order for order in journal.orders}
    # An order of another hand goes by the exchange's id, and is none of ours until it was claimed.
    placed = {_name(order): order for order in sim.exchange.orders.values()}
    unclaimed = [name for name in placed.keys() - ours.keys() if placed[name].cl_ord_id in FOREIGN]
    yield from (f"{name}: not ours, and {placed[name].status}" for name in unclaimed if placed[name].status in _END)
    there = {name: order for name, order in placed.items() if name not in unclaimed}
    if len(placed) != len(sim.exchange.orders):
        yield "the exchange has two orders under one id"
    yield from (f"{name}: at the exchange, and not in the journal" for name in there.keys() - ours.keys())
    for name, order in ours.items():
        ends = [step.state for step in order.steps if step.state in ENDED]
        if name not in there:
            if not ends or ends[-1] not in _NEVER_THERE:
                yield f"{name}: never at the exchange, and in the journal {ends}"
        elif there[name].status not in _END:
            if not order.intent.intent.keep:
                yield f"{name}: left {there[name].status} at the exchange"
            if not any(name in line for line in certificate.kept):
                yield f"{name}: kept, and not named in the certificate"
        elif set(ends) != {_END[there[name].status]}:
            yield f"{name}: {there[name].status} at the exchange, and in the journal {ends}"
    yield from _compare_fills([fill for fill in sim.exchange.fills if fill.order_id not in unclaimed], journal, held)


def _name(order: SimOrder) -> str:
    return order.order_id if order.cl_ord_id in FOREIGN else str(order.cl_ord_id)


def _compare_fills(fills: list[SimFill], journal: JournalContents, held: dict[tuple[str, str], Decimal]) -> Iterator[str]:
    theirs = {fill.exec_id: fill.qty for fill in fills}
    ours = {record.fill.exec_id: record.fill.qty for record in journal.fills}
    if theirs != ours:
        yield f"fills at the exchange {theirs}, and in the journal {ours}"
    owners = {order.intent.client_order_id: order.intent.owner for order in journal.orders}
    sums: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for fill in fills:
        name = fill.order_id if fill.cl_ord_id in FOREIGN else str(fill.cl_ord_id)
        sums[owners.get(name, "nobody"), SYMBOL] += fill.qty * fill.side.sign
    if held != {owner: qty for owner, qty in sums.items() if qty}:
        yield f"positions {held}, and fills that come to {dict(sums)}"
