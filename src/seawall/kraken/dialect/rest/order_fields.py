"""Orders and edits with every field that REST takes (docs.kraken.com/api/docs/rest-api/add-order, edit-order).

Each class refuses, with a ValueError that names the field, only what contradicts itself. None is never sent: the exchange's
default holds. `fields` gives JSON values in the order they are written, `form` the same for a form-encoded body.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Literal

import attrs

from seawall.kraken.dialect.books.digits import refuse_unsound
from seawall.kraken.dialect.order_checks import WordOf, instant, reference_number
from seawall.kraken.dialect.order_words import (
    RULES,
    TRAILING,
    OrderKind,
    OrderSide,
    Reference,
    StpType,
    not_negative,
    refuse_unless_one,
)
from seawall.kraken.dialect.rest.call import plain_or_none, word
from seawall.kraken.dialect.rest.prices import Price, RelativePrice, price_or_none, sound_price
from seawall.kraken.dialect.socket.json_text import deadline_text, given
from seawall.model.numbers import plain

__all__ = ["OrderFlag", "RestClose", "RestEdit", "RestOrder", "RestTimeInForce"]

OrderFlag = Literal["post", "fcib", "fciq", "viqc", "nompp"]
"""Post only; fee in base; fee in quote; volume in quote; the last one is accepted and ignored."""

RestTimeInForce = Literal["GTC", "IOC", "GTD", "FOK"]


def _when(name: str, at_s: int | None, in_s: int | None) -> str | None:
    """Unix seconds, or `+n` seconds from when the exchange gets it."""
    if at_s is not None and in_s is not None:
        raise ValueError(f"{name}: give an instant or a delay, and not both")
    if (at_s or 0) < 0 or (in_s or 0) < 0:
        raise ValueError(f"{name}: {in_s if at_s is None else at_s} seconds are negative")
    return word(at_s) if in_s is None else f"+{in_s}"


def _form(fields: Mapping[str, object]) -> dict[str, str]:
    """Booleans and integers as words, inner objects as `name[key]`."""
    flat: dict[str, str] = {}
    for name, value in fields.items():
        if isinstance(value, dict):
            flat.update({f"{name}[{key}]": str(inner) for key, inner in value.items()})
        else:
            flat[name] = str(value).lower() if isinstance(value, bool) else str(value)
    return flat


@attrs.frozen(kw_only=True)
class RestClose:
    """The order that each fill of another one places: of the same size, on the other side, independent from then on."""

    order_type: OrderKind = attrs.field(validator=WordOf(OrderKind))
    price: Price | None = attrs.field(default=None, validator=sound_price)
    price2: Price | None = attrs.field(default=None, validator=sound_price)

    def fields(self) -> dict[str, object]:
        """The fields as they are written."""
        return given({"ordertype": self.order_type, "price": price_or_none(self.price), "price2": price_or_none(self.price2)})


@attrs.frozen(kw_only=True)
class RestOrder:
    """One new order. `price` is the limit, or the trigger of triggered types, whose limit is `price2`.

    `volume` is in base, or in quote with the flag `viqc`; 0 closes a margin position. `start_s` and `expire_s` are unix
    seconds, `start_in_s` and `expire_in_s` delays; `deadline_ns` is nanoseconds since the epoch on the exchange's clock.
    """

    order_type: OrderKind = attrs.field(validator=WordOf(OrderKind))
    side: OrderSide = attrs.field(validator=WordOf(OrderSide))
    volume: Decimal
    price: Price | None = attrs.field(default=None, validator=sound_price)
    price2: Price | None = attrs.field(default=None, validator=sound_price)
    display_volume: Decimal | None = attrs.field(default=None, validator=not_negative)
    trigger: Reference | None = attrs.field(default=None, validator=WordOf(Reference))
    leverage: int | None = None
    reduce_only: bool | None = None
    flags: tuple[OrderFlag, ...] = attrs.field(default=(), validator=WordOf(OrderFlag))
    time_in_force: RestTimeInForce | None = attrs.field(default=None, validator=WordOf(RestTimeInForce))
    start_s: int | None = None
    start_in_s: int | None = None
    expire_s: int | None = None
    expire_in_s: int | None = None
    stp_type: StpType | None = attrs.field(default=None, validator=WordOf(StpType))
    cl_ord_id: str | None = None
    userref: int | None = attrs.field(default=None, validator=reference_number)
    close: RestClose | None = None
    deadline_ns: int | None = attrs.field(default=None, validator=instant)
    validate: bool | None = None
    asset_class: str | None = None
    broker: str | None = None

    def __attrs_post_init__(self) -> None:
        refuse_unsound("volume", self.volume, signed=False)
        rule = RULES[self.order_type]
        for name, needed, value in (
            ("price", rule.limit or rule.trigger, self.price),
            ("price2", rule.limit and rule.trigger, self.price2),
        ):
            if needed != (value is not None):
                raise ValueError(f"{name}: {'needed for' if needed else 'not a part of'} {self.order_type} orders")
        expires = self.expire_s is not None or self.expire_in_s is not None
        for name, is_wrong, why in (
            ("cl_ord_id", self.cl_ord_id is not None and self.userref is not None, "excludes userref"),
            ("time_in_force", self.time_in_force == "GTD" and not expires, "GTD goes with expire_s or expire_in_s"),
            ("display_volume", self.display_volume is not None and self.order_type != "iceberg", "only of iceberg orders"),
            ("flags", "post" in self.flags and not rule.limit, f"post is not a part of {self.order_type} orders"),
            ("flags", "viqc" in self.flags and self.order_type != "market", "viqc is of market orders only"),
            (
                "price",
                self.order_type in TRAILING and not isinstance(self.price, RelativePrice),
                "a distance, for trailing orders",
            ),
            ("trigger", self.trigger is not None and not rule.trigger, f"not a part of {self.order_type} orders"),
        ):
            if is_wrong:
                raise ValueError(f"{name}: {why}")
        _when("start_s", self.start_s, self.start_in_s)
        _when("expire_s", self.expire_s, self.expire_in_s)

    def fields(self) -> dict[str, object]:
        """The fields as JSON has them, without the pair."""
        return given(
            {
                "ordertype": self.order_type,
                "type": self.side,
                "volume": plain(self.volume),
                "price": price_or_none(self.price),
                "price2": price_or_none(self.price2),
                "displayvol": plain_or_none(self.display_volume),
                "trigger": self.trigger,
                "leverage": word(self.leverage),
                "reduce_only": self.reduce_only,
                "oflags": ",".join(self.flags) or None,
                "timeinforce": self.time_in_force,
                "starttm": _when("start_s", self.start_s, self.start_in_s),
                "expiretm": _when("expire_s", self.expire_s, self.expire_in_s),
                "stptype": None if self.stp_type is None else self.stp_type.replace("_", "-"),
                "cl_ord_id": self.cl_ord_id,
                "userref": self.userref,
                "close": None if self.close is None else self.close.fields(),
                "deadline": deadline_text(self.deadline_ns),
                "validate": self.validate,
                "asset_class": self.asset_class,
                "broker": self.broker,
            }
        )

    def form(self) -> dict[str, str]:
        """The same, as a form-encoded body has it."""
        return _form(self.fields())


@attrs.frozen(kw_only=True)
class RestEdit:
    """Cancel an order, named by id or by its only user reference, and place a changed one; `volume` is the new total.

    `new_userref` is the user reference of the new order; `cancel_response` asks to be told when the old one was already gone.
    """

    order_id: str | None = None
    userref: int | None = attrs.field(default=None, validator=reference_number)
    volume: Decimal | None = attrs.field(default=None, validator=not_negative)
    display_volume: Decimal | None = attrs.field(default=None, validator=not_negative)
    price: Price | None = attrs.field(default=None, validator=sound_price)
    price2: Price | None = attrs.field(default=None, validator=sound_price)
    post_only: bool = False
    new_userref: int | None = attrs.field(default=None, validator=reference_number)
    deadline_ns: int | None = attrs.field(default=None, validator=instant)
    cancel_response: bool | None = None
    validate: bool | None = None

    def __attrs_post_init__(self) -> None:
        refuse_unless_one(order_id=self.order_id, userref=self.userref)

    def form(self) -> dict[str, str]:
        """The fields as a form-encoded body has them, without the pair."""
        return _form(
            given(
                {
                    "txid": word(self.userref) if self.order_id is None else self.order_id,
                    "volume": plain_or_none(self.volume),
                    "displayvol": plain_or_none(self.display_volume),
                    "price": price_or_none(self.price),
                    "price2": price_or_none(self.price2),
                    "oflags": "post" if self.post_only else None,
                    "userref": self.new_userref,
                    "deadline": deadline_text(self.deadline_ns),
                    "cancel_response": self.cancel_response,
                    "validate": self.validate,
                }
            )
        )
