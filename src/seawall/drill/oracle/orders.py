"""Judging orders: the exchange's account of each against the journal's, and against what was asked."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Final

from seawall.drill.oracle.evidence import Evidence, Finding
from seawall.drill.oracle.exchange_record import AMENDS, CANCELS, PLACES, SWITCHED_OFF, Asked, Placed
from seawall.drill.oracle.journal_rows import JournalRows
from seawall.model.numbers import ZERO, is_multiple
from seawall.model.order_states import ENDED, OrderState
from seawall.model.orders import OrderType
from seawall.sim.exchange.orders import SimFill, Status
from seawall.sim.exchange.pairs import Pair

__all__ = [
    "book_keeping",
    "ended_by_a_jump",
    "ended_otherwise",
    "filled_too_far",
    "miscounted_fills",
    "moved_after_the_end",
    "not_ended",
    "not_in_the_journal",
    "off_the_grid_or_limits",
    "placed_twice",
    "sent_twice",
    "touched_foreign",
    "touched_unowned",
]

POST_ONLY: Final = "Post only order"
_FOREIGN: Final = "foreign-order"
"""The fault that places such orders: it hinders nobody from hearing of them."""
_NEVER_THERE: Final = (OrderState.NOT_SENT, OrderState.NEVER_PLACED, OrderState.REFUSED)
_SAME_END: Final = {
    Status.FILLED: OrderState.FILLED,
    Status.CANCELED: OrderState.CANCELED,
    Status.EXPIRED: OrderState.EXPIRED,
}


def placed_twice(evidence: Evidence) -> Iterator[Finding]:
    """1: an intent is one order at the exchange, at most."""
    first: dict[str, Placed] = {}
    for placed in evidence.exchange.ours():
        before = first.setdefault(placed.name, placed)
        if before is not placed:
            yield Finding(f"{placed.name} is {before.order.order_id} and {placed.order.order_id} there", placed.at_s)


def not_in_the_journal(evidence: Evidence) -> Iterator[Finding]:
    """2: at the end; what was missing at the moment it came in, the watch has seen."""
    seen = {finding.detail.split()[0] for finding in evidence.noticed.get("journaled-before-sent", ())}
    for placed in evidence.exchange.ours():
        if evidence.journal is not None and placed.name not in evidence.journal.by_name and placed.name not in seen:
            yield Finding(f"{placed.name} is an order there, and nothing in the journal", placed.at_s)


def not_ended(evidence: Evidence) -> Iterator[Finding]:
    """3: every intent ends, in one way; those may rest that were kept, and do."""
    journal = evidence.journal or JournalRows()
    let_go_s = evidence.let_go_s - evidence.terms.absent_s  # what ended just before, the next start asks about
    resting = {
        placed.name
        for placed in evidence.exchange.orders
        if placed.order.live or (placed.ended_s is not None and placed.ended_s >= let_go_s)
    }
    for record in journal.intents:
        name, ends = record.client_order_id, journal.ends_of(record.client_order_id)
        if len(ends) > 1:
            yield Finding(f"{name} has ended as {' and as '.join(ends)}", evidence.ended_s)
        elif not ends and not (record.intent.keep and name in resting):
            last = journal.steps_of(name)[-1:]
            state = last[0].state if last else OrderState.PLANNED
            yield Finding(f"{name} is still {state} in the journal", evidence.ended_s)


def sent_twice(evidence: Evidence) -> Iterator[Finding]:
    """4: an id is sent once; a transport that cannot tell whether it arrived does not send it again."""
    times = Counter(name for asked in evidence.exchange.of_methods(PLACES) for name in asked.names)
    last = {name: asked.at_s for asked in evidence.exchange.of_methods(PLACES) for name in asked.names}
    for name, count in times.items():
        if count > 1:
            yield Finding(f"{name} was sent {count} times", last[name])


def ended_otherwise(evidence: Evidence) -> Iterator[Finding]:
    """5: what the journal says of an order's end is what the exchange says."""
    yield from (finding for jumped, finding in _other_ends(evidence) if not jumped)


