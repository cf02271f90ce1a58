"""The private channels, `executions` and `balances`, with a sequence of its own for every subscription
(docs.kraken.com/api/docs/websocket-v2/executions and balances).
"""

from collections.abc import Callable
from typing import Final

import attrs

from seawall.sim.exchange.events import (
    BookChanged,
    Event,
    LedgerPosted,
    OrderEnded,
    OrderFilled,
    OrderOpened,
    PairStatusChanged,
    StatusChanged,
    TradesPrinted,
)
from seawall.sim.exchange.exchange import Exchange
from seawall.sim.feeds.frames import Json, channel_frame, number
from seawall.sim.feeds.private_rows import Row, entry_row, event_row, fill_row, whole_row
from seawall.sim.feeds.topics import Subscriber

__all__ = ["PrivateFeed", "PrivateSubscription"]

_PUBLIC: Final = (BookChanged, TradesPrinted, StatusChanged, PairStatusChanged)
"""What has nothing to do with one account; most of what happens is of the first two kinds."""

SNAPSHOT_FILLS: Final = 50


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

    def subscribe(
        self, subscription: PrivateSubscription, *, snap_orders: bool = False, snap_fills: bool = False, snapshot: bool = True
    ) -> bool:
        """Start a subscription with its snapshot, empty or not; False when there is one already. Without a snapshot its
        first update has the number 1.
        """
        if self.of(subscription.subscriber, subscription.channel) is not None:
            return False
        self._subscriptions.append(subscription)
        if not snapshot:
            return True
        if subscription.channel == "balances":
            subscription.send("snapshot", self._balances())
            return True
        rows: list[Json] = []
        if snap_orders:
            rows += [whole_row(order) for order in self.exchange.open_orders()]
        if snap_fills:
            rows += [fill_row(fill) | {"order_status": "filled"} for fill in self.exchange.fills[: -SNAPSHOT_FILLS - 1 : -1]]
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
        if isinstance(event, _PUBLIC):
            return
        if isinstance(event, LedgerPosted):
            self._tell("balances", entry_row(event.entry), always=True)
            return
        row = event_row(event)
        if row is not None:
            always = isinstance(event, OrderOpened | OrderFilled | OrderEnded)
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
