"""Clients that do all of it themselves: decoding, books, callbacks. Each as its own manual says, but for the addresses."""

import asyncio
import logging
from importlib import import_module
from typing import Any

from benchmarks.feed import Feed, is_end
from benchmarks.frames import DEPTH, SYMBOL
from benchmarks.receive_transports import run_asyncio
from benchmarks.work import Burst, Measured, Work

__all__ = ["ccxt", "cryptofeed", "kraken_sdk"]


def kraken_sdk(_rest: str, feed: Feed, work: Work) -> Measured:
    """Its socket client for `ticker`, its book client, which compares checksums, for `book`."""
    module = import_module("kraken.spot")
    logging.getLogger("kraken").setLevel(logging.CRITICAL)  # it reports its own cancellation as an error

    class Pairs:
        def get_asset_pairs(self, pair: str) -> dict[str, dict[str, int]]:
            return {pair: {"pair_decimals": 1, "lot_decimals": 8}}

    async def main() -> Measured:
        tally, began = work.tally(), asyncio.Event()

        class Tickers(module.SpotWSClient):  # type: ignore[name-defined,misc]  # a class of a library that need not be there
            WS_URL = feed.url.removesuffix("/v2")

            async def on_message(self, message: dict[str, Any]) -> None:
                if message.get("channel") == "ticker":
                    began.set() if message["type"] == "snapshot" else tally()

        class Books(module.SpotOrderBookClient):  # type: ignore[name-defined,misc]  # as above
            WS_URL = feed.url.removesuffix("/v2")

            async def on_book_update(self, pair: str, message: dict[str, Any]) -> None:  # noqa: ARG002 - the library's names
                began.set() if message["type"] == "snapshot" else tally()

        client = Tickers() if work.channel == "ticker" else Books(depth=DEPTH)
        client._SpotOrderBookClient__market = Pairs()  # noqa: SLF001 - it would ask kraken.com
        await client.start()
        params = {"channel": "ticker", "symbol": [SYMBOL]}
        await (client.subscribe(params=params) if work.channel == "ticker" else client.add_book([SYMBOL]))
        await began.wait()
        measured = await work.measure(feed, tally, asyncio.Event)
        await module.SpotAsyncClient.close(client)  # the HTTP session alone: for the socket it would wait ten seconds
        return measured

    return run_asyncio(main)


def ccxt(rest: str, feed: Feed, work: Work) -> Measured:
    """ccxt.pro: `watch_ticker`, or `watch_order_book`, which compares no checksum; the user sees only what is newest."""
    module = import_module("ccxt.pro")
    assert isinstance(work, Burst)  # it hands on too little to be counted

    async def main() -> Measured:
        trusted = {"cafile": feed.address.certificate} if feed.address.certificate else {}
        client = module.kraken({"enableRateLimit": False, **trusted})
        for kind in ("public", "private"):
            client.urls["api"][kind] = rest
        client.urls["api"]["ws"]["public"] = client.urls["api"]["ws"]["publicV2"] = feed.url

        async def watch() -> None:
            await (client.watch_ticker(SYMBOL) if work.channel == "ticker" else client.watch_order_book(SYMBOL, DEPTH))

        async def keep_watching() -> None:
            while True:
                await watch()

        def newest() -> Any:  # Any: ccxt's own shape
            if work.channel == "ticker":
                return {"data": [{"trades": client.tickers[SYMBOL]["info"].get("trades")}]}
            return {"data": [{"bids": [{"qty": client.orderbooks[SYMBOL]["bids"][0][1]}]}]}

        async def wait(_messages: int) -> None:
            if work.channel == "ticker":  # else the end of the last burst would be taken for that of this one
                client.tickers[SYMBOL]["info"] = {}
            else:
                client.orderbooks[SYMBOL]["bids"][0][1] = 0.0
            # Whoever watches may never see the last message: what comes before he watches again is told to nobody.
            while not is_end(newest()):  # noqa: ASYNC110 - nothing else tells of it
                await asyncio.sleep(0.005)

        try:
            await watch()
            watcher = asyncio.create_task(keep_watching())
            measured = await work.measure_with(feed, wait)
            watcher.cancel()
            return measured
        finally:
            await client.close()

    logging.getLogger("ccxt").setLevel(logging.ERROR)
    return run_asyncio(main)


def cryptofeed(rest: str, feed: Feed, work: Work) -> Measured:
    """`FeedHandler` with its `Kraken`, which compares checksums; on uvloop, as it runs by itself."""
    module, defines, connection = (import_module(f"cryptofeed{part}") for part in ("", ".defines", ".connection"))
    kraken = import_module("cryptofeed.exchanges").Kraken

    class Kraken(kraken):  # type: ignore[valid-type,misc]  # a class of a library that need not be there
        websocket_endpoints = [  # noqa: RUF012 - the library's way
            connection.WebsocketEndpoint(feed.url, options={"ssl": feed.context} if feed.context else None)
        ]
        rest_endpoints = [connection.RestEndpoint(rest, routes=kraken.rest_endpoints[0].routes)]  # noqa: RUF012 - as above

    async def main() -> Measured:
        tally, began = work.tally(), asyncio.Event()

        async def take(_data: Any, _received_s: float) -> None:  # noqa: ASYNC124 - it is awaited
            if began.is_set():
                tally()
            else:
                began.set()

        channel = defines.TICKER if work.channel == "ticker" else defines.L2_BOOK
        handler = module.FeedHandler(config={"log": {"disabled": True}})
        handler.add_feed(
            Kraken(symbols=["BTC-USD"], channels=[channel], callbacks={channel: take}, max_depth=DEPTH, checksum_validation=True)
        )
        async with asyncio.TaskGroup() as group:
            running = group.create_task(handler.run_async(install_signal_handlers=False))
            await began.wait()
            measured = await work.measure(feed, tally, asyncio.Event)
            handler.request_stop()
            await running
        return measured

    return run_asyncio(main)