def ended_by_a_jump(evidence: Evidence) -> Iterator[Finding]:
    """24: the same, where a clock was set while the order's fate was open."""
    yield from (finding for jumped, finding in _other_ends(evidence) if jumped)


def _other_ends(evidence: Evidence) -> Iterator[tuple[bool, Finding]]:
    journal = evidence.journal or JournalRows()
    there: dict[str, Placed] = {placed.name: placed for placed in evidence.exchange.orders}
    for record in journal.intents:
        name, ends = record.client_order_id, journal.ends_of(record.client_order_id)
        placed = there.get(name)
        if not ends:
            continue
        if placed is None:
            if ends[0] not in _NEVER_THERE:
                yield False, Finding(f"{name} is {ends[0]} in the journal, and was never at the exchange", evidence.ended_s)
            continue
        fault = _other_end(placed, ends[0], _told_filled(journal, name)) or _other_values(placed, journal)
        if fault is not None:
            # A clock that is set decides wrongly at once, or when what it counted from comes due.
            jumped = ends[0] in _NEVER_THERE and any(at_s >= placed.at_s - 1.0 for at_s in evidence.clock_jumps_s)
            yield jumped, Finding(f"{name} {fault}", placed.at_s)


def _told_filled(journal: JournalRows, name: str) -> Decimal | None:
    """What had filled in all, as the last step that says so has it."""
    told = [step.filled_qty for step in journal.steps_of(name) if step.filled_qty is not None]
    return told[-1] if told else None


def _other_end(placed: Placed, end: OrderState, filled: Decimal | None) -> str | None:
    order = placed.order
    if order.live:
        return f"is {end} in the journal, and {order.status} at the exchange"
    refused = order.reason == POST_ONLY and end is OrderState.REFUSED and not order.cum_qty
    if _SAME_END[order.status] is not end and not refused:
        return f"is {end} in the journal, and {order.status} at the exchange"
    if filled is not None and filled != order.cum_qty:
        return f"ended with {filled} filled in the journal, and with {order.cum_qty} at the exchange"
    return None


def _other_values(placed: Placed, journal: JournalRows) -> str | None:
    """Whether the last quantity and price in the journal are those the exchange had in the end."""
    order, steps = placed.order, journal.steps_of(placed.name)
    qtys = [step.qty for step in steps if step.qty is not None]
    limits = [step.limit_price for step in steps if step.limit_price is not None]
    if qtys and qtys[-1] != order.qty:
        return f"was for {qtys[-1]} in the end by the journal, and for {order.qty} at the exchange"
    if limits and order.limit_price is not None and limits[-1] != order.limit_price:
        return f"was at {limits[-1]} in the end by the journal, and at {order.limit_price} at the exchange"
    return None


def moved_after_the_end(evidence: Evidence) -> Iterator[Finding]:
    """6: nothing follows an end, in the journal or in what strategies saw."""
    journal = evidence.journal or JournalRows()
    for record in journal.intents:
        states = [step.state for step in journal.steps_of(record.client_order_id)]
        yield from _after_the_end(record.client_order_id, states, "in the journal", evidence.ended_s)
    for told in evidence.told.orders:
        name = told.client_order_id or f"an order of {told.owner}"
        at_s = told.states[-1][0] if told.states else told.asked_s
        yield from _after_the_end(name, [state for _, state in told.states], "to its strategy", at_s)


def _after_the_end(name: str, states: list[OrderState], where: str, at_s: float) -> Iterator[Finding]:
    end: OrderState | None = None
    for state in states:
        if end is not None and state not in ENDED:
            yield Finding(f"{name} was {end} {where}, and then {state}", at_s)
            return
        end = state if state in ENDED else end


