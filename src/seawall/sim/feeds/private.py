"""The private channels, `executions` and `balances`: sparse rows, and a sequence of its own for every subscription.

What each event carries is what recordings of the live channel show; the page is docs.kraken.com/api/docs/websocket-v2/executions.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Final

import attrs
import msgspec

from seawall.kraken.dialect.times import to_rfc3339
from seawall.model.numbers import ZERO
from seawall.sim.exchange.accounts import LedgerEntry
from seawall.sim.exchange.events import (
    BookChanged,
    Event,
    IcebergRefilled,
    LedgerPosted,
    OrderAmended,
    OrderEnded,
    OrderFilled,
    OrderOpened,
    OrderReceived,
    OrderTraded,
    OrderTrailed,
    OrderTriggered,
    PairStatusChanged,
    StatusChanged,
    TradesPrinted,
)
from seawall.sim.exchange.exchange import Exchange
from seawall.sim.exchange.orders import SimFill, SimOrder, Status
from seawall.sim.feeds.frames import Json, channel_frame, number
from seawall.sim.feeds.topics import Subscriber

__all__ = ["PrivateFeed", "PrivateSubscription"]

SNAPSHOT_FILLS: Final = 50

Row = dict[str, Json]


@attrs.define(eq=False)
class PrivateSubscription:
    """One subscription of one connection. `every_status=False` leaves out what is between new and the end.

    With `ratecounter` each row about an order has the matching engine's counter of its pair. The page names the switch and
    not the field: `ratecount` is what the channel's older version called it (docs.kraken.com/api/docs/websocket-v1/openorders).
    """

    channel: str
    subscriber: Subscriber
    every_status: bool = True
    sequence: int = 0
    ratecounter: bool = False

    def send(self, kind: str, rows: list[Json], copies: int = 1) -> None:
        """Send rows under the next number; with other than one copy the frame is lost, or repeated."""
        self.sequence += 1
        frame = channel_frame(self.channel, kind, rows, sequence=self.sequence)
        for _ in range(copies):
            self.subscriber.send(frame)


@attrs.define(eq=False)
class PrivateFeed:
    """Tells every private subscription what happens to the account.

    `copies` says for each frame how often it is sent: 1; or 0 (a gap) and 2 (a duplicate) for faults.
    """

    exchange: Exchange
    copies: Callable[[], int] = lambda: 1
    _subscriptions: list[PrivateSubscription] = attrs.field(factory=list)

    def __attrs_post_init__(self) -> None:
        self.exchange.listen(self._hear)

    def subscribe(self, subscription: PrivateSubscription, *, snap_orders: bool, snap_fills: bool) -> bool:
        """Start a subscription with its snapshot, empty or not; False when there is one already."""
        if self.of(subscription.subscriber, subscription.channel) is not None:
            return False
        self._subscriptions.append(subscription)
        if subscription.channel == "balances":
            subscription.send("snapshot", self._balances())
            return True
        rows: list[Json] = []
        if snap_orders:
            rows += [_whole(order) for order in self.exchange.open_orders()]
        if snap_fills:
            rows += [_fill(fill) | {"order_status": "filled"} for fill in self.exchange.fills[: -SNAPSHOT_FILLS - 1 : -1]]
        subscription.send("snapshot", rows)
        return True

    def unsubscribe(self, subscriber: Subscriber, channel: str) -> bool:
        """End a subscription; False when there was none."""
        found = self.of(subscriber, channel)
        if found is not None:
            self._subscriptions.remove(found)
        return found is not None

    def of(self, subscriber: Subscriber, channel: str) -> PrivateSubscription | None:
        """The subscription of one connection to one channel."""
        mine = (each for each in self._subscriptions if each.subscriber is subscriber and each.channel == channel)
        return next(mine, None)

    def count(self, subscriber: Subscriber) -> int:
        """How many subscriptions a connection has."""
        return sum(each.subscriber is subscriber for each in self._subscriptions)

    def leave(self, subscriber: Subscriber) -> None:
        """Forget a connection."""
        self._subscriptions = [each for each in self._subscriptions if each.subscriber is not subscriber]

    def _hear(self, event: Event) -> None:
        if isinstance(event, LedgerPosted):
            self._tell("balances", _entry(event.entry), always=True)
            return
        row = _row(event)
        if row is not None:
            always = isinstance(event, OrderOpened | OrderFilled | OrderEnded)
            assert not isinstance(event, BookChanged | TradesPrinted | StatusChanged | PairStatusChanged)
            self._tell("executions", row, always=always, counter_of=event.order.pair.symbol)

    def _tell(self, channel: str, row: Row, *, always: bool, counter_of: str | None = None) -> None:
        for subscription in tuple(self._subscriptions):
            if subscription.channel == channel and (always or subscription.every_status):
                told = row
                if subscription.ratecounter and counter_of is not None:
                    told = row | {"ratecount": round(self.exchange.limits.level(counter_of))}
                subscription.send("update", [told], self.copies())

    def _balances(self) -> list[Json]:
        account = self.exchange.floor.account
        return [
            {
                "asset": name,
                "asset_class": "currency",
                "balance": number(amount, account.assets[name].decimals),
                "wallets": [{"type": "spot", "id": "main", "balance": number(amount, account.assets[name].decimals)}],
            }
            for name, amount in account.balances.items()
        ]


def _row(event: Event) -> Row | None:
    match event:
        case OrderReceived(order, at_ns):
            return _whole(order) | {"exec_type": "pending_new", "order_status": "pending_new", "timestamp": to_rfc3339(at_ns)}
        case OrderOpened(order, at_ns):
            return _bare(order, "new", "new", at_ns)
        case OrderAmended(order, at_ns):
            return _bare(order, "amended", order.status, at_ns) | _amended(order)
        case OrderTriggered(order, last_price, at_ns) | OrderTrailed(order, last_price, at_ns):
            return _bare(order, "status", order.status, at_ns) | {"triggers": _triggers(order, last_price)}
        case IcebergRefilled(order, shown, at_ns):
            remain: Row = {"display_qty_remain": number(shown, order.pair.qty_precision)}
            return _bare(order, "iceberg_refill", order.status, at_ns) | remain
        case OrderTraded(order, fill, cum_qty, cum_cost, _):
            return _fill(fill) | {"order_status": "partially_filled"} | _totals(order, cum_qty, cum_cost)
        case OrderFilled(order, at_ns) | OrderEnded(order, at_ns):
            reason: Row = {} if order.reason is None else {"reason": order.reason, "cancel_reason": order.reason}
            totals = _totals(order, order.cum_qty, order.cum_cost)
            return _bare(order, order.status, order.status, at_ns) | totals | reason
        case _:
            return None


def _ids(order_id: str, cl_ord_id: str | None, userref: int | None) -> Row:
    return {"order_id": order_id} | ({"order_userref": userref or 0} if cl_ord_id is None else {"cl_ord_id": cl_ord_id})


def _bare(order: SimOrder, exec_type: str, status: str, at_ns: int) -> Row:
    return {
        "timestamp": to_rfc3339(at_ns),
        "order_status": str(status),
        "exec_type": str(exec_type),
        **_ids(order.order_id, order.cl_ord_id, order.ask.userref),
    }


def _whole(order: SimOrder) -> Row:
    pair, ask = order.pair, order.ask
    row: Row = {
        **_ids(order.order_id, order.cl_ord_id, ask.userref),
        "symbol": pair.symbol,
        "order_qty": number(order.qty, pair.qty_precision),
        "cum_cost": number(order.cum_cost, pair.cost_precision),
        "time_in_force": ask.in_force.upper(),
        "exec_type": "pending_new" if order.status is Status.PENDING_NEW else "new",
        "side": str(order.side),
        "order_type": ask.type_name,
        "stop_price": number(order.trigger_price or ZERO, pair.price_precision),
        "order_status": str(order.status),
        "fee_usd_equiv": number(ZERO, 4),
        "fee_ccy_pref": "fcib" if ask.fee_in_base else "fciq",
        "timestamp": to_rfc3339(order.opened_ns),
    }
    if order.limit_price is not None:
        row |= {"limit_price": number(order.limit_price, pair.price_precision), "limit_price_type": "static"}
    if order.status is not Status.PENDING_NEW:
        row["cum_qty"] = number(order.cum_qty, pair.qty_precision)
    if ask.post_only:
        row["post_only"] = True
    if order.trigger_price is not None:
        row["triggers"] = _triggers(order, None)
    if order.display_qty is not None:
        row["display_qty"] = number(order.display_qty, pair.qty_precision)
    if ask.cash_qty is not None:
        row["cash_order_qty"] = number(ask.cash_qty, pair.cost_precision)
    if ask.expire_ns is not None:
        row["expire_time"] = to_rfc3339(ask.expire_ns)
    return row


def _amended(order: SimOrder) -> Row:
    pair = order.pair
    row: Row = {
        "cum_qty": number(order.cum_qty, pair.qty_precision),
        "reason": "User requested",
        "amended": True,
        "order_qty": number(order.qty, pair.qty_precision),
    }
    if order.limit_price is not None:
        row |= {"limit_price": number(order.limit_price, pair.price_precision), "limit_price_type": "static"}
    if order.trigger_price is not None:
        row["triggers"] = _triggers(order, None)
    return row


def _triggers(order: SimOrder, last_price: Decimal | None) -> Json:
    pair = order.pair
    assert order.trigger_price is not None
    row: Row = {
        "reference": "last",
        "price": number(order.trigger_price, pair.price_precision),
        "price_type": "static",
        "status": "untriggered" if order.dormant else "triggered",
    }
    offset = order.ask.trail or order.ask.trigger_offset
    if offset is not None:
        row |= {"price": msgspec.Raw(f"{offset.value:f}".encode()), "price_type": "pct" if offset.percent else "quote"}
        row["actual_price"] = number(order.trigger_price, pair.price_precision)
    if order.triggered_ns is not None:
        row["timestamp"] = to_rfc3339(order.triggered_ns)
    if last_price is not None:
        row |= {"last_price": number(last_price, pair.price_precision)}
    return row


def _totals(order: SimOrder, cum_qty: Decimal, cum_cost: Decimal) -> Row:
    pair = order.pair
    return {
        "cum_qty": number(cum_qty, pair.qty_precision),
        "cum_cost": number(cum_cost, pair.cost_precision),
        "avg_price": number(cum_cost / cum_qty if cum_qty else ZERO, pair.price_precision),
        "fee_usd_equiv": number(order.cum_fee if order.pair.quote.name == "USD" else ZERO, 4),
    }


def _fill(fill: SimFill) -> Row:
    pair = fill.pair
    fee_places = pair.cost_precision if fill.fee_asset == pair.quote.name else pair.base.decimals
    return {
        **_ids(fill.order_id, fill.cl_ord_id, fill.userref),
        "exec_id": fill.exec_id,
        "exec_type": "trade",
        "trade_id": fill.trade_id,
        "symbol": pair.symbol,
        "side": str(fill.side),
        "last_qty": number(fill.qty, pair.qty_precision),
        "last_price": number(fill.price, pair.price_precision),
        "liquidity_ind": "m" if fill.maker else "t",
        "cost": number(fill.cost, pair.cost_precision),
        "order_type": str(fill.order_type),
        "timestamp": to_rfc3339(fill.at_ns),
        "fee_usd_equiv": number(fill.fee if fill.fee_asset == "USD" else ZERO, 4),
        "fees": [{"asset": fill.fee_asset, "qty": number(fill.fee, fee_places)}],
    }


def _entry(entry: LedgerEntry) -> Row:
    places = entry.asset.decimals
    return {
        "ledger_id": entry.ledger_id,
        "ref_id": entry.ref_id,
        "timestamp": to_rfc3339(entry.at_ns),
        "type": entry.kind,
        "category": entry.kind,
        "asset": entry.asset.name,
        "asset_class": "currency",
        "wallet_type": "spot",
        "wallet_id": "main",
        "amount": number(entry.amount, places),
        "fee": number(entry.fee, places),
        "balance": number(entry.balance, places),
    }
