"""Orders on whichever way serves, under the exchange's rate counters."""

from collections.abc import Callable, Sequence
from typing import Final, TypeVar

import attrs
import trio

from seawall.kraken.client.account.cancels import gravest
from seawall.kraken.client.account.pace import RATE_LIMIT, Pace
from seawall.kraken.client.account.rest_orders import RestOrders
from seawall.kraken.client.account.socket_orders import SocketOrders
from seawall.kraken.client.account.ways import (
    MOST_CANCELS,
    Batch,
    CancelAnswer,
    OrderKey,
    OrderOutcome,
    OrderWay,
    Written,
)
from seawall.kraken.client.market.reference import Reference
from seawall.kraken.client.sending import Sending, nothing
from seawall.kraken.dialect.order_words import OneWayOnly
from seawall.kraken.dialect.socket.answers import OrderAdded, OrderAmended, OrderEdited
from seawall.kraken.dialect.socket.orders import AmendRequest, EditRequest, OrderRequest
from seawall.model.errors import NotSent, OutcomeUnknown, RefusedByExchange, SeawallError, Unavailable, UnknownSymbol
from seawall.model.reports import Acknowledgement, AmendOrder, PlaceOrder
from seawall.model.venue import CancelOutcome

__all__ = ["Orders"]

T = TypeVar("T")

_UNWRITABLE: Final = (UnknownSymbol, ValueError)


