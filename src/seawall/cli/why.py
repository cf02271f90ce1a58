"""`seawall why`: the story of one order, from what was seen to the last fill."""

from collections.abc import Iterator
from typing import Annotated

from cyclopts import Parameter

from seawall.cli.blocks import tell_error
from seawall.cli.exit_codes import ExitCode
from seawall.cli.journal_place import Place, where_of
from seawall.cli.moments import moment, span
from seawall.config import ConfigError
from seawall.console.tables import number_text, printable
from seawall.journal import JournalContents, JournaledOrder, read_journal
from seawall.model.errors import JournalFailed
from seawall.model.journal import FillRecord, IntentRecord, NoteRecord, OrderRecord
from seawall.model.order_states import ENDED

__all__ = ["why"]

_BEFORE_NS = 5_000_000_000
"""What an owner said so shortly before an order belongs to its story."""


def why(
    order: Annotated[str, Parameter(help="The order's id: ours, or the exchange's.")], place: Place = "seawall.toml"
) -> ExitCode:
    """Tell what became of one order, with reasons and times. Also while an engine runs."""
    try:
        journal = read_journal(where_of(place))
    except ConfigError as error:
        return tell_error(ExitCode.CONFIGURATION, str(error))
    except (JournalFailed, ValueError) as error:
        return tell_error(ExitCode.JOURNAL_FAILED, str(error))
    found = journal.find(order)
    if found is None:
        hint = "seawall orders --all lists those that are there"
        return tell_error(ExitCode.USAGE, f"no order {order!r} in this journal, which has {len(journal.orders)}", [hint])
    for line in _story(journal, found):
        print(line)
    return ExitCode.CLEAN


def _story(journal: JournalContents, order: JournaledOrder) -> Iterator[str]:
    planned = order.intent
    run = max((run.run for run in journal.runs if run.opened_ns <= planned.at_ns), default=None)
    yield f"{planned.client_order_id}  {printable(str(planned.intent))}"
    yield f"  of {printable(planned.owner)}, in run {run}; at the exchange {order.order_id or 'under no id that is known'}"
    events = [(planned.at_ns, line) for line in _planned_lines(planned)]
    fills = journal.fills_of(order)
    events += [(step.at_ns, _step_line(step)) for step in order.steps]
    events += [(record.fill.at_ns, _fill_line(record)) for record in fills]
    until_ns = max((at_ns for at_ns, _ in events), default=planned.at_ns)
    events += [(note.at_ns, _note_line(note)) for note in journal.notes if _belongs(note, planned, until_ns)]
    for at_ns, line in sorted(events, key=lambda event: event[0]):
        yield f"  {moment(at_ns)}  {span(at_ns - planned.at_ns):>12}  {line}"
    yield f"  {_end(order, fills)}"


def _planned_lines(planned: IntentRecord) -> Iterator[str]:
    if planned.claimed:
        yield f"claimed  placed by another hand at {moment(planned.deadline_ns)} (time of the exchange), and taken over"
    seen = planned.seen
    if seen.bid is not None and seen.ask is not None and seen.quote_age_ns is not None:
        yield f"seen     {seen.bid} bid, {seen.ask} asked, {span(seen.quote_age_ns)[1:]} old"
    else:
        yield "seen     no verified book"
    if seen.position_qty is not None:
        base = printable(planned.intent.symbol.partition("/")[0])
        yield f"held     {number_text(seen.position_qty)} {base}, all owners together"
    if not planned.claimed:
        yield f"planned  within the limits; not to be matched after {moment(planned.deadline_ns)} (time of the exchange)"


def _step_line(step: OrderRecord) -> str:
    filled = f", {number_text(step.filled_qty)} of {number_text(step.qty)} filled" if step.filled_qty else ""
    return f"{step.state.value:<8} {printable(step.reason or '')}{filled}".rstrip()


def _fill_line(record: FillRecord) -> str:
    fill = record.fill
    fees = " and ".join(f"{number_text(fee.qty)} {printable(fee.asset)}" for fee in fill.fees) or "no fee"
    role = "maker" if fill.maker else "taker"
    return f"fill     {number_text(fill.qty)} at {fill.price}, {role}, {fees}, {fill.exec_id} (time of the exchange)"


def _note_line(note: NoteRecord) -> str:
    return f"{printable(note.kind):<8} {printable(note.text)}"


def _belongs(note: NoteRecord, planned: IntentRecord, until_ns: int) -> bool:
    return note.owner == planned.owner and planned.at_ns - _BEFORE_NS <= note.at_ns <= until_ns


def _end(order: JournaledOrder, fills: tuple[FillRecord, ...]) -> str:
    newest = order.steps[-1].state.value if order.steps else "planned"
    if not any(step.state in ENDED for step in order.steps):
        return f"not ended, as far as this journal knows: {newest}"
    cost = sum(record.fill.cost for record in fills)
    qty = sum(record.fill.qty for record in fills)
    average = f", at {number_text(round(cost / qty, 8))} on average" if qty else ""
    return f"ended: {newest}, {number_text(qty) if qty else 'nothing'} filled{average}"
