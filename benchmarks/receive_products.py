"""Clients that do all of it themselves: decoding, books, callbacks. Each as its own manual says, but for the addresses."""

from collections.abc import Callable
from typing import Final

import attrs
from benchmarks.feed import Burst, Feed

__all__ = ["PRODUCTS", "Product"]


@attrs.frozen
class Product:
    """One client. `read` takes the address of REST too; `secure` says whether it can be told of our certificate."""

    distribution: str
    what: str
    read: Callable[[str, Feed, Burst], float]
    secure: bool


PRODUCTS: Final[tuple[Product, ...]] = ()
