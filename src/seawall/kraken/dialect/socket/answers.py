"""What the answer to each WebSocket request says (docs.kraken.com/api/docs/websocket-v2, a page per method).

`frames.decode` gives the answer as a `Response`, whatever its method; `read_answer` makes of it one class per method, or the
refusal with what to do about it.
"""

from collections.abc import Callable, Mapping
from typing import Final, TypeVar

import attrs

from seawall.kraken.dialect.bad import BadFrame
from seawall.kraken.dialect.errors import Answer, read_errors
from seawall.kraken.dialect.socket.private_frames import Response, Result
from seawall.kraken.dialect.times import from_rfc3339
from seawall.kraken.dialect.unknown import Unknown

__all__ = [
    "Answered",
    "BatchAdded",
    "BatchRow",
    "OrderAdded",
    "OrderAmended",
    "OrderCanceled",
    "OrderEdited",
    "OrdersCanceled",
    "Pong",
    "Refused",
    "Subscribed",
    "SwitchSet",
    "Unsubscribed",
    "read_answer",
]

T = TypeVar("T")


@attrs.frozen
class OrderAdded:
    """`add_order`: the order was taken. `order_id` is None where only a check was asked for."""

    order_id: str | None
    cl_ord_id: str | None = None
    order_userref: int | None = None


@attrs.frozen
class OrderAmended:
    """`amend_order`: the change was taken; it names the order by the id that it was asked by."""

    amend_id: str
    order_id: str | None = None
    cl_ord_id: str | None = None


@attrs.frozen
class OrderEdited:
    """`edit_order`: the order goes on under a new id; None where only a check was asked for."""

    order_id: str | None
    original_order_id: str | None


@attrs.frozen
class OrderCanceled:
    """`cancel_order`: one order of the request is being cancelled, named by the kind of id that was given."""

    order_id: str | None = None
    cl_ord_id: str | None = None
    order_userref: int | None = None


@attrs.frozen
class OrdersCanceled:
    """`cancel_all` and `batch_cancel`: how many orders are being cancelled; none is a success too."""

    count: int


@attrs.frozen
class SwitchSet:
    """`cancel_all_orders_after`: the exchange's clock and when it will cancel (ns, whole seconds); None once disarmed."""

    current_ns: int
    trigger_ns: int | None


@attrs.frozen
class BatchRow:
    """One order of a batch, in the order of the request; one that was not taken has no `order_id`."""

    order_id: str | None
    cl_ord_id: str | None = None
    order_userref: int | None = None
    error: str | None = None


@attrs.frozen
class BatchAdded:
    """`batch_add`: what became of each order."""

    rows: tuple[BatchRow, ...]


@attrs.frozen
class Subscribed:
    """`subscribe`: one symbol's subscription stands, or that of a channel without symbols."""

    channel: str
    symbol: str | None
    result: Result


@attrs.frozen
class Unsubscribed:
    """`unsubscribe`: one subscription has ended."""

    channel: str
    symbol: str | None
    result: Result


@attrs.frozen
class Pong:
    """`ping`: the other side lives."""


@attrs.frozen
class Refused:
    """The exchange said no to `method` (empty where it did not say to what). `answer` tells what to do."""

    method: str
    answer: Answer
    symbol: str | None = None


Answered = (
    OrderAdded
    | OrderAmended
    | OrderEdited
    | OrderCanceled
    | OrdersCanceled
    | SwitchSet
    | BatchAdded
    | Subscribed
    | Unsubscribed
    | Pong
)


def read_answer(response: Response, now_ns: int | None = None) -> Answered | Refused | Unknown:
    """What the answer says; `Unknown` for a method that is new to us.

    `now_ns` is the exchange's clock, for refusals that name the time to wait for. Raises `BadFrame` for an answer of a known
    method that lacks what it is for: a request that acts has then an unknown outcome.
    """
    if response.failed:
        errors = [response.error] if response.error else ["no reason given"]
        return Refused(response.method, read_errors(errors, now_ns), response.symbol)
    read = _READERS.get(response.method)
    if read is None:
        return Unknown("method", response.method)
    try:
        return read(response)
    except ValueError as error:
        raise BadFrame(f"method {response.method}: {error}") from None


def _only(response: Response) -> Result:
    if len(response.results) != 1:
        raise ValueError(f"result: {len(response.results)} of them, where there should be one")
    return response.results[0]


def _needed(value: T | None, name: str) -> T:
    if value is None:
        raise ValueError(f"result.{name}: it is not there")
    return value


def _added(response: Response) -> OrderAdded:
    result = _only(response)
    return OrderAdded(result.order_id or None, result.cl_ord_id, result.order_userref)


def _amended(response: Response) -> OrderAmended:
    result = _only(response)
    return OrderAmended(_needed(result.amend_id, "amend_id"), result.order_id, result.cl_ord_id)


def _edited(response: Response) -> OrderEdited:
    result = _only(response)
    return OrderEdited(result.order_id or None, result.original_order_id)


def _canceled(response: Response) -> OrderCanceled:
    result = _only(response)
    if result.order_id is None and result.cl_ord_id is None and result.order_userref is None:
        raise ValueError("result: it names no order")
    return OrderCanceled(result.order_id, result.cl_ord_id, result.order_userref)


def _counted(response: Response) -> OrdersCanceled:
    """The page has `result.count`; recorded answers of `batch_cancel` have `orders_cancelled` and no result."""
    if response.orders_cancelled is not None:
        return OrdersCanceled(response.orders_cancelled)
    return OrdersCanceled(_needed(_only(response).count, "count"))


def _switched(response: Response) -> SwitchSet:
    result = _only(response)
    trigger = result.trigger_time
    return SwitchSet(
        from_rfc3339(_needed(result.current_time, "currentTime")),
        None if trigger in {None, "", "0"} else from_rfc3339(str(trigger)),
    )


def _batched(response: Response) -> BatchAdded:
    if not response.results:
        raise ValueError("result: it names no order")
    return BatchAdded(
        tuple(BatchRow(row.order_id or None, row.cl_ord_id, row.order_userref, row.error) for row in response.results)
    )


def _subscribed(response: Response) -> Subscribed:
    result = _only(response)
    return Subscribed(_needed(result.channel, "channel"), result.symbol, result)


def _unsubscribed(response: Response) -> Unsubscribed:
    result = _only(response)
    return Unsubscribed(_needed(result.channel, "channel"), result.symbol, result)


_READERS: Final[Mapping[str, Callable[[Response], Answered]]] = {
    "add_order": _added,
    "amend_order": _amended,
    "batch_add": _batched,
    "batch_cancel": _counted,
    "cancel_all": _counted,
    "cancel_all_orders_after": _switched,
    "cancel_order": _canceled,
    "edit_order": _edited,
    "pong": lambda _: Pong(),
    "subscribe": _subscribed,
    "unsubscribe": _unsubscribed,
}
