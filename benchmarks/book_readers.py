"""From socket to strategy: the same book frames read by the engine, by a naive client, and by another library."""

import asyncio
import importlib.metadata
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

import attrs
import trio
from benchmarks.engine_parts import engine_parts
from benchmarks.exchange import ExchangeProcess
from benchmarks.frames import DEPTH, END_QTY, SYMBOL
from benchmarks.naive import NaiveBook
from trio_websocket import open_websocket_url

from seawall import Market, StrategySpec
from seawall.engine.engine import open_engine_on
from seawall.kraken.dialect.socket import requests

__all__ = ["KRAKEN_SDK", "READERS", "Leg", "Sample"]

KRAKEN_SDK = "python-kraken-sdk"


@attrs.frozen
class Leg:
    """One measured run of frames: the command that sends them, and how many there are."""

    command: str
    messages: int


@attrs.frozen
class Sample:
    """What one leg took: processor time of this process alone, and time on the wall."""

    cpu_s: float
    wall_s: float
    messages: int


@contextmanager
def measured(exchange: ExchangeProcess, leg: Leg, samples: list[Sample]) -> Generator[None, None, None]:
    """Send a leg's frames while the block reads them."""
    cpu_s, wall_s = time.process_time(), time.perf_counter()
    exchange.command(leg.command)
    yield
    samples.append(Sample(time.process_time() - cpu_s, time.perf_counter() - wall_s, leg.messages))
    exchange.answer()


def read_with_engine(exchange: ExchangeProcess, legs: list[Leg]) -> list[Sample]:
    """The whole engine, its journal in memory; a strategy that reads quotes."""
    samples: list[Sample] = []

    async def read(market: Market) -> None:
        async with market.quotes(SYMBOL) as quotes:
            await anext(quotes)
            for leg in legs:
                with measured(exchange, leg, samples):
                    async for quote in quotes:
                        if quote.bid_qty == END_QTY:
                            break

    async def run() -> None:
        async with open_engine_on(engine_parts(exchange, StrategySpec("reader", read))) as engine:
            await engine.stopping()
            counted = engine.statistics()
        assert counted is not None
        (book,) = counted.feed.books
        assert book.gaps == 0, "a checksum failed on the way"
        assert book.changes == 1 + sum(leg.messages for leg in legs), "not every frame was applied"

    trio.run(run)
    return samples


def _read_naively(exchange: ExchangeProcess, legs: list[Leg], *, checked: bool) -> list[Sample]:
    samples: list[Sample] = []
    end = END_QTY if checked else float(END_QTY)

    async def run() -> None:
        book = NaiveBook(DEPTH, checked=checked)
        async with open_websocket_url(exchange.addresses.public) as websocket:
            await websocket.send_message(requests.subscribe("book", 1, symbols=[SYMBOL], depth=DEPTH))
            while not book.messages:
                book.take(await websocket.get_message())
            for leg in legs:
                with measured(exchange, leg, samples):
                    while True:
                        if book.take(await websocket.get_message()) and book.best_bid()[1] == end:
                            break
        assert book.messages == 1 + sum(leg.messages for leg in legs)

    trio.run(run)
    return samples


def read_naively(exchange: ExchangeProcess, legs: list[Leg]) -> list[Sample]:
    """Stock trio-websocket, `json` with exact numbers, two dictionaries, every checksum compared."""
    return _read_naively(exchange, legs, checked=True)


def read_carelessly(exchange: ExchangeProcess, legs: list[Leg]) -> list[Sample]:
    """The same with floats and without checksums: a lost update stays unseen."""
    return _read_naively(exchange, legs, checked=False)


def read_with_kraken_sdk(exchange: ExchangeProcess, legs: list[Leg]) -> list[Sample]:
    """python-kraken-sdk's book client, which compares checksums too."""
    from kraken.spot import SpotOrderBookClient  # noqa: PLC0415 - only where it is installed

    samples: list[Sample] = []
    began, ended = asyncio.Event(), asyncio.Event()

    class Pairs:
        def get_asset_pairs(self, pair: str) -> dict[str, dict[str, int]]:
            return {pair: {"pair_decimals": 1, "lot_decimals": 8}}

    class Reader(SpotOrderBookClient):
        WS_URL = exchange.addresses.public.removesuffix("/v2")
        messages = 0

        async def on_book_update(self, pair: str, message: dict[str, Any]) -> None:  # noqa: ARG002 - Any: JSON of a library's
            assert "error" not in message, message
            self.messages += 1
            began.set()
            bids = message["data"][0]["bids"]
            if bids and bids[0]["qty"] == float(END_QTY):
                ended.set()

    async def run() -> None:
        reader = Reader(depth=DEPTH)
        reader._SpotOrderBookClient__market = Pairs()  # type: ignore[attr-defined]  # noqa: SLF001 - it would ask kraken.com
        await reader.start()
        await reader.add_book([SYMBOL])
        async with asyncio.timeout(10):
            await began.wait()
        for leg in legs:
            ended.clear()
            with measured(exchange, leg, samples):
                await ended.wait()
        assert reader.messages == 1 + sum(leg.messages for leg in legs)
        await reader.close()

    asyncio.run(run())
    return samples


READERS: dict[str, Callable[[ExchangeProcess, list[Leg]], list[Sample]]] = {
    "stock trio-websocket, json, dictionaries, checksum": read_naively,
    "the same without checksum": read_carelessly,
    "seawall, socket to strategy, checksum": read_with_engine,
}
if any(importlib.metadata.distributions(name=KRAKEN_SDK)):
    READERS[f"{KRAKEN_SDK} book client, checksum"] = read_with_kraken_sdk
