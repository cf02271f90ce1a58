"""The words of an order that both transports share: types, and prices said as a distance."""

import re
from decimal import Decimal
from typing import Final

from seawall.model.orders import OrderType, Side
from seawall.sim.exchange.offsets import Offset
from seawall.sim.exchange.refusal import invalid

__all__ = ["ICEBERG", "TRAILING", "offset_of", "order_type_of", "trail_of"]

ICEBERG: Final = "iceberg"
TRAILING: Final = {"trailing-stop": OrderType.STOP_LOSS, "trailing-stop-limit": OrderType.STOP_LOSS_LIMIT}
"""A trailing stop is a stop whose trigger follows the price."""

_RELATIVE: Final = re.compile(r"([+#-])([0-9]{1,15}(?:\.[0-9]{1,12})?)(%?)")


def order_type_of(word: str | None, field: str) -> OrderType:
    """What an order is to the engine. Raises `ApiError` for words it does not know."""
    word = (word or "").lower()
    if word == ICEBERG:
        return OrderType.LIMIT
    if word in TRAILING:
        return TRAILING[word]
    try:
        return OrderType(word)
    except ValueError:
        raise invalid(field) from None


def trail_of(distance: Offset, side: Side, field: str) -> Offset:
    """How far a trailing trigger stands from the best price: below it for a sell, above it for a buy."""
    if distance.value <= 0:
        raise invalid(field)
    return distance if side is Side.BUY else distance.negated()


def offset_of(text: str | None, side: Side, order_type: OrderType) -> Offset | None:
    """A relative price of REST (docs.kraken.com/api/docs/rest-api/add-order): `+5.5`, `-2%`, or `#5`, whose sign follows from
    side and type. None for a plain one.
    """
    found = None if text is None else _RELATIVE.fullmatch(text)
    if found is None:
        return None
    value = Decimal(found[2])
    stops = order_type in (OrderType.STOP_LOSS, OrderType.STOP_LOSS_LIMIT)
    below = found[1] == "-" or (found[1] == "#" and (side is Side.BUY) is not stops)
    return Offset(-value if below else value, percent=bool(found[3]))
