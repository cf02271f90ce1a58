"""Clients that do all of it themselves: decoding, books, callbacks. Each as its own manual says, but for the addresses."""

import asyncio
import logging
from importlib import import_module
from typing import Any

import attrs
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


@attrs.frozen
class _Newest:
    """What ccxt keeps of a channel, under its own names."""

    client: Any  # of a library that need not be there
    channel: str

    async def watch(self) -> None:
        """Once, as the user does."""
        if self.channel == "ticker":
            await self.client.watch_ticker(SYMBOL)
        else:
            await self.client.watch_order_book(SYMBOL, DEPTH)

    def forget(self) -> None:
        """The end of one burst is not to be taken for that of the next."""
        if self.channel == "ticker":
            self.client.tickers[SYMBOL]["info"] = {}
        else:
            for level in self.client.orderbooks[SYMBOL]["bids"]:
                level[1] = 0.0

    @property
    def is_end(self) -> bool:
        """Whether a burst has ended."""
        if self.channel == "ticker":
            return is_end({"data": [{"trades": self.client.tickers[SYMBOL]["info"].get("trades")}]})
        bids = self.client.orderbooks[SYMBOL]["bids"]  # any of them: levels it should have cut may stand before the best
        return is_end({"data": [{"bids": [{"qty": level[1]} for level in bids]}]})


def ccxt(rest: str, feed: Feed, work: Work) -> Measured:
    """ccxt.pro: `watch_ticker`, or `watch_order_book`, which compares no checksum; the user sees only what is newest."""
    module = import_module("ccxt.pro")
    assert isinstance(work, Burst)  # it hands on too little to be counted

    async def main() -> Measured:
        trusted = {"cafile": feed.address.certificate} if feed.address.certificate else {}
        client = module.kraken({"enableRateLimit": False, **trusted})
        client.urls["api"] |= {"public": rest, "private": rest}
        client.urls["api"]["ws"] |= {"public": feed.url, "publicV2": feed.url}
        newest = _Newest(client, work.channel)

        async def keep_watching() -> None:
            while True:
                await newest.watch()

        async def wait(_messages: int) -> None:
            newest.forget()
            # Whoever watches may never see the last message: what comes before he watches again is told to nobody.
            async with asyncio.timeout(10):
                while not newest.is_end:  # noqa: ASYNC110 - nothing else tells of it
                    await asyncio.sleep(0.005)

        try:
            await newest.watch()
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
