"""Records as rows, and rows as records.

Prices and sizes are text, digit for digit. Rows are made in the task that hands the record over: a record that cannot be
written is then an error of that caller, not of the journal that all share.
"""

import json
from collections.abc import Sequence
from decimal import Decimal

import attrs

from seawall.model.journal import FillRecord, IntentRecord, NoteRecord, OrderRecord, Record, Seen
from seawall.model.numbers import plain
from seawall.model.order_states import OrderState
from seawall.model.orders import Intent, OrderType, Side, TimeInForce
from seawall.model.reports import Fee, Fill

__all__ = [
    "Row",
    "Value",
    "fill",
    "intent",
    "note",
    "order",
    "row",
]

Value = str | int | None

_LARGEST = 2**63 - 1


@attrs.frozen
class Row:
    """The table and the values, in the order of its columns, without the sequence number."""

    table: str
    values: tuple[Value, ...]


def row(record: Record) -> Row:
    """The row of one record. Raises ValueError for what no column can hold."""
    match record:
        case IntentRecord():
            wish = record.intent
            return Row(
                "intents",
                (
                    _name(record.client_order_id),
                    _name(record.owner),
                    _name(wish.symbol),
                    wish.side.value,
                    wish.order_type.value,
                    _digits(wish.qty),
                    _digits_or_none(wish.limit_price),
                    _digits_or_none(wish.trigger_price),
                    wish.time_in_force.value,
                    int(wish.post_only),
                    int(wish.keep),
                    _instant(record.deadline_ns),
                    _instant(record.at_ns),
                    *_seen_values(record.seen),
                    int(record.claimed),
                ),
            )
        case OrderRecord():
            return Row(
                "order_steps",
                (
                    _name(record.client_order_id),
                    record.state.value,
                    _instant(record.at_ns),
                    None if record.order_id is None else _name(record.order_id),
                    _digits_or_none(record.qty),
                    _digits_or_none(record.limit_price),
                    _digits_or_none(record.filled_qty),
                    None if record.reason is None else _prose(record.reason),
                ),
            )
        case FillRecord():
            return Row("fills", _fill_values(record))
        case NoteRecord():
            return Row("notes", (_name(record.owner), _prose(record.kind), _prose(record.text), _instant(record.at_ns)))


def intent(values: Sequence[Value]) -> IntentRecord:
    """The record of one row of `intents`, without its number."""
    name, owner, symbol, side, order_type, qty, limit, trigger, time_in_force, post_only, keep, deadline_ns, at_ns, *seen = values
    wish = Intent(
        str(symbol),
        Side(str(side)),
        OrderType(str(order_type)),
        Decimal(str(qty)),
        limit_price=_decimal(limit),
        trigger_price=_decimal(trigger),
        time_in_force=TimeInForce(str(time_in_force)),
        post_only=bool(post_only),
        keep=bool(keep),
    )
    bid, ask, position_qty, quote_age_ns, claimed = seen
    return IntentRecord(
        str(name),
        str(owner),
        wish,
        deadline_ns=_int(deadline_ns),
        at_ns=_int(at_ns),
        seen=Seen(_decimal(bid), _decimal(ask), _decimal(position_qty), None if quote_age_ns is None else _int(quote_age_ns)),
        claimed=bool(claimed),
    )


def order(values: Sequence[Value]) -> OrderRecord:
    """The record of one row of `order_steps`, without its number."""
    name, state, at_ns, order_id, qty, limit, filled, reason = values
    return OrderRecord(
        str(name),
        OrderState(str(state)),
        _int(at_ns),
        order_id=_text(order_id),
        qty=_decimal(qty),
        limit_price=_decimal(limit),
        filled_qty=_decimal(filled),
        reason=_text(reason),
    )


def fill(values: Sequence[Value]) -> FillRecord:
    """The record of one row of `fills`, without its number."""
    exec_id, owner, order_id, client_order_id, symbol, side, qty, price, cost, fees, maker, at_ns = values
    return FillRecord(
        str(owner),
        Fill(
            exec_id=str(exec_id),
            order_id=str(order_id),
            client_order_id=_text(client_order_id),
            symbol=str(symbol),
            side=Side(str(side)),
            qty=Decimal(str(qty)),
            price=Decimal(str(price)),
            cost=Decimal(str(cost)),
            fees=tuple(Fee(asset, Decimal(amount)) for asset, amount in json.loads(str(fees))),
            maker=bool(maker),
            at_ns=_int(at_ns),
        ),
    )


def note(values: Sequence[Value]) -> NoteRecord:
    """The record of one row of `notes`, without its number."""
    owner, kind, text, at_ns = values
    return NoteRecord(str(owner), str(kind), str(text), _int(at_ns))


def _seen_values(seen: Seen) -> tuple[Value, ...]:
    age_ns = None if seen.quote_age_ns is None else _instant(seen.quote_age_ns)
    return (_digits_or_none(seen.bid), _digits_or_none(seen.ask), _digits_or_none(seen.position_qty), age_ns)


def _fill_values(record: FillRecord) -> tuple[Value, ...]:
    done = record.fill
    return (
        _name(done.exec_id),
        _name(record.owner),
        _name(done.order_id),
        None if done.client_order_id is None else _name(done.client_order_id),
        _name(done.symbol),
        done.side.value,
        _digits(done.qty),
        _digits(done.price),
        _digits(done.cost),
        json.dumps([[_name(fee.asset), _digits(fee.qty)] for fee in done.fees]),
        int(done.maker),
        _instant(done.at_ns),
    )


def _name(text: str) -> str:
    """An id, which must come back as it went in."""
    text.encode()  # UnicodeEncodeError is a ValueError: lone surrogates have no bytes
    return text


def _prose(text: str) -> str:
    """Text for people, which may quote anything: what has no bytes is written as an escape."""
    return text.encode(errors="backslashreplace").decode()


def _digits(number: Decimal) -> str:
    if not number.is_finite():
        raise ValueError(f"{number} is not a finite number")
    return plain(number)


def _digits_or_none(number: Decimal | None) -> str | None:
    return None if number is None else _digits(number)


def _instant(at_ns: int) -> int:
    if not -_LARGEST <= at_ns <= _LARGEST:
        raise ValueError(f"{at_ns} is not an instant in nanoseconds since the epoch")
    return at_ns


def _decimal(value: Value) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def _text(value: Value) -> str | None:
    return None if value is None else str(value)


def _int(value: Value) -> int:
    if not isinstance(value, int):
        raise TypeError(f"{value!r} is not a whole number")
    return value
