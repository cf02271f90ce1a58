"""Frames of the private channels, and answers to requests (docs.kraken.com/api/docs/websocket-v2).

`executions` is sparse: after the first event of an order the next carry little more than its id and what changed, so nearly
every field may be None, which means "not said" and never "zero".
"""

from decimal import Decimal
from typing import Final, Literal

import msgspec

from seawall.kraken.dialect.books.digits import are_sizes, refuse_unsound, refuse_unsound_fields
from seawall.kraken.dialect.socket.market_frames import Kind
from seawall.kraken.dialect.times import check_rfc3339

__all__ = [
    "BalanceRow",
    "BalancesFrame",
    "Contingent",
    "ExecutionFee",
    "ExecutionRow",
    "ExecutionsFrame",
    "Response",
    "Result",
    "Triggers",
    "Wallet",
]

_SIZES: Final = (
    "order_qty",
    "cash_order_qty",
    "display_qty",
    "display_qty_remain",
    "cum_qty",
    "cum_cost",
    "avg_price",
    "last_qty",
    "last_price",
    "cost",
    "ratecount",
)
_TRIGGER_PRICES: Final = ("price", "actual_price", "peak_price", "last_price")


class _Sequenced(msgspec.Struct, frozen=True, tag_field="channel"):
    """A stream whose messages are counted from 1 at the snapshot: a gap means that something was lost."""

    type: Kind
    sequence: int

    @property
    def snapshot(self) -> bool:
        """Whether this frame replaces what was known, rather than adding to it."""
        return self.type == "snapshot"


class ExecutionFee(msgspec.Struct, frozen=True):
    """One part of a fee; negative is a rebate."""

    asset: str
    qty: Decimal

    def __post_init__(self) -> None:
        if not are_sizes((self.qty,)):
            refuse_unsound("fees.qty", self.qty, signed=True)


class Triggers(msgspec.Struct, frozen=True):
    """What a triggered order waits for; `price` is a signed offset where `price_type` is not `static`."""

    reference: str | None = None
    price: Decimal | None = None
    price_type: str | None = None
    status: str | None = None
    actual_price: Decimal | None = None
    peak_price: Decimal | None = None
    last_price: Decimal | None = None
    timestamp: str | None = None

    def __post_init__(self) -> None:
        for name in _TRIGGER_PRICES:
            refuse_unsound(f"triggers.{name}", getattr(self, name), signed=True)


class Contingent(msgspec.Struct, frozen=True):
    """The order that each fill will place; prices are signed offsets where their type is not `static`."""

    order_type: str | None = None
    trigger_price: Decimal | None = None
    trigger_price_type: str | None = None
    limit_price: Decimal | None = None
    limit_price_type: str | None = None

    def __post_init__(self) -> None:
        refuse_unsound("contingent.trigger_price", self.trigger_price, signed=True)
        refuse_unsound("contingent.limit_price", self.limit_price, signed=True)


class ExecutionRow(msgspec.Struct, frozen=True):
    """One event of one order (websocket-v2/executions); read with `reports.order_report` and `reports.fill`."""

    order_id: str
    exec_type: str
    timestamp: str
    order_status: str | None = None
    cl_ord_id: str | None = None
    order_userref: int | None = None
    symbol: str | None = None
    side: Literal["buy", "sell"] | None = None
    order_type: str | None = None
    order_qty: Decimal | None = None
    cash_order_qty: Decimal | None = None
    display_qty: Decimal | None = None
    display_qty_remain: Decimal | None = None
    limit_price: Decimal | None = None
    limit_price_type: str | None = None
    time_in_force: str | None = None
    effective_time: str | None = None
    expire_time: str | None = None
    post_only: bool | None = None
    reduce_only: bool | None = None
    margin: bool | None = None
    margin_borrow: bool | None = None
    no_mpp: bool | None = None
    liquidated: bool | None = None
    triggers: Triggers | None = None
    contingent: Contingent | None = None
    cum_qty: Decimal | None = None
    cum_cost: Decimal | None = None
    avg_price: Decimal | None = None
    exec_id: str | None = None
    trade_id: int | None = None
    last_qty: Decimal | None = None
    last_price: Decimal | None = None
    cost: Decimal | None = None
    liquidity_ind: str | None = None
    fees: tuple[ExecutionFee, ...] = ()
    fee_usd_equiv: Decimal | None = None
    fee_ccy_pref: str | None = None
    position_status: str | None = None
    ord_ref_id: str | None = None
    ext_ord_id: str | None = None
    ext_exec_id: str | None = None
    sender_sub_id: str | None = None
    user: str | None = None
    amended: bool | None = None
    reason: str | None = None
    cancel_reason: str | None = None
    ratecount: Decimal | None = None
    """The matching engine's counter of the pair, where it was asked for. The page names the request and not this field; it is
    the older version's word for it (docs.kraken.com/api/docs/websocket-v1/openorders)."""

    def __post_init__(self) -> None:
        sizes_and_signed = (
            self.order_qty,
            self.limit_price,
            self.cum_qty,
            self.cum_cost,
            self.avg_price,
            self.last_qty,
            self.last_price,
            self.cost,
            self.fee_usd_equiv,
            self.cash_order_qty,
            self.display_qty,
            self.display_qty_remain,
            self.ratecount,
        )
        if not are_sizes(sizes_and_signed):
            refuse_unsound_fields(self, _SIZES, signed=False)
            refuse_unsound_fields(self, ("limit_price", "fee_usd_equiv"), signed=True)
        check_rfc3339(self.timestamp)


