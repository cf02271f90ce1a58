"""Orders over the private socket."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

import attrs

from seawall.kraken.client.account.cancels import is_of_one_order, why_gone
from seawall.kraken.client.account.ways import Batch, CancelAnswer, OrderKey, OrderOutcome, Written
from seawall.kraken.client.sending import Sending
from seawall.kraken.client.session.facts import SessionExpired
from seawall.kraken.client.session.session import Session
from seawall.kraken.dialect.bad import BadFrame
from seawall.kraken.dialect.error_table import Family
from seawall.kraken.dialect.errors import exception_for, read_errors
from seawall.kraken.dialect.socket import requests
from seawall.kraken.dialect.socket.answers import (
    BatchAdded,
    BatchRow,
    OrderAdded,
    OrderAmended,
    OrderEdited,
    OrdersCanceled,
    read_answer,
)
from seawall.kraken.dialect.socket.orders import AmendRequest, EditRequest, OrderRequest
from seawall.kraken.dialect.socket.private_frames import Response
from seawall.model.errors import OutcomeUnknown
from seawall.model.reports import Acknowledgement, AmendOrder, PlaceOrder

__all__ = ["SocketOrders"]

T = TypeVar("T")


@attrs.define(eq=False)
class SocketOrders:
    """An `OrderWay` over a session of the private host; `token` gives that of the connection that is.

    While the session is not live each request raises `NotSent`. The exchange no longer knowing the token ends the connection:
    the next one gets another. What was asked with the old one was refused, and is not sent again from here.
    """

    _session: Session
    _token: Callable[[], str]

    @property
    def responsive(self) -> bool:
        """Whether requests are likely to be answered: it serves, and was heard of late."""
        return self._session.responsive

    def place(self, order: PlaceOrder) -> Written[Acknowledgement]:
        """`add_order`."""
        req_id = self._next_id()
        return partial(self._place, order.client_order_id, req_id, requests.add_order(order, self._token(), req_id))

    def submit(self, order: OrderRequest) -> Written[OrderAdded]:
        """`add_order`, with every field it has."""
        req_id = self._next_id()
        return partial(self._submit, order, req_id, requests.add_order(order, self._token(), req_id))

    def submit_batch(self, batch: Batch) -> Written[tuple[OrderOutcome, ...]]:
        """`batch_add`."""
        req_id = self._next_id()
        text = requests.batch_add(batch.orders, self._token(), req_id, deadline_ns=batch.deadline_ns, validate=batch.validate)
        return partial(self._submit_batch, batch, req_id, text)

    def amend(self, change: AmendOrder | AmendRequest) -> Written[OrderAmended]:
        """`amend_order`."""
        req_id = self._next_id()
        text = requests.amend_order(change, self._token(), req_id)
        return partial(self._acting, "amend_order", req_id, text, OrderAmended)

    def edit(self, change: EditRequest) -> Written[OrderEdited]:
        """`edit_order`."""
        req_id = self._next_id()
        text = requests.edit_order(change, self._token(), req_id)
        return partial(self._edit, change, req_id, text)

    def cancel(self, keys: Sequence[OrderKey]) -> Written[tuple[CancelAnswer, ...]]:
        """One `cancel_order` for all. One answer comes for each; a refusal names no order."""
        req_id = self._next_id()
        text = requests.cancel_order(
            [key.client_order_id for key in keys if key.client_order_id is not None],
            self._token(),
            req_id,
            order_ids=[key.order_id for key in keys if key.order_id is not None],
            order_userrefs=[key.userref for key in keys if key.userref is not None],
        )
        return partial(self._cancel, keys, req_id, text)

    def cancel_all(self) -> Written[int]:
        """`cancel_all`."""
        req_id = self._next_id()
        return partial(self._cancel_all, req_id, requests.cancel_all(self._token(), req_id))

    def cancel_all_after(self, timeout_s: int) -> Written[None]:
        """`cancel_all_orders_after`."""
        req_id = self._next_id()
        return partial(self._set_switch, req_id, requests.cancel_all_orders_after(timeout_s, self._token(), req_id))

    def _next_id(self) -> int:
        return self._session.conversation.answers.next_id()

    async def _place(self, client_order_id: str, req_id: int, text: str, sending: Sending) -> Acknowledgement:
        (response,) = await self._session.conversation.ask("add_order", req_id, text, sending=sending)
        self._check(response, placing=True)
        order_id = next((result.order_id for result in response.results), None)
        if not order_id:
            raise OutcomeUnknown("add_order: the answer names no order")
        return Acknowledgement(order_id, client_order_id)

    async def _submit(self, order: OrderRequest, req_id: int, text: str, sending: Sending) -> OrderAdded:
        added = await self._acting("add_order", req_id, text, OrderAdded, sending)
        if added.order_id is None and not order.validate:
            raise OutcomeUnknown("add_order: the answer names no order")
        return added

    async def _submit_batch(self, batch: Batch, req_id: int, text: str, sending: Sending) -> tuple[OrderOutcome, ...]:
        rows = (await self._acting("batch_add", req_id, text, BatchAdded, sending)).rows
        if len(rows) != len(batch.orders):
            raise OutcomeUnknown(f"batch_add: the answer has {len(rows)} rows for {len(batch.orders)} orders")
        return tuple(_outcome(row, checked=bool(batch.validate)) for row in rows)

    async def _edit(self, change: EditRequest, req_id: int, text: str, sending: Sending) -> OrderEdited:
        edited = await self._acting("edit_order", req_id, text, OrderEdited, sending)
        if edited.order_id is None and not change.validate:
            raise OutcomeUnknown("edit_order: the answer names no order")
        return edited

    async def _acting(self, method: str, req_id: int, text: str, kind: type[T], sending: Sending) -> T:
        """Send what makes or changes orders, and read its answer as what it must be."""
        (response,) = await self._session.conversation.ask(method, req_id, text, sending=sending)
        self._check(response, placing=True)
        return _read(response, kind)

    async def _cancel(self, keys: Sequence[OrderKey], req_id: int, text: str, sending: Sending) -> tuple[CancelAnswer, ...]:
        responses = await self._session.conversation.ask(
            "cancel_order", req_id, text, count=len(keys), final=_of_the_whole_request, sending=sending
        )
        taken = {
            id_
            for response in responses
            for result in response.results
            if not response.failed
            for id_ in (result.cl_ord_id, result.order_id, result.order_userref)
            if id_ is not None
        }
        errors = tuple(dict.fromkeys(response.error or "no reason given" for response in responses if response.failed))
        for error in errors:
            self._check_session(error)
        return tuple(
            CancelAnswer(key, accepted=True)
            if {key.client_order_id, key.order_id, key.userref} & taken
            else CancelAnswer(key, accepted=False, reason=why_gone(key, errors))
            for key in keys
        )

    async def _cancel_all(self, req_id: int, text: str, sending: Sending) -> int:
        (response,) = await self._session.conversation.ask("cancel_all", req_id, text, sending=sending)
        self._check(response, placing=False)
        return _read(response, OrdersCanceled).count

    async def _set_switch(self, req_id: int, text: str, sending: Sending) -> None:
        (response,) = await self._session.conversation.ask("cancel_all_orders_after", req_id, text, sending=sending)
        self._check(response, placing=False)

    def _check(self, response: Response, *, placing: bool) -> None:
        if not response.failed:
            return
        error = response.error or "no reason given"
        self._check_session(error)
        raise exception_for([error], placing=placing)

    def _check_session(self, error: str) -> None:
        if read_errors([error]).family is Family.SESSION:
            self._session.fail(SessionExpired(error))


def _read(response: Response, kind: type[T]) -> T:
    try:
        answer = read_answer(response)
    except BadFrame as bad:
        raise OutcomeUnknown(f"{response.method}: the answer cannot be understood ({bad.reason})") from bad
    if not isinstance(answer, kind):
        raise OutcomeUnknown(f"{response.method}: the answer is of another method")
    return answer


def _outcome(row: BatchRow, *, checked: bool) -> OrderOutcome:
    if row.error is not None:
        return OrderOutcome(None, exception_for([row.error], placing=True))
    if row.order_id is None and not checked:
        return OrderOutcome(None, OutcomeUnknown("batch_add: the row names no order and no error"))
    return OrderOutcome(OrderAdded(row.order_id, row.cl_ord_id, row.order_userref))


def _of_the_whole_request(response: Response) -> bool:
    """Whether a refused cancel has a reason that is not one order's: then it may be the only answer."""
    return response.failed and not is_of_one_order(response.error)
