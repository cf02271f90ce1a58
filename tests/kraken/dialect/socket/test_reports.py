from decimal import Decimal

import msgspec
import pytest

from seawall.kraken.dialect.socket import reports
from seawall.kraken.dialect.socket.frames import decode
from seawall.kraken.dialect.socket.market_frames import CandleRow, InstrumentPair, TradeRow
from seawall.kraken.dialect.socket.private_frames import BalanceRow, ExecutionFee, ExecutionRow, ExecutionsFrame
from seawall.kraken.dialect.unknown import Unknown
from seawall.model.instruments import PairStatus
from seawall.model.market_data import Candle, Trade, VenueStatus
from seawall.model.orders import Side
from seawall.model.reports import Fee, Fill, OrderReport, OrderStatus, PrivateSnapshot

AT = "2026-01-31T12:00:00.000001Z"
AT_NS = 1_769_860_800_000_001_000
PLACED = ExecutionRow(
    order_id="O1",
    exec_type="pending_new",
    timestamp=AT,
    order_status="pending_new",
    cl_ord_id="sw1",
    symbol="BTC/USD",
    side="buy",
    order_type="limit",
    order_qty=Decimal("0.5"),
    limit_price=Decimal(80000),
    cum_cost=Decimal(0),
)
TRADE = ExecutionRow(
    order_id="O1",
    exec_type="trade",
    timestamp=AT,
    order_status="partially_filled",
    cl_ord_id="sw1",
    exec_id="T1",
    symbol="BTC/USD",
    side="buy",
    last_qty=Decimal("0.2"),
    last_price=Decimal(80000),
    cost=Decimal(16000),
    liquidity_ind="m",
    cum_qty=Decimal("0.2"),
    cum_cost=Decimal(16000),
    fees=(ExecutionFee("USD", Decimal("41.6")),),
)


def event(exec_type: str, order_status: str | None = None) -> ExecutionRow:
    return ExecutionRow(order_id="O1", exec_type=exec_type, timestamp=AT, order_status=order_status)


def test_the_first_event_of_an_order_says_everything() -> None:
    assert reports.order_report(PLACED) == OrderReport(
        order_id="O1",
        client_order_id="sw1",
        status=OrderStatus.PENDING,
        at_ns=AT_NS,
        symbol="BTC/USD",
        side=Side.BUY,
        qty=Decimal("0.5"),
        limit_price=Decimal(80000),
        filled_cost=Decimal(0),
    )


def test_a_sparse_event_says_nothing_it_was_not_told() -> None:
    assert reports.order_report(event("new", "new")) == OrderReport("O1", None, OrderStatus.OPEN, AT_NS)


@pytest.mark.parametrize(
    ("exec_type", "order_status", "status"),
    [
        ("pending_new", "pending_new", OrderStatus.PENDING),
        ("new", "new", OrderStatus.OPEN),
        ("amended", "new", OrderStatus.OPEN),
        ("amended", "partially_filled", OrderStatus.OPEN),
        ("amended", "pending_new", OrderStatus.PENDING),
        ("restated", "new", OrderStatus.OPEN),
        ("status", "new", OrderStatus.OPEN),
        ("iceberg_refill", "partially_filled", OrderStatus.OPEN),
        ("filled", "filled", OrderStatus.FILLED),
        ("filled", None, OrderStatus.FILLED),
        ("filled", "partially_filled", OrderStatus.FILLED),
        ("canceled", "canceled", OrderStatus.CANCELED),
        ("canceled", None, OrderStatus.CANCELED),
        ("expired", "expired", OrderStatus.EXPIRED),
        ("restated", "canceled", OrderStatus.CANCELED),
        ("something_new", "canceled", OrderStatus.CANCELED),
        ("new", "something_new", OrderStatus.OPEN),
        ("trade", "partially_filled", OrderStatus.OPEN),
        ("trade", "filled", OrderStatus.OPEN),
    ],
)
def test_each_event_has_one_meaning(exec_type: str, order_status: str | None, status: OrderStatus) -> None:
    report = reports.order_report(event(exec_type, order_status))
    assert isinstance(report, OrderReport)
    assert report.status is status