class ExecutionsFrame(_Sequenced, frozen=True, tag="executions"):
    """Events of the account's orders; the snapshot holds open orders and the last fills, or nothing."""

    data: tuple[ExecutionRow, ...]


class Wallet(msgspec.Struct, frozen=True):
    """Where a part of a balance lies; orders use `spot` `main` only."""

    type: str
    id: str
    balance: Decimal


class BalanceRow(msgspec.Struct, frozen=True):
    """A total (snapshot) or one ledger entry with the total after it (update) (websocket-v2/balances)."""

    asset: str
    balance: Decimal
    asset_class: str = ""
    wallets: tuple[Wallet, ...] = ()
    ledger_id: str | None = None
    ref_id: str | None = None
    timestamp: str | None = None
    type: str | None = None
    subtype: str | None = None
    category: str | None = None
    wallet_type: str | None = None
    wallet_id: str | None = None
    amount: Decimal | None = None
    fee: Decimal | None = None

    def __post_init__(self) -> None:
        refuse_unsound_fields(self, ("balance", "amount", "fee"), signed=True)
        for wallet in self.wallets:
            refuse_unsound("wallets.balance", wallet.balance, signed=True)


class BalancesFrame(_Sequenced, frozen=True, tag="balances"):
    """Totals of the account, by asset; what open orders hold is not in here."""

    data: tuple[BalanceRow, ...]


class Result(msgspec.Struct, frozen=True):
    """What a request achieved; each method fills its own few."""

    channel: str | None = None
    symbol: str | None = None
    depth: int | None = None
    interval: int | None = None
    order_id: str | None = None
    cl_ord_id: str | None = None
    order_userref: int | None = None
    amend_id: str | None = None
    original_order_id: str | None = None
    count: int | None = None
    trigger_time: str | None = msgspec.field(name="triggerTime", default=None)
    current_time: str | None = msgspec.field(name="currentTime", default=None)
    maxratecount: int | None = None
    snapshot: bool | None = None
    event_trigger: str | None = None
    snap_orders: bool | None = None
    snap_trades: bool | None = None
    error: str | None = None
    warnings: tuple[str, ...] = ()


class Response(msgspec.Struct, frozen=True):
    """The answer to a request, `pong` included (docs.kraken.com/api/docs/guides/spot-ws-intro).

    A failure has `error` and no `result`; of a subscription it may have `symbol` beside them. `method` is empty where the
    exchange complained without saying what about.
    """

    method: str = ""
    success: bool | None = None
    error: str | None = None
    req_id: int | None = None
    result: Result | tuple[Result, ...] | None = None
    symbol: str | None = None
    orders_cancelled: int | None = None
    time_in: str | None = None
    time_out: str | None = None

    @property
    def failed(self) -> bool:
        """Whether the exchange said no."""
        return self.success is False or (self.success is None and self.error is not None)

    @property
    def results(self) -> tuple[Result, ...]:
        """The results as a tuple, whatever the shape: `batch_add` answers a list, most others one, a failure none."""
        if self.result is None:
            return ()
        return self.result if isinstance(self.result, tuple) else (self.result,)
