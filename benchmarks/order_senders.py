"""From a tick to an order at the exchange, and back: the engine with each journal, and a naive client."""

import json
import time
from pathlib import Path

import attrs
import trio
from benchmarks.engine_parts import OpenJournal, engine_parts, in_memory, on_disk
from benchmarks.exchange import ExchangeProcess
from benchmarks.frames import DEPTH, SYMBOL, BookFrames
from benchmarks.naive import NaiveBook
from trio_websocket import WebSocketConnection, open_websocket_url

from seawall import Market, StrategySpec, limit_buy
from seawall.engine.engine import open_engine_on
from seawall.kraken.dialect.socket import requests

__all__ = ["MOST", "Journey", "send_naively", "send_with_engine"]

PRICE, QTY = "60000.0", "0.001"
TICKS_PER_S = 20.0
MOST = 18
"""Orders in one session: an order that is cancelled young costs nine counts of the exchange's counter for its pair, which takes
180 at the highest level (docs.kraken.com/api/docs/guides/spot-ratelimits), and the engine sends nothing beyond that."""


@attrs.frozen
class Journey:
    """One order, all in seconds of `time.perf_counter`."""

    client_order_id: str
    ticked_s: float
    """When the bytes of the tick had been read."""
    called_s: float
    acknowledged_s: float
    gone_s: float
    """When it was known to be cancelled."""


def send_with_engine(exchange: ExchangeProcess, count: int, journal_path: Path | None) -> list[Journey]:
    """An order for each tick, acknowledged and then cancelled by leaving its block."""
    journeys: list[Journey] = []

    async def trade(market: Market) -> None:
        ahead_s = trio.current_time() - time.perf_counter()
        async with market.quotes(SYMBOL) as quotes:
            await anext(quotes)
            exchange.command(f"ticks {count} {TICKS_PER_S}")
            with trio.move_on_after(count / TICKS_PER_S + 2):  # a tick that came while an order was out is not acted upon
                async for quote in quotes:
                    called_s = time.perf_counter()
                    async with market.working(limit_buy(SYMBOL, qty=QTY, price=PRICE)) as order:
                        acknowledged_s = time.perf_counter()
                    gone_s = time.perf_counter()
                    journeys.append(Journey(order.client_order_id, quote.received_s - ahead_s, called_s, acknowledged_s, gone_s))
                    if len(journeys) == count:
                        break

    async def run() -> None:
        journal: OpenJournal = in_memory if journal_path is None else on_disk(journal_path)
        async with open_engine_on(engine_parts(exchange, StrategySpec("trader", trade), journal)) as engine:
            await engine.stopping()
        assert engine.certificate is not None
        assert engine.certificate.clean, str(engine.certificate)

    trio.run(run)
    exchange.answer()
    return journeys


def send_naively(exchange: ExchangeProcess, count: int) -> list[Journey]:
    """Two stock sockets: no limits, no journal, no following of the order, and nobody who would notice a lost answer."""
    journeys: list[Journey] = []
    ticks = BookFrames(count=1).ticks

    async def run() -> None:
        addresses = exchange.addresses
        async with open_websocket_url(addresses.public) as public, open_websocket_url(addresses.private) as private:
            book = NaiveBook(DEPTH, checked=True)
            await public.send_message(requests.subscribe("book", 1, symbols=[SYMBOL], depth=DEPTH))
            while not book.messages:
                book.take(await public.get_message())
            exchange.command(f"ticks {count} {TICKS_PER_S}")
            while len(journeys) < count:
                text = await public.get_message()
                ticked_s = time.perf_counter()
                if text in ticks and book.take(text):
                    journeys.append(await _one_order(private, exchange.token, f"{time.perf_counter_ns():x}", ticked_s))

    trio.run(run)
    exchange.answer()
    return journeys


async def _one_order(private: WebSocketConnection, token: str, name: str, ticked_s: float) -> Journey:
    called_s = time.perf_counter()
    order = {"order_type": "limit", "side": "buy", "symbol": SYMBOL, "order_qty": float(QTY), "limit_price": float(PRICE)}
    await _ask(private, "add_order", {**order, "cl_ord_id": name, "token": token})
    acknowledged_s = time.perf_counter()
    await _ask(private, "cancel_order", {"cl_ord_id": [name], "token": token})
    return Journey(name, ticked_s, called_s, acknowledged_s, time.perf_counter())


async def _ask(private: WebSocketConnection, method: str, params: dict[str, object]) -> None:
    await private.send_message(json.dumps({"method": method, "params": params, "req_id": 1}))
    while True:
        answer = json.loads(await private.get_message())
        if answer.get("method") == method:
            assert answer["success"], answer
            return
