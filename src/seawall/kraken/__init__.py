"""Kraken spot, for any trio program: `open_venue` and what belongs to it; the pure dialect stands beside it.

    async with open_venue(ClientSettings(), listener) as venue:
        await venue.follow_book("BTC/USD")

The names below are of `seawall.kraken.client` and are loaded when first used, so that the dialect alone
(`seawall.kraken.dialect`) can be used without any network library.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seawall.kraken.client import (
        KRAKEN,
        Addresses,
        ClientSettings,
        ConnectionLost,
        Credentials,
        KrakenVenue,
        UpgradeRefused,
        VenueStatistics,
        open_venue,
    )

__all__ = [
    "KRAKEN",
    "Addresses",
    "ClientSettings",
    "ConnectionLost",
    "Credentials",
    "KrakenVenue",
    "UpgradeRefused",
    "VenueStatistics",
    "open_venue",
]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module("seawall.kraken.client"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