def touched_unowned(evidence: Evidence) -> Iterator[Finding]:
    """7: what is amended or cancelled by name is ours."""
    journal = evidence.journal or JournalRows()
    claimed = set(journal.by_name)
    for asked in evidence.exchange.of_methods(AMENDS | CANCELS):
        for name in asked.names:
            if name not in claimed:
                yield Finding(f"{asked.method} of {name}, which is not in the journal", asked.at_s)
        for order_id in asked.order_ids:
            placed = evidence.exchange.find(order_id)
            if placed is None:
                # REST takes our own ids in the place of the exchange's.
                if order_id not in claimed:
                    yield Finding(f"{asked.method} of {order_id}, which was never an order", asked.at_s)
            elif placed.name not in claimed:
                yield Finding(f"{asked.method} of {order_id}, which is none of the journal's", asked.at_s)


def touched_foreign(evidence: Evidence) -> Iterator[Finding]:
    """8: orders of others end by their own hand, by the market, or by a switch that was allowed to take them; and are told."""
    journal = evidence.journal or JournalRows()
    for placed in evidence.exchange.foreign():
        if placed.name in journal.by_name:
            continue  # claimed by a strategy, which is an order's way to become ours
        order, name = placed.order, placed.order.order_id
        touched = _touched(evidence, placed)
        if touched is not None:
            yield Finding(f"{name}, which another program placed, was to be ended or changed by {touched.method}", touched.at_s)
        elif order.reason == SWITCHED_OFF and evidence.terms.switch_spares_foreign and _could_be_spared(evidence, placed):
            yield Finding(f"{name}, which another program placed, was cancelled by our switch", placed.ended_s or placed.at_s)
        elif _should_be_reported(evidence, placed) and name not in evidence.foreign_reported:
            yield Finding(f"{name}, which another program placed, was never reported", placed.at_s)


def _touched(evidence: Evidence, placed: Placed) -> Asked | None:
    """The request that named an order, or all of them, while it was open."""
    until_s = evidence.ended_s if placed.ended_s is None else placed.ended_s
    for asked in evidence.exchange.of_methods(AMENDS | CANCELS):
        if placed.at_s <= asked.at_s <= until_s and (asked.takes_all or placed.order.order_id in asked.order_ids):
            return asked
    return None


def _could_be_spared(evidence: Evidence, placed: Placed) -> bool:
    """Whether an engine served that could hear of an order, and stop the switch, before it fired."""
    until_s = evidence.ended_s if placed.ended_s is None else placed.ended_s
    calm_s = until_s - placed.at_s - evidence.disturbed_s(placed.at_s, until_s, but=_FOREIGN)
    return calm_s > evidence.terms.in_flight_s + evidence.terms.slack_s and evidence.is_serving(placed.at_s)


def _should_be_reported(evidence: Evidence, placed: Placed) -> bool:
    """Whether an order rested for so long in calm times that an engine which serves must have heard of it."""
    until_s = placed.ended_s if placed.ended_s is not None else evidence.ended_s
    begin_s = placed.at_s
    long_enough = until_s - begin_s > 4 * evidence.terms.in_flight_s
    calm = not evidence.disturbed_s(begin_s - evidence.terms.start_s, until_s)
    return long_enough and calm and evidence.is_serving(begin_s) and evidence.is_serving(until_s - evidence.terms.in_flight_s)


def filled_too_far(evidence: Evidence) -> Iterator[Finding]:
    """9: no more is filled than was ordered: by the exchange's account, and by the journal's."""
    journal = evidence.journal or JournalRows()
    asked = {record.client_order_id: record.intent.qty for record in journal.intents}
    for name, qty in asked.items():
        most = max([qty, *(step.qty for step in journal.steps_of(name) if step.qty is not None)])
        if journal.filled_of(name) > most:
            yield Finding(f"{name} is for {most}, and its fills come to {journal.filled_of(name)}", evidence.ended_s)
    for placed in evidence.exchange.ours():
        if placed.order.cum_qty > placed.order.qty:
            yield Finding(f"{placed.name} is for {placed.order.qty}, and {placed.order.cum_qty} filled there", placed.at_s)


