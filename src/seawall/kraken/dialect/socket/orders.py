"""Orders and their changes with every field that the WebSocket takes (docs.kraken.com/api/docs/websocket-v2).

Each class refuses, with a ValueError that names the field, only what contradicts itself; what the market, the account and the
limits make of it is asked elsewhere. None is never sent: the exchange's default holds. `params` gives the fields in the order
they are written.
"""

from decimal import Decimal
from typing import Literal

import attrs

from seawall.kraken.dialect.books.digits import refuse_unsound
from seawall.kraken.dialect.order_checks import WordOf, instant, reference_number
from seawall.kraken.dialect.order_words import (
    RULES,
    FeePreference,
    OneWayOnly,
    OrderKind,
    OrderSide,
    PriceType,
    Reference,
    StpType,
    finite,
    not_negative,
    refuse_unless_one,
)
from seawall.kraken.dialect.socket.json_text import deadline_text, given, number_token, optional_token, second_text

__all__ = ["AmendRequest", "ConditionalClose", "EditRequest", "OrderRequest", "TriggerTerms"]


TimeInForce = Literal["gtc", "gtd", "ioc", "fok"]


@attrs.frozen
class TriggerTerms:
    """What a triggered order waits for: `price` is a signed distance unless `price_type` is `static`.

    Trailing types take a positive distance, in percent or in the quote asset.
    """

    price: Decimal
    reference: Reference = attrs.field(default="last", validator=WordOf(Reference))
    price_type: PriceType = attrs.field(default="static", validator=WordOf(PriceType))

    def __attrs_post_init__(self) -> None:
        refuse_unsound("triggers.price", self.price, signed=True)

    def params(self) -> dict[str, object]:
        """The fields as they are written."""
        return {"reference": self.reference, "price": number_token(self.price), "price_type": self.price_type}


@attrs.frozen(kw_only=True)
class ConditionalClose:
    """The order that each fill of another one places: of the same size, on the other side, independent from then on."""

    order_type: OrderKind = attrs.field(validator=WordOf(OrderKind))
    trigger_price: Decimal | None = attrs.field(default=None, validator=finite)
    trigger_price_type: PriceType | None = attrs.field(default=None, validator=WordOf(PriceType))
    limit_price: Decimal | None = attrs.field(default=None, validator=finite)
    limit_price_type: PriceType | None = attrs.field(default=None, validator=WordOf(PriceType))

    def params(self) -> dict[str, object]:
        """The fields as they are written."""
        return given(
            {
                "order_type": self.order_type,
                "trigger_price": optional_token(self.trigger_price),
                "trigger_price_type": self.trigger_price_type,
                "limit_price": optional_token(self.limit_price),
                "limit_price_type": self.limit_price_type,
            }
        )


@attrs.frozen(kw_only=True)
class OrderRequest:
    """One new order (websocket-v2/add_order). `order_qty` is in base, `cash_order_qty` in quote: give one of them.

    Times are nanoseconds since the epoch on the exchange's clock; `effective_time_ns` and `expire_time_ns` count to the second.
    `validate` asks for a check without an order. `sender_sub_id` parts the account for self-trade prevention.

    `margin` opens a position with the highest leverage of the pair, at most 5. The WebSocket has no word for another one:
    an order with `leverage` is for REST (rest-api/add-order), and `params` raises `OneWayOnly`.
    """

    order_type: OrderKind = attrs.field(validator=WordOf(OrderKind))
    side: OrderSide = attrs.field(validator=WordOf(OrderSide))
    symbol: str
    order_qty: Decimal | None = attrs.field(default=None, validator=not_negative)
    cash_order_qty: Decimal | None = attrs.field(default=None, validator=not_negative)
    limit_price: Decimal | None = attrs.field(default=None, validator=finite)
    limit_price_type: PriceType | None = attrs.field(default=None, validator=WordOf(PriceType))
    triggers: TriggerTerms | None = None
    time_in_force: TimeInForce | None = attrs.field(default=None, validator=WordOf(TimeInForce))
    post_only: bool | None = None
    reduce_only: bool | None = None
    margin: bool | None = None
    leverage: int | None = None
    effective_time_ns: int | None = attrs.field(default=None, validator=instant)
    expire_time_ns: int | None = attrs.field(default=None, validator=instant)
    deadline_ns: int | None = attrs.field(default=None, validator=instant)
    cl_ord_id: str | None = None
    order_userref: int | None = attrs.field(default=None, validator=reference_number)
    conditional: ConditionalClose | None = None
    display_qty: Decimal | None = attrs.field(default=None, validator=not_negative)
    fee_preference: FeePreference | None = attrs.field(default=None, validator=WordOf(FeePreference))
    stp_type: StpType | None = attrs.field(default=None, validator=WordOf(StpType))
    sender_sub_id: str | None = None
    validate: bool | None = None

    def __attrs_post_init__(self) -> None:
        rule = RULES[self.order_type]
        refuse_unless_one(order_qty=self.order_qty, cash_order_qty=self.cash_order_qty)
        for name, needed, value in (("limit_price", rule.limit, self.limit_price), ("triggers", rule.trigger, self.triggers)):
            if needed != (value is not None):
                raise ValueError(f"{name}: {'needed for' if needed else 'not a part of'} {self.order_type} orders")
        for name, is_wrong, why in (
            ("cl_ord_id", self.cl_ord_id is not None and self.order_userref is not None, "excludes order_userref"),
            (
                "expire_time_ns",
                (self.time_in_force == "gtd") != (self.expire_time_ns is not None),
                "goes with gtd, and gtd with it",
            ),
            ("post_only", bool(self.post_only) and not rule.limit, f"not a part of {self.order_type} orders"),
            ("leverage", self.leverage is not None and self.leverage < 2, "a whole number from 2 on"),
            ("leverage", self.leverage is not None and self.margin is not None, "says what margin leaves open: give one of them"),
            ("display_qty", self.display_qty is not None and self.order_type != "iceberg", "only of iceberg orders"),
            ("cash_order_qty", self.cash_order_qty is not None and self.order_type != "market", "only of market orders"),
        ):
            if is_wrong:
                raise ValueError(f"{name}: {why}")

    def params(self) -> dict[str, object]:
        """The fields as they are written. Raises `OneWayOnly`."""
        if self.leverage is not None:
            raise OneWayOnly(f"leverage: {self.leverage} can be said by REST only")
        return given(
            {
                "order_type": self.order_type,
                "side": self.side,
                "symbol": self.symbol,
                "order_qty": optional_token(self.order_qty),
                "cash_order_qty": optional_token(self.cash_order_qty),
                "limit_price": optional_token(self.limit_price),
                "limit_price_type": self.limit_price_type,
                "triggers": None if self.triggers is None else self.triggers.params(),
                "time_in_force": self.time_in_force,
                "post_only": self.post_only,
                "reduce_only": self.reduce_only,
                "margin": self.margin,
                "effective_time": second_text(self.effective_time_ns),
                "expire_time": second_text(self.expire_time_ns),
                "cl_ord_id": self.cl_ord_id,
                "order_userref": self.order_userref,
                "conditional": None if self.conditional is None else self.conditional.params(),
                "display_qty": optional_token(self.display_qty),
                "fee_preference": self.fee_preference,
                "stp_type": self.stp_type,
                "sender_sub_id": self.sender_sub_id,
                "deadline": deadline_text(self.deadline_ns),
                "validate": self.validate,
            }
        )


