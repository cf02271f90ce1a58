"""Orders by REST, for while the private socket does not serve, and for what only REST can say."""

from collections.abc import Sequence
from functools import partial

import attrs
import trio

from seawall.kraken.client.account.cancels import gravest, why_gone
from seawall.kraken.client.account.ways import Batch, CancelAnswer, OrderKey, OrderOutcome, Written
from seawall.kraken.client.market.reference import Reference
from seawall.kraken.client.rest.client import RestClient
from seawall.kraken.client.rest.http import HttpAnswer
from seawall.kraken.client.sending import Sending
from seawall.kraken.dialect import rest
from seawall.kraken.dialect.errors import exception_for
from seawall.kraken.dialect.rest.trading import BatchOrderRow
from seawall.kraken.dialect.rest.translation import rest_edit, rest_order
from seawall.kraken.dialect.socket.answers import OrderAdded, OrderAmended, OrderEdited
from seawall.kraken.dialect.socket.orders import AmendRequest, EditRequest, OrderRequest
from seawall.model.errors import ExchangeError, OutcomeUnknown, SeawallError
from seawall.model.reports import Acknowledgement, AmendOrder, PlaceOrder

__all__ = ["RestOrders"]


@attrs.define(eq=False)
class RestOrders:
    """An `OrderWay` of one call for each request, and of one for each cancel."""

    _rest: RestClient
    _reference: Reference

    def place(self, order: PlaceOrder) -> Written[Acknowledgement]:
        """`AddOrder`."""
        request = rest.add_order(order, self._rest_name(order.symbol))
        return partial(self._rest.place, request, lambda answer: rest.read_added_order(answer.body, order.client_order_id))

    def submit(self, order: OrderRequest) -> Written[OrderAdded]:
        """`AddOrder`, with every field it has."""
        request = rest.add_order(rest_order(order), self._rest_name(order.symbol))
        return partial(self._rest.place, request, lambda answer: _added(answer, order))

    def submit_batch(self, batch: Batch) -> Written[tuple[OrderOutcome, ...]]:
        """`AddOrderBatch`."""
        symbols = {order.symbol: None for order in batch.orders}
        if len(symbols) > 1:
            raise ValueError(f"orders: {' and '.join(symbols)} cannot go in one batch")
        request = rest.add_order_batch(
            [rest_order(order) for order in batch.orders],
            "".join(self._rest_name(symbol) for symbol in symbols),
            deadline_ns=batch.deadline_ns,
            validate=batch.validate,
        )
        return partial(self._rest.place, request, lambda answer: _batched(answer, batch))

    def amend(self, change: AmendOrder | AmendRequest) -> Written[OrderAmended]:
        """`AmendOrder`."""
        return partial(self._rest.place, rest.amend_order(change), lambda answer: _amended(answer, change))

    def edit(self, change: EditRequest) -> Written[OrderEdited]:
        """`EditOrder`."""
        request = rest.edit_order(rest_edit(change), self._rest_name(change.symbol))
        return partial(self._rest.place, request, lambda answer: _edited(answer, change))

    def cancel(self, keys: Sequence[OrderKey]) -> Written[tuple[CancelAnswer, ...]]:
        """`CancelOrder` for each, at the same time: one lost answer does not hold up the rest."""
        calls = [
            rest.cancel_order(client_order_id=key.client_order_id, order_id=key.order_id, userref=key.userref) for key in keys
        ]
        return partial(self._cancel, list(zip(keys, calls, strict=True)))

    def cancel_batch(self, keys: Sequence[OrderKey]) -> Written[int]:
        """`CancelOrderBatch`: how many are being cancelled. The exchange takes it even where its rate counter is full."""
        request = rest.cancel_order_batch(
            [id_ for key in keys for id_ in (key.order_id, key.userref) if id_ is not None],
            client_order_ids=[key.client_order_id for key in keys if key.client_order_id is not None],
        )
        return partial(self._cancel_counted, request)

    def cancel_all(self) -> Written[int]:
        """`CancelAll`."""
        return partial(self._cancel_counted, rest.cancel_all_orders())

    def cancel_all_after(self, timeout_s: int) -> Written[None]:
        """`CancelAllOrdersAfter`."""
        return partial(self._set_switch, rest.cancel_all_orders_after(timeout_s))

    def _rest_name(self, symbol: str) -> str:
        return self._reference.instrument(symbol).rest_name

    async def _cancel(self, calls: Sequence[tuple[OrderKey, rest.RestRequest]], sending: Sending) -> tuple[CancelAnswer, ...]:
        answers: dict[OrderKey, CancelAnswer] = {}
        failures: list[SeawallError] = []

        async def cancel_one(key: OrderKey, request: rest.RestRequest) -> None:
            try:
                answers[key] = await self._cancel_one(key, request, sending)
            except SeawallError as failure:
                failures.append(failure)

        async with trio.open_nursery() as nursery:
            for key, request in calls:
                nursery.start_soon(cancel_one, key, request)
        if failures:
            raise gravest(failures)
        return tuple(answers[key] for key, _ in calls)

    async def _cancel_one(self, key: OrderKey, request: rest.RestRequest, sending: Sending) -> CancelAnswer:
        try:
            count = await self._cancel_counted(request, sending)
        except ExchangeError as refusal:
            return CancelAnswer(key, accepted=False, reason=why_gone(key, refusal.errors))
        return CancelAnswer(key, accepted=count > 0, reason=None if count else "the exchange counts no order")

    async def _cancel_counted(self, request: rest.RestRequest, sending: Sending) -> int:
        return await self._rest.cancel(request, lambda answer: rest.read_cancel_count(answer.body), sending)

    async def _set_switch(self, request: rest.RestRequest, sending: Sending) -> None:
        await self._rest.cancel(request, lambda answer: rest.read_cancel_all_after(answer.body), sending)