def miscounted_fills(evidence: Evidence) -> Iterator[Finding]:
    """10: each fill counts once, for its owner; positions are their sums, here and there."""
    journal = evidence.journal or JournalRows()
    ours = Counter(record.fill.exec_id for record in journal.fills)
    known = journal.by_name
    theirs = {
        fill.exec_id: fill
        for fill in evidence.exchange.fills
        if (fill.cl_ord_id or fill.order_id) in known or fill.order_id in known
    }
    yield from (Finding(f"fill {name} is counted {times} times", evidence.ended_s) for name, times in ours.items() if times > 1)
    yield from (Finding(f"fill {name} is not the exchange's", evidence.ended_s) for name in ours if name not in theirs)
    for fill in theirs.values():
        if fill.exec_id in ours or _is_let_go(evidence, fill, journal):
            continue
        yield Finding(f"fill {fill.exec_id}, {fill.side} {fill.qty} {fill.pair.symbol}, is not in the journal", evidence.ended_s)
    for row in (record.fill for record in journal.fills if record.fill.exec_id in theirs):
        there = theirs[row.exec_id]
        if (row.qty, row.price, row.side) != (there.qty, there.price, there.side):
            yield Finding(f"fill {row.exec_id} is {there.qty} at {there.price}, and otherwise in the journal", evidence.ended_s)
    yield from _told_otherwise(evidence, theirs)


def _is_let_go(evidence: Evidence, fill: SimFill, journal: JournalRows) -> bool:
    """Whether it is of a kept order, and came once the engine was told to stop: the next one finds it."""
    intent = journal.by_name.get(fill.cl_ord_id or fill.order_id)
    is_kept = intent is not None and intent.intent.keep
    return is_kept and evidence.exchange.filled_s.get(fill.exec_id, 0.0) >= evidence.let_go_s


def _told_otherwise(evidence: Evidence, theirs: Mapping[str, object]) -> Iterator[Finding]:
    for told in evidence.told.orders:
        times = Counter(fill.exec_id for _, fill in told.fills)
        for exec_id, count in times.items():
            if count > 1:
                yield Finding(f"{told.owner} was told of fill {exec_id} {count} times", told.fills[-1][0])
            elif exec_id not in theirs:
                yield Finding(f"{told.owner} was told of fill {exec_id}, which there is not", told.fills[-1][0])


def book_keeping(evidence: Evidence) -> Iterator[Finding]:
    """11: every asset adds up, at the exchange and by the journal, to the last digit."""
    record = evidence.exchange
    moved = record.moved()
    for asset in sorted({*record.opening, *record.closing, *moved}):
        expected = record.opening.get(asset, ZERO) + moved.get(asset, ZERO)
        if expected != record.closing.get(asset, ZERO):
            yield Finding(f"{asset}: {expected} by its movements, {record.closing.get(asset, ZERO)} there", evidence.ended_s)
    if evidence.journal is None:
        return
    known = evidence.journal.by_name
    fills = [fill for fill in record.fills if (fill.cl_ord_id or fill.order_id) in known or fill.order_id in known]
    rows = [row.fill for row in evidence.journal.fills]
    if sorted(fill.exec_id for fill in fills) != sorted(row.exec_id for row in rows):
        return  # a fill that is missing, or counted twice, is told as that
    theirs: dict[str, Decimal] = {}
    for fill in fills:
        _add(theirs, fill.pair.base.name, fill.qty * fill.side.sign)
        _add(theirs, fill.pair.quote.name, -fill.cost * fill.side.sign)
        _add(theirs, fill.fee_asset, -fill.fee)
    ours: dict[str, Decimal] = {}
    for row in rows:
        base, quote = row.symbol.split("/")
        _add(ours, base, row.qty * row.side.sign)
        _add(ours, quote, -row.cost * row.side.sign)
        for fee in row.fees:
            _add(ours, fee.asset, -fee.qty)
    for asset in sorted({*ours, *theirs}):
        if ours.get(asset, ZERO) != theirs.get(asset, ZERO):
            yield Finding(
                f"{asset}: fills and fees moved {theirs.get(asset, ZERO)}, and {ours.get(asset, ZERO)} by the journal",
                evidence.ended_s,
            )


