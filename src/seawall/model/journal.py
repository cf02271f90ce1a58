"""The seam between the engine and whatever keeps its journal, and the records that are kept."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Protocol

import attrs

from seawall.model.order_states import OrderState
from seawall.model.orders import Intent
from seawall.model.reports import Fill

__all__ = ["FillRecord", "IntentRecord", "Journal", "NoteRecord", "OrderRecord", "Record", "Replayed", "Seen"]


@attrs.frozen
class Seen:
    """What the desk saw when it took an order: the touch (quote asset), its age, and the position of all owners (base asset).

    None where there was no verified book.
    """

    bid: Decimal | None = None
    ask: Decimal | None = None
    position_qty: Decimal | None = None
    quote_age_ns: int | None = None


@attrs.frozen
class IntentRecord:
    """Written, and on disk, before the order's first byte leaves.

    `claimed` marks an order that another hand placed, and that `owner` took over: it is written before anything is done with
    it. Its `client_order_id` is then the exchange's own id, since the exchange knows it under none of ours, and its
    `deadline_ns` is when it was opened, on the exchange's clock: by then it was surely there.
    """

    client_order_id: str
    owner: str
    intent: Intent
    deadline_ns: int
    at_ns: int
    seen: Seen = Seen()
    claimed: bool = False


@attrs.frozen
class OrderRecord:
    """An order took a step."""

    client_order_id: str
    state: OrderState
    at_ns: int
    order_id: str | None = None
    qty: Decimal | None = None
    limit_price: Decimal | None = None
    filled_qty: Decimal | None = None
    reason: str | None = None


@attrs.frozen
class FillRecord:
    """An execution of one of our orders; `owner` is the strategy it counts for. Kept once for each `exec_id`."""

    owner: str
    fill: Fill


@attrs.frozen
class NoteRecord:
    """Something worth reading later: a strategy's `say`, a notice. `kind` is short; `text` is for people."""

    owner: str
    kind: str
    text: str
    at_ns: int


Record = IntentRecord | OrderRecord | FillRecord | NoteRecord


@attrs.frozen
class Replayed:
    """What the journal knows of earlier runs.

    `intents` and the newest `orders` record of each, for every order that had not ended; all fills, oldest first.
    `journal_id` is the journal's own, made when it was created; `run` counts its openings from 1. `ended` are orders that had
    ended, with how they did, in the order they were planned: the newest thousand, and all that were taken for never placed.
    """

    journal_id: str
    run: int
    intents: tuple[IntentRecord, ...]
    orders: tuple[OrderRecord, ...]
    fills: tuple[FillRecord, ...]
    ended: tuple[tuple[IntentRecord, OrderRecord], ...] = ()


class Journal(Protocol):
    """Append-only; one writer."""

    @property
    def replayed(self) -> Replayed:
        """What was known when the journal was opened."""
        ...

    async def keep(self, records: Sequence[Record]) -> None:
        """Return once the records are on disk. Raises `JournalFailed`.

        On cancellation the records may or may not be kept: a record says what was planned, not that it was done.
        """
        ...

    def note(self, records: Sequence[Record]) -> None:
        """Queue records to be written soon, in order with all others; returns at once.

        The queue is bounded; when it is full, or after a failure, this raises `JournalFailed`.
        """
        ...
