"""What both transports of orders can do, and how their answers are told."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Protocol, TypeVar

import attrs

from seawall.kraken.client.sending import Sending
from seawall.kraken.dialect.order_words import refuse_unless_one
from seawall.kraken.dialect.socket.answers import OrderAdded, OrderAmended, OrderEdited
from seawall.kraken.dialect.socket.orders import AmendRequest, EditRequest, OrderRequest
from seawall.model.errors import SeawallError
from seawall.model.reports import Acknowledgement, AmendOrder, PlaceOrder

__all__ = ["MOST_CANCELS", "Batch", "CancelAnswer", "OrderKey", "OrderOutcome", "OrderWay", "Written"]

T = TypeVar("T")

MOST_CANCELS: Final = 50
"""Orders in one cancel: as many as a batch may hold (docs.kraken.com/api/docs/websocket-v2/batch_cancel)."""

Written = Callable[[Sending], Awaitable[T]]
"""A request that is written already: to call it sends it, once, and waits for the answer."""


@attrs.frozen
class OrderKey:
    """Names an open order by the exchange's id or by ours, or all open orders of a user reference. Give one of them."""

    client_order_id: str | None = None
    order_id: str | None = None
    userref: int | None = None

    def __attrs_post_init__(self) -> None:
        refuse_unless_one(client_order_id=self.client_order_id, order_id=self.order_id, userref=self.userref)

    def __str__(self) -> str:
        return str(next(each for each in (self.client_order_id, self.order_id, self.userref) if each is not None))


@attrs.frozen
class CancelAnswer:
    """What the exchange said to the cancel of one order: `accepted`, or `reason` why it knows no such open order.

    Accepted means that it took the request: the end itself is told by a report.
    """

    key: OrderKey
    accepted: bool
    reason: str | None = None


@attrs.frozen
class OrderOutcome:
    """What became of one order of a batch: it was `added`, or `failure` says why not.

    A failure is a `RefusedByExchange`, or an `OutcomeUnknown` where the exchange left it open.
    """

    added: OrderAdded | None
    failure: SeawallError | None = None


@attrs.frozen
class Batch:
    """Two to fifteen orders of one pair, sent together. Deadline and `validate` are of all of them."""

    orders: Sequence[OrderRequest]
    deadline_ns: int | None = None
    validate: bool | None = None


class OrderWay(Protocol):
    """One transport. Each method writes a request and sends nothing.

    Each raises ValueError for what cannot be written, `OneWayOnly` for what only the other transport can say, `UnknownSymbol`
    for a pair that the exchange does not list. What is written raises, when it is sent, as the venue's method of that name.
    """

    def place(self, order: PlaceOrder) -> Written[Acknowledgement]:
        """The engine's order."""
        ...

    def submit(self, order: OrderRequest) -> Written[OrderAdded]:
        """An order of any kind."""
        ...

    def submit_batch(self, batch: Batch) -> Written[tuple[OrderOutcome, ...]]:
        """Several orders at once."""
        ...

    def amend(self, change: AmendOrder | AmendRequest) -> Written[OrderAmended]:
        """A change in place."""
        ...

    def edit(self, change: EditRequest) -> Written[OrderEdited]:
        """A cancel with a changed order in its place."""
        ...

    def cancel(self, keys: Sequence[OrderKey]) -> Written[tuple[CancelAnswer, ...]]:
        """Cancels of different orders, at most 50, or of all of one user reference."""
        ...

    def cancel_all(self) -> Written[int]:
        """Cancel whatever is open; the answer is how many."""
        ...

    def cancel_all_after(self, timeout_s: int) -> Written[None]:
        """Set the dead man's switch."""
        ...