def test_an_event_with_no_word_we_know_is_unknown() -> None:
    assert reports.order_report(event("teleported", "elsewhere")) == Unknown("exec_type", "teleported")
    assert reports.order_report(event("teleported")) == Unknown("exec_type", "teleported")


def test_each_word_that_is_new_is_named_though_the_other_says_enough() -> None:
    assert reports.new_words(event("new", "open for business")) == (Unknown("order_status", "open for business"),)
    assert reports.new_words(event("teleported", "canceled")) == (Unknown("exec_type", "teleported"),)
    assert reports.new_words(TRADE) == reports.new_words(event("restated")) == ()


@pytest.mark.parametrize(
    ("cum_qty", "order_qty", "order_status", "status"),
    [
        ("0.2", "0.5", "partially_filled", OrderStatus.OPEN),
        ("0.5", "0.5", "partially_filled", OrderStatus.FILLED),
        ("0.5", None, "partially_filled", OrderStatus.OPEN),
        ("0.5", None, "filled", OrderStatus.FILLED),
        (None, None, "filled", OrderStatus.OPEN),
    ],
)
def test_a_trade_completes_its_order_only_by_its_totals(
    cum_qty: str | None, order_qty: str | None, order_status: str, status: OrderStatus
) -> None:
    row = msgspec.structs.replace(
        TRADE,
        cum_qty=None if cum_qty is None else Decimal(cum_qty),
        order_qty=None if order_qty is None else Decimal(order_qty),
        order_status=order_status,
    )
    report = reports.order_report(row)
    assert isinstance(report, OrderReport)
    assert report.status is status


def test_a_cancel_tells_why_in_either_field() -> None:
    for row in (
        msgspec.structs.replace(event("canceled"), reason="User requested"),
        msgspec.structs.replace(event("canceled"), cancel_reason="User requested"),
    ):
        report = reports.order_report(row)
        assert isinstance(report, OrderReport)
        assert report.reason == "User requested"


def test_a_trade_is_a_fill() -> None:
    assert reports.fill(TRADE) == Fill(
        exec_id="T1",
        order_id="O1",
        client_order_id="sw1",
        symbol="BTC/USD",
        side=Side.BUY,
        qty=Decimal("0.2"),
        price=Decimal(80000),
        cost=Decimal(16000),
        fees=(Fee("USD", Decimal("41.6")),),
        maker=True,
        at_ns=AT_NS,
    )
    taker = reports.fill(msgspec.structs.replace(TRADE, liquidity_ind="t", cost=None))
    assert taker is not None
    assert (taker.maker, taker.cost) == (False, Decimal("16000.0"))


def test_what_is_no_trade_or_lacks_its_size_is_no_fill() -> None:
    assert reports.fill(PLACED) is None
    assert reports.fill(event("filled", "filled")) is None
    for lacking in ("exec_id", "symbol", "side", "last_qty", "last_price"):
        assert reports.fill(msgspec.structs.replace(TRADE, **{lacking: None})) is None


def test_a_snapshot_is_parted_in_orders_and_fills() -> None:
    old = msgspec.structs.replace(TRADE, order_id="O0", order_status="filled", cum_qty=None, cum_cost=None)
    frame = ExecutionsFrame(type="snapshot", sequence=1, data=(PLACED, old, event("teleported")))
    placed, fill = reports.order_report(PLACED), reports.fill(old)
    assert isinstance(placed, OrderReport)
    assert fill is not None
    new = OrderReport("O1", None, OrderStatus.OPEN, AT_NS)
    assert reports.private_snapshot(frame) == PrivateSnapshot((placed, new), (fill,))