def _add(sums: dict[str, Decimal], asset: str, amount: Decimal) -> None:
    sums[asset] = sums.get(asset, ZERO) + amount


def off_the_grid_or_limits(evidence: Evidence) -> Iterator[Finding]:
    """12: what was sent lies on the grid and within the limits of one order; limits of many orders are the watch's."""
    for asked in evidence.exchange.of_methods(PLACES):
        pair = next((pair for pair in evidence.exchange.pairs.values() if asked.symbol in pair.names()), None)
        if pair is None:
            yield Finding(f"an order of {asked.symbol}, which is not traded", asked.at_s)
            continue
        fault = _off_the_grid(asked, pair) or _above_limits(evidence, asked, pair)
        if fault is not None:
            yield Finding(f"{', '.join(asked.names) or 'an order'}: {fault}", asked.at_s)
    yield from _sold_through(evidence)


def _sold_through(evidence: Evidence) -> Iterator[Finding]:
    """Sales at market, as those that close positions, of more than their owner had left."""
    journal = evidence.journal or JournalRows()
    held: dict[tuple[str, str], Decimal] = {}
    found: dict[str, None] = {}
    for fill in evidence.exchange.fills:
        intent = journal.by_name.get(fill.cl_ord_id or fill.order_id)
        if intent is None:
            continue
        key = intent.owner, fill.pair.symbol
        before = held.get(key, ZERO)
        held[key] = before + fill.qty * fill.side.sign
        is_market = intent.intent.order_type is OrderType.MARKET
        if is_market and before > ZERO > held[key] and intent.client_order_id not in found:
            found[intent.client_order_id] = None
            text = f"{intent.client_order_id} sold {fill.qty} {fill.pair.symbol} at market, and {intent.owner} had {before}"
            yield Finding(text, evidence.exchange.filled_s.get(fill.exec_id, evidence.ended_s))


def _off_the_grid(asked: Asked, pair: Pair) -> str | None:
    qty, price = asked.qty, asked.limit_price
    checks: tuple[tuple[Decimal | None, Callable[[Decimal], bool], str], ...] = (
        (price, lambda value: is_multiple(value, pair.tick_size), f"price {price} is off the tick {pair.tick_size}"),
        (qty, lambda value: is_multiple(value, pair.qty_increment), f"quantity {qty} is off the step {pair.qty_increment}"),
        (qty, lambda value: value >= pair.ordermin, f"quantity {qty} is below the minimum {pair.ordermin}"),
    )
    for value, holds, fault in checks:
        if value is not None and not holds(value):
            return fault
    if qty is not None and price is not None and qty * price < pair.costmin:
        return f"{qty} at {price} is worth less than the minimum {pair.costmin}"
    return None


def _above_limits(evidence: Evidence, asked: Asked, pair: Pair) -> str | None:
    limits = evidence.terms.of(pair.symbol)
    qty, price = asked.qty, asked.limit_price
    if qty is None or asked.is_market:
        return None  # a market order may close a position, and the limits of an order do not hold that up
    if limits.max_order_qty is not None and qty > limits.max_order_qty:
        return f"{qty} is more than {limits.max_order_qty} in one order"
    if limits.max_order_notional is not None and price is not None and qty * price > limits.max_order_notional:
        return f"{qty} at {price} is more than {limits.max_order_notional} in one order"
    return None
