"""REST answers to requests that make, change or end orders, with every field of their pages (docs.kraken.com/api/docs/rest-api).

Decoders take the body of an answer with HTTP status 200 and raise as `envelope.read_result` with `placing`: an answer that
cannot be understood leaves the outcome unknown.
"""

import msgspec

from seawall.kraken.dialect.rest.envelope import read_result

__all__ = [
    "BatchOrderRow",
    "Cancellation",
    "Described",
    "EditedOrder",
    "NewOrder",
    "read_batch",
    "read_cancellation",
    "read_edited_order",
    "read_new_order",
]


class Described(msgspec.Struct, frozen=True):
    """The order and its conditional close as sentences."""

    order: str = ""
    close: str = ""


class NewOrder(msgspec.Struct, frozen=True):
    """`AddOrder`: the order's id, in a list of one; no id where only a check was asked for."""

    descr: Described | None = None
    txid: tuple[str, ...] = ()


class BatchOrderRow(msgspec.Struct, frozen=True):
    """One order of `AddOrderBatch`, in the order of the request: its id, or why it was refused."""

    txid: str | None = None
    descr: Described | None = None
    close: str | None = None
    error: str | tuple[str, ...] | None = None

    @property
    def errors(self) -> tuple[str, ...]:
        """The error strings, however they were written."""
        if isinstance(self.error, str):
            return (self.error,)
        return self.error or ()


class EditedOrder(msgspec.Struct, frozen=True):
    """`EditOrder`: the new id, empty after a check; all but that and `descr` is sent without being documented."""

    txid: str = ""
    descr: Described | None = None
    originaltxid: str | None = None
    status: str | None = None
    orders_cancelled: int | str | None = None
    newuserref: int | str | None = None
    volume: str | None = None
    price: str | None = None
    price2: str | None = None


class Cancellation(msgspec.Struct, frozen=True):
    """`CancelOrder`, `CancelAll`, `CancelOrderBatch`: how many orders; `pending` where the engine has yet to do it."""

    count: int
    pending: bool = False


class _Batch(msgspec.Struct, frozen=True):
    orders: tuple[BatchOrderRow, ...]


def read_new_order(body: bytes | str) -> NewOrder:
    """`AddOrder`, of a check too."""
    return read_result(body, NewOrder, placing=True)


def read_batch(body: bytes | str) -> tuple[BatchOrderRow, ...]:
    """`AddOrderBatch`: one row for each order of the request."""
    return read_result(body, _Batch, placing=True).orders


def read_edited_order(body: bytes | str) -> EditedOrder:
    """`EditOrder`."""
    return read_result(body, EditedOrder, placing=True)


def read_cancellation(body: bytes | str) -> Cancellation:
    """`CancelOrder`, `CancelAll` and `CancelOrderBatch`. A cancel is safe to repeat, so this one raises as a read does."""
    return read_result(body, Cancellation)