@attrs.frozen(kw_only=True)
class AmendRequest:
    """New values for an open order, in place (websocket-v2/amend_order). `order_qty` is the total, not the remainder.

    `symbol` is needed for tokenised assets only.
    """

    order_id: str | None = None
    cl_ord_id: str | None = None
    order_qty: Decimal | None = attrs.field(default=None, validator=not_negative)
    limit_price: Decimal | None = attrs.field(default=None, validator=finite)
    limit_price_type: PriceType | None = attrs.field(default=None, validator=WordOf(PriceType))
    trigger_price: Decimal | None = attrs.field(default=None, validator=finite)
    trigger_price_type: PriceType | None = attrs.field(default=None, validator=WordOf(PriceType))
    display_qty: Decimal | None = attrs.field(default=None, validator=not_negative)
    post_only: bool | None = None
    deadline_ns: int | None = attrs.field(default=None, validator=instant)
    symbol: str | None = None

    def __attrs_post_init__(self) -> None:
        refuse_unless_one(order_id=self.order_id, cl_ord_id=self.cl_ord_id)
        if all(value is None for value in (self.order_qty, self.limit_price, self.trigger_price, self.display_qty)):
            raise ValueError("amend_order: it changes neither a quantity nor a price")

    def params(self) -> dict[str, object]:
        """The fields as they are written."""
        return given(
            {
                "order_id": self.order_id,
                "cl_ord_id": self.cl_ord_id,
                "order_qty": optional_token(self.order_qty),
                "limit_price": optional_token(self.limit_price),
                "limit_price_type": self.limit_price_type,
                "trigger_price": optional_token(self.trigger_price),
                "trigger_price_type": self.trigger_price_type,
                "display_qty": optional_token(self.display_qty),
                "post_only": self.post_only,
                "deadline": deadline_text(self.deadline_ns),
                "symbol": self.symbol,
            }
        )


@attrs.frozen(kw_only=True)
class EditRequest:
    """Cancel an order and place a changed one under a new id (websocket-v2/edit_order).

    Amend wherever it can be had: an edit loses the place in the queue, costs more of the rate counter, and may cancel without
    placing. `order_type` is the order's own and never sent: REST calls the limit of triggered orders by another name.
    """

    order_id: str
    symbol: str
    order_type: OrderKind | None = attrs.field(default=None, validator=WordOf(OrderKind))
    order_qty: Decimal | None = attrs.field(default=None, validator=not_negative)
    limit_price: Decimal | None = attrs.field(default=None, validator=finite)
    triggers: TriggerTerms | None = None
    display_qty: Decimal | None = attrs.field(default=None, validator=not_negative)
    post_only: bool | None = None
    reduce_only: bool | None = None
    fee_preference: FeePreference | None = attrs.field(default=None, validator=WordOf(FeePreference))
    order_userref: int | None = attrs.field(default=None, validator=reference_number)
    deadline_ns: int | None = attrs.field(default=None, validator=instant)
    validate: bool | None = None

    def params(self) -> dict[str, object]:
        """The fields as they are written."""
        return given(
            {
                "order_id": self.order_id,
                "symbol": self.symbol,
                "order_qty": optional_token(self.order_qty),
                "limit_price": optional_token(self.limit_price),
                "triggers": None if self.triggers is None else self.triggers.params(),
                "display_qty": optional_token(self.display_qty),
                "post_only": self.post_only,
                "reduce_only": self.reduce_only,
                "fee_preference": self.fee_preference,
                "order_userref": self.order_userref,
                "deadline": deadline_text(self.deadline_ns),
                "validate": self.validate,
            }
        )
