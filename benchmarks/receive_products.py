"""Clients that do all of it themselves: decoding, books, callbacks. Each as its own manual says, but for the addresses."""

import asyncio
import logging
from collections.abc import Callable
from importlib import import_module
from typing import Any, Final

import attrs
from benchmarks.feed import Burst, Feed, Tally, is_end
from benchmarks.frames import DEPTH, SYMBOL
from benchmarks.receive_transports import run_asyncio

__all__ = ["PRODUCTS", "Product"]


@attrs.frozen
class Product:
    """One client. `read` takes the address of REST too; `secure` says whether it can be told of our certificate."""

    distribution: str
    what: str
    read: Callable[[str, Feed, Burst], float]
    secure: bool


def _kraken_sdk(_rest: str, feed: Feed, burst: Burst) -> float:
    """python-kraken-sdk: its socket client for `ticker`, its book client, which compares checksums, for `book`."""
    module = import_module("kraken.spot")
    logging.getLogger("kraken").setLevel(logging.CRITICAL)  # it reports its own cancellation as an error

    class Pairs:
        def get_asset_pairs(self, pair: str) -> dict[str, dict[str, int]]:
            return {pair: {"pair_decimals": 1, "lot_decimals": 8}}

    async def main() -> float:
        tally, began = Tally(), asyncio.Event()

        class Tickers(module.SpotWSClient):  # type: ignore[name-defined,misc]  # a class of a library that need not be there
            WS_URL = feed.url.removesuffix("/v2")

            async def on_message(self, message: dict[str, Any]) -> None:
                if message.get("channel") == "ticker":
                    began.set() if message["type"] == "snapshot" else tally()

        class Books(module.SpotOrderBookClient):  # type: ignore[name-defined,misc]  # as above
            WS_URL = feed.url.removesuffix("/v2")

            async def on_book_update(self, pair: str, message: dict[str, Any]) -> None:  # noqa: ARG002 - the library's names
                began.set() if message["type"] == "snapshot" else tally()

        client = Tickers() if burst.channel == "ticker" else Books(depth=DEPTH)
        client._SpotOrderBookClient__market = Pairs()  # noqa: SLF001 - it would ask kraken.com
        await client.start()
        params = {"channel": "ticker", "symbol": [SYMBOL]}
        await (client.subscribe(params=params) if burst.channel == "ticker" else client.add_book([SYMBOL]))
        await began.wait()
        return await feed.counted(burst, tally, asyncio.Event)  # its close takes ten seconds; the loop's end is enough

    return run_asyncio(main)


def _ccxt(rest: str, feed: Feed, burst: Burst) -> float:
    """ccxt.pro: `watch_ticker`, or `watch_order_book`, which compares no checksum; the user sees only what is newest."""
    module = import_module("ccxt.pro")

    async def main() -> float:
        client = module.kraken({"enableRateLimit": False})
        for kind in ("public", "private"):
            client.urls["api"][kind] = rest
        client.urls["api"]["ws"]["public"] = client.urls["api"]["ws"]["publicV2"] = feed.url

        async def watch() -> Any:  # Any: ccxt's own shape
            if burst.channel == "ticker":
                ticker = await client.watch_ticker(SYMBOL)
                return {"data": [{"trades": ticker["info"].get("trades")}]}
            book = await client.watch_order_book(SYMBOL, DEPTH)
            return {"data": [{"bids": [{"qty": book["bids"][0][1]}]}]}

        async def wait(_messages: int) -> None:
            while not is_end(await watch()):
                pass

        await watch()
        took_us = await feed.cpu_us(burst, wait)
        await client.close()
        return took_us

    logging.getLogger("ccxt").setLevel(logging.ERROR)
    return run_asyncio(main)


PRODUCTS: Final[tuple[Product, ...]] = (
    Product("python-kraken-sdk", "json, its own book, checksum", _kraken_sdk, secure=True),
    Product("ccxt", "pro, newest only, no checksum", _ccxt, secure=False),
)
