from decimal import Decimal

import attrs
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from seawall.journal import records, tables
from seawall.model.journal import FillRecord, IntentRecord, NoteRecord, OrderRecord, Seen
from seawall.model.order_states import OrderState
from seawall.model.orders import Intent, OrderType, Side, TimeInForce
from seawall.model.reports import Fee, Fill

names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
instants = st.integers(0, 2**63 - 1)
numbers = st.decimals("0.00000001", 10**12, allow_nan=False, allow_infinity=False, places=8)
maybe = st.none() | numbers


@st.composite
def intents(draw: st.DrawFn) -> IntentRecord:
    kind = draw(st.sampled_from(OrderType))
    wish = Intent(
        "BTC/USD",
        draw(st.sampled_from(Side)),
        kind,
        draw(numbers),
        limit_price=draw(numbers) if kind.has_limit else None,
        trigger_price=draw(numbers) if kind.has_trigger else None,
        time_in_force=TimeInForce.GTC if kind is OrderType.LIMIT else draw(st.sampled_from(TimeInForce)),
        post_only=kind is OrderType.LIMIT and draw(st.booleans()),
        keep=draw(st.booleans()),
    )
    seen = Seen(draw(maybe), draw(maybe), draw(maybe), draw(st.none() | instants))
    return IntentRecord(draw(names), draw(names), wish, draw(instants), draw(instants), seen, claimed=draw(st.booleans()))


steps = st.builds(
    OrderRecord,
    client_order_id=names,
    state=st.sampled_from(OrderState),
    at_ns=instants,
    order_id=st.none() | names,
    qty=maybe,
    limit_price=maybe,
    filled_qty=maybe,
    reason=st.none() | names,
)
fills = st.builds(
    FillRecord,
    owner=names,
    fill=st.builds(
        Fill,
        exec_id=names,
        order_id=names,
        client_order_id=st.none() | names,
        symbol=st.just("BTC/USD"),
        side=st.sampled_from(Side),
        qty=numbers,
        price=numbers,
        cost=numbers,
        fees=st.lists(st.builds(Fee, asset=names, qty=numbers), max_size=2).map(tuple),
        maker=st.booleans(),
        at_ns=instants,
    ),
)
notes = st.builds(NoteRecord, owner=names, kind=names, text=names, at_ns=instants)


@given(intents())
def test_an_intent_comes_back_as_it_went_in(record: IntentRecord) -> None:
    assert records.intent(records.row(record).values) == record


@given(steps)
def test_a_step_comes_back_as_it_went_in(record: OrderRecord) -> None:
    assert records.order(records.row(record).values) == record


@given(fills)
def test_a_fill_comes_back_as_it_went_in(record: FillRecord) -> None:
    assert records.fill(records.row(record).values) == record


@given(notes)
def test_a_note_comes_back_as_it_went_in(record: NoteRecord) -> None:
    assert records.note(records.row(record).values) == record


@pytest.mark.parametrize("digits", ["0.00000010", "45283.50", "123456789012.12345678", "0E-8", "-0.10"])
def test_no_digit_of_a_number_is_lost(digits: str) -> None:
    record = OrderRecord("c-1", OrderState.OPEN, 1, filled_qty=Decimal(digits))
    back = records.order(records.row(record).values).filled_qty
    assert back is not None
    assert back.as_tuple() == Decimal(digits).as_tuple()


def test_text_for_people_is_kept_whatever_it_quotes() -> None:
    row = records.row(NoteRecord("grid", "say", "a file called \udce9", 1))
    assert records.note(row.values).text == r"a file called \udce9"


def test_an_id_that_has_no_bytes_is_refused() -> None:
    with pytest.raises(ValueError, match="surrogates"):
        records.row(OrderRecord("\udce9", OrderState.OPEN, 1))


@pytest.mark.parametrize("number", ["NaN", "Infinity"])
def test_a_number_that_is_none_is_refused(number: str) -> None:
    with pytest.raises(ValueError, match="finite"):
        records.row(OrderRecord("c-1", OrderState.OPEN, 1, qty=Decimal(number)))


def test_an_instant_that_no_column_holds_is_refused() -> None:
    with pytest.raises(ValueError, match="instant"):
        records.row(OrderRecord("c-1", OrderState.OPEN, 2**63))


def test_every_field_of_every_record_has_its_column() -> None:
    def columns(table: sa.Table) -> set[str]:
        return {column.name for column in table.columns} - {"seq"}

    def fields(*classes: type[attrs.AttrsInstance]) -> set[str]:
        return {field.name for cls in classes for field in attrs.fields(cls)}

    assert columns(tables.intents) == fields(IntentRecord, Intent, Seen) - {"intent", "seen"}
    assert columns(tables.order_steps) == fields(OrderRecord)
    assert columns(tables.fills) == fields(FillRecord, Fill) - {"fill"}
    assert columns(tables.notes) == fields(NoteRecord)
