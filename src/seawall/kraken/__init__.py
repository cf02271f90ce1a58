"""Kraken spot, for any trio program: `open_kraken` and what belongs to it; the pure dialect stands beside it.

    async with open_kraken() as kraken, kraken.tickers("BTC/USD") as tickers:
        async for ticker in tickers:
            print(ticker.bid, ticker.ask)

`open_venue` is the same exchange as an engine wants it: one listener that is told everything. The names below are loaded when
first used, so that the dialect alone (`seawall.kraken.dialect`) can be used without any network library.
"""

import importlib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from seawall.kraken.client import (
        KRAKEN,
        Addresses,
        CancelAnswer,
        ClientSettings,
        ConnectionLost,
        Credentials,
        KeyInUse,
        KeyShared,
        KrakenVenue,
        MarketListener,
        OrderOutcome,
        UpgradeRefused,
        VenueStatistics,
        open_venue,
    )
    from seawall.kraken.client.api import (
        AmendRequest,
        AssetTotal,
        BookSnapshot,
        ConditionalClose,
        EditRequest,
        FellBehind,
        Kraken,
        KrakenStatistics,
        Level3Snapshot,
        MissedFills,
        MissedMessages,
        OrderRequest,
        RestClose,
        RestEdit,
        RestOrder,
        RestRequest,
        Stream,
        StreamLost,
        TriggerTerms,
        Watch,
        Way,
        open_kraken,
    )

__all__ = [
    "KRAKEN",
    "Addresses",
    "AmendRequest",
    "AssetTotal",
    "BookSnapshot",
    "CancelAnswer",
    "ClientSettings",
    "ConditionalClose",
    "ConnectionLost",
    "Credentials",
    "EditRequest",
    "FellBehind",
    "KeyInUse",
    "KeyShared",
    "Kraken",
    "KrakenStatistics",
    "KrakenVenue",
    "Level3Snapshot",
    "MarketListener",
    "MissedFills",
    "MissedMessages",
    "OrderOutcome",
    "OrderRequest",
    "RestClose",
    "RestEdit",
    "RestOrder",
    "RestRequest",
    "Stream",
    "StreamLost",
    "TriggerTerms",
    "UpgradeRefused",
    "VenueStatistics",
    "Watch",
    "Way",
    "open_kraken",
    "open_venue",
]

_HOMES: Final = ("seawall.kraken.client", "seawall.kraken.client.api")


def __getattr__(name: str) -> object:
    if name in __all__:
        for home in map(importlib.import_module, _HOMES):
            if name in home.__all__:
                return getattr(home, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