def test_a_whole_life_is_read_from_the_wire() -> None:
    wire = (
        '{"channel":"executions","type":"update","sequence":2,"data":['
        f'{{"order_id":"O1","cl_ord_id":"sw1","exec_type":"pending_new","order_status":"pending_new","symbol":"XBT/USD",'
        f'"side":"sell","order_qty":0.00010000,"limit_price":80000.0,"timestamp":"{AT}","stop_price":0.0}},'
        f'{{"timestamp":"{AT}","order_status":"new","exec_type":"new","cl_ord_id":"sw1","order_id":"O1"}},'
        f'{{"timestamp":"{AT}","exec_type":"amended","order_status":"new","cum_qty":0.0,"order_qty":0.00005000,'
        f'"limit_price":81818.0,"cl_ord_id":"sw1","order_id":"O1","reason":"User requested"}},'
        f'{{"timestamp":"{AT}","exec_type":"canceled","order_status":"canceled","cum_qty":0.0,"order_id":"O1"}}]}}'
    )
    frame = decode(wire)
    assert isinstance(frame, ExecutionsFrame)
    told = [reports.order_report(row) for row in frame.data]
    assert [report.status for report in told if isinstance(report, OrderReport)] == [
        OrderStatus.PENDING,
        OrderStatus.OPEN,
        OrderStatus.OPEN,
        OrderStatus.CANCELED,
    ]
    first, _, amended, _ = told
    assert isinstance(first, OrderReport)
    assert isinstance(amended, OrderReport)
    assert (first.symbol, first.qty) == ("BTC/USD", Decimal("0.0001"))
    assert (amended.qty, amended.limit_price) == (Decimal("0.00005"), Decimal(81818))


def test_balances_have_todays_names() -> None:
    assert reports.balance_total(BalanceRow(asset="XBT", balance=Decimal("1.2"))) == ("BTC", Decimal("1.2"))


def test_a_printed_trade() -> None:
    row = TradeRow(symbol="XBT/USD", side="sell", price=Decimal("1.5"), qty=Decimal(2), trade_id=7, timestamp=AT)
    assert reports.trade(row) == Trade("BTC/USD", Side.SELL, Decimal("1.5"), Decimal(2), 7, AT_NS)


def test_a_candle_counts_its_interval_in_seconds() -> None:
    one = Decimal(1)
    row = CandleRow("BTC/USD", one, one, one, one, one, 3, "2026-01-31T12:00:00.000000000Z", 5)
    assert reports.candle(row) == Candle("BTC/USD", 300, AT_NS - 1_000, one, one, one, one, one, 3, closed=False)
    assert reports.candle(row, closed=True).closed


def pair(status: str) -> InstrumentPair:
    tick = Decimal("0.1")
    return InstrumentPair("BTC/USD", "BTC", "USD", status, 8, Decimal("1e-08"), 1, tick, tick, cost_min=Decimal("0.5"))


def test_a_pair_of_the_channel_has_its_grid_and_no_fees() -> None:
    instrument = reports.instrument_of(pair("limit_only"))
    assert not isinstance(instrument, Unknown)
    assert (instrument.status, instrument.cost_min, instrument.taker_fee) == (PairStatus.LIMIT_ONLY, Decimal("0.5"), Decimal(0))
    assert reports.instrument_of(pair("asleep")) == Unknown("pair status", "asleep")


def test_a_state_we_have_no_word_for_is_unknown() -> None:
    assert reports.venue_status("post_only") is VenueStatus.POST_ONLY
    assert reports.venue_status("asleep") == Unknown("system status", "asleep")
    assert reports.pair_status("delisted") is PairStatus.DELISTED


@pytest.mark.parametrize(("symbol", "name"), [("XBT/USD", "BTC/USD"), ("XBTUSD", "XBTUSD"), ("A/", "A/")])
def test_a_symbol_that_is_no_pair_is_left_as_it_is(symbol: str, name: str) -> None:
    assert reports.v2_name(symbol) == name