def _added(answer: HttpAnswer, order: OrderRequest) -> OrderAdded:
    txid = rest.read_new_order(answer.body).txid
    if len(txid) != 1 and not (order.validate and not txid):
        raise OutcomeUnknown(f"AddOrder: the answer names {len(txid)} orders instead of one")
    return OrderAdded(txid[0] if txid else None, order.cl_ord_id, order.order_userref)


def _batched(answer: HttpAnswer, batch: Batch) -> tuple[OrderOutcome, ...]:
    rows = rest.read_batch(answer.body)
    if len(rows) != len(batch.orders):
        raise OutcomeUnknown(f"AddOrderBatch: the answer has {len(rows)} rows for {len(batch.orders)} orders")
    return tuple(_outcome(row, order, checked=bool(batch.validate)) for row, order in zip(rows, batch.orders, strict=True))


def _outcome(row: BatchOrderRow, order: OrderRequest, *, checked: bool) -> OrderOutcome:
    if row.errors:
        return OrderOutcome(None, exception_for(row.errors, placing=True))
    if not row.txid and not checked:
        return OrderOutcome(None, OutcomeUnknown("AddOrderBatch: the row names no order and no error"))
    return OrderOutcome(OrderAdded(row.txid or None, order.cl_ord_id, order.order_userref))


def _amended(answer: HttpAnswer, change: AmendOrder | AmendRequest) -> OrderAmended:
    amend_id = rest.read_amended_order(answer.body)
    if isinstance(change, AmendOrder):
        return OrderAmended(amend_id, None, change.client_order_id)
    return OrderAmended(amend_id, change.order_id, change.cl_ord_id)


def _edited(answer: HttpAnswer, change: EditRequest) -> OrderEdited:
    edited = rest.read_edited_order(answer.body)
    if not edited.txid and not change.validate:
        raise OutcomeUnknown("EditOrder: the answer names no order")
    return OrderEdited(edited.txid or None, edited.originaltxid or change.order_id)