@attrs.define(eq=False)
class Orders:
    """The private socket while it serves, REST while it does not; what only one of them can say goes by that one.

    A request is written once, for one way, and counted; then it is sent that way or not at all.
    """

    _socket: SocketOrders
    _rest: RestOrders
    _pace: Pace
    _reference: Reference

    async def place(self, order: PlaceOrder, sending: Sending) -> Acknowledgement:
        """Raises as `Venue.place`."""
        symbol = order.symbol
        try:
            self._reference.instrument(symbol)
            send = self._socket.place(order) if self._socket.responsive else self._rest.place(order)
        except _UNWRITABLE as error:
            raise _unwritable(error) from error
        self._pace.place(symbol, trio.current_time(), client_order_id=order.client_order_id)
        try:
            acknowledged = await send(sending)
        except RefusedByExchange as refusal:
            self._refused(symbol, refusal)
            raise
        self._pace.named(order.client_order_id, acknowledged.order_id)
        return acknowledged

    async def submit(self, order: OrderRequest, sending: Sending = nothing) -> OrderAdded:
        """Raises as `Venue.place`."""
        send = self._written(order.symbol, lambda way: way.submit(order))
        self._count(order, 1.0, checked=bool(order.validate))
        added = await self._told(order.symbol, send, sending)
        self._pace.named(order.cl_ord_id, added.order_id)
        return added

    async def submit_batch(self, batch: Batch, sending: Sending = nothing) -> tuple[OrderOutcome, ...]:
        """Raises as `Venue.place` where the batch as a whole failed. Refused for the rate, nothing of it was counted."""
        if not batch.orders:
            raise _unwritable("orders: none are given")
        symbol = batch.orders[0].symbol
        send = self._written(symbol, lambda way: way.submit_batch(batch))
        now_s = trio.current_time()
        self._pace.check(symbol, self._pace.charge_of_add(len(batch.orders)), now_s)
        for order in batch.orders:
            self._count(order, self._pace.charge_of_add(len(batch.orders)) / len(batch.orders), checked=bool(batch.validate))
        outcomes = await self._told(symbol, send, sending)
        for order, outcome in zip(batch.orders, outcomes, strict=True):
            if outcome.added is not None:
                self._pace.named(order.cl_ord_id, outcome.added.order_id)
            elif isinstance(outcome.failure, RefusedByExchange):
                self._refused(symbol, outcome.failure)
        return outcomes

    async def amend(self, change: AmendOrder | AmendRequest, sending: Sending = nothing) -> OrderAmended:
        """Raises as `Venue.amend`."""
        name = change.client_order_id if isinstance(change, AmendOrder) else change.cl_ord_id or change.order_id
        send = self._written(None, lambda way: way.amend(change))
        self._pace.change("amend", name, trio.current_time())
        return await self._told(self._pace.symbol_of(name), send, sending)

    async def edit(self, change: EditRequest, sending: Sending = nothing) -> OrderEdited:
        """Raises as `Venue.place`; after any failure but `NotSent` the old order may be gone."""
        send = self._written(change.symbol, lambda way: way.edit(change))
        now_s = trio.current_time()
        self._pace.change("edit", change.order_id, now_s)
        edited = await self._told(change.symbol, send, sending)
        if edited.order_id is not None:
            self._pace.replaced(change.order_id, edited.order_id, change.symbol, now_s)
        return edited

    async def cancel(self, client_order_ids: Sequence[str], order_ids: Sequence[str] = ()) -> tuple[CancelOutcome, ...]:
        """Raises as `Venue.cancel`, after all were asked for. Ids may repeat."""
        keys = [*(OrderKey(each) for each in client_order_ids), *(OrderKey(order_id=each) for each in order_ids)]
        answers = await self.cancel_orders(keys)
        return tuple(
            CancelOutcome(name, answer.accepted, answer.reason)
            for name, answer in zip((*client_order_ids, *order_ids), answers, strict=True)
        )

    async def cancel_orders(self, keys: Sequence[OrderKey]) -> tuple[CancelAnswer, ...]:
        """Raises as `Venue.cancel`, after all were asked for. Keys may repeat."""
        unique = tuple(dict.fromkeys(keys))
        now_s = trio.current_time()
        for key in unique:
            self._pace.cancel(key, now_s)
        by_key: dict[OrderKey, CancelAnswer] = {}
        failures: list[SeawallError] = []
        for part in _parts(unique):
            try:
                answers = await self._cancel(part)
            except SeawallError as failure:
                failures.append(failure)  # raised below: the orders behind these are to be cancelled all the same
            else:
                by_key.update((answer.key, answer) for answer in answers)
        if failures:
            raise gravest(failures)
        return tuple(by_key[key] for key in keys)

    async def cancel_all(self) -> int:
        """Raises as `Venue.cancel`."""
        return await self._written(None, lambda way: way.cancel_all())(nothing)

    async def cancel_all_after(self, timeout_s: int) -> None:
        """Raises as `Venue.cancel_all_after`; ValueError for a time that the exchange does not take."""
        await self._way().cancel_all_after(timeout_s)(nothing)

    def _way(self) -> OrderWay:
        return self._socket if self._socket.responsive else self._rest

    def _written(self, symbol: str | None, write: Callable[[OrderWay], Written[T]]) -> Written[T]:
        """Have it written for the way that serves, or for the only one that can say it. Raises `NotSent`."""
        try:
            if symbol is not None:
                self._reference.instrument(symbol)
            if not self._socket.responsive:
                return write(self._rest)
            try:
                return write(self._socket)
            except OneWayOnly:
                return write(self._rest)
        except OneWayOnly as error:
            raise NotSent(f"only the private socket can say this, and it does not serve: {error}") from error
        except _UNWRITABLE as error:
            raise _unwritable(error) from error

    def _count(self, order: OrderRequest, charge: float, *, checked: bool) -> None:
        now_s = trio.current_time()
        if checked:
            self._pace.take(order.symbol, charge, now_s)
        else:
            self._pace.place(order.symbol, now_s, charge, client_order_id=order.cl_ord_id, userref=order.order_userref)

    async def _told(self, symbol: str | None, send: Written[T], sending: Sending) -> T:
        try:
            return await send(sending)
        except RefusedByExchange as refusal:
            self._refused(symbol, refusal)
            raise

    def _refused(self, symbol: str | None, refusal: RefusedByExchange) -> None:
        self._pace.refused(symbol, refusal.rule, trio.current_time())

    async def _cancel(self, keys: Sequence[OrderKey]) -> tuple[CancelAnswer, ...]:
        """Ask for cancels; where the exchange's rate counter is full, as a batch, which it takes all the same.

        docs.kraken.com/api/docs/guides/spot-ratelimits says so of batches, and not of others. A batch does not say which
        orders it cancelled, so it comes second.
        """
        try:
            return await self._way().cancel(keys)(nothing)
        except Unavailable as error:
            if not str(error).startswith(RATE_LIMIT):
                raise
        count = await self._rest.cancel_batch(keys)(nothing)
        if count != len(keys):
            raise OutcomeUnknown(f"{count} of {len(keys)} orders are being cancelled, and the answer does not say which")
        return tuple(CancelAnswer(key, accepted=True) for key in keys)


def _unwritable(why: object) -> NotSent:
    """Nothing left, and nothing will: the same order cannot be written the next time either."""
    failure = NotSent(f"the order cannot be written: {why}")
    failure.advice = "give up"
    return failure


def _parts(keys: Sequence[OrderKey]) -> list[Sequence[OrderKey]]:
    """What goes in one message: a user reference may mean several orders, so its answers are waited for alone."""
    named = [key for key in keys if key.userref is None]
    parts: list[Sequence[OrderKey]] = [named[begin : begin + MOST_CANCELS] for begin in range(0, len(named), MOST_CANCELS)]
    return parts + [(key,) for key in keys if key.userref is not None]
