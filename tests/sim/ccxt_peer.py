"""Run by test_peers.py in a process of its own: ccxt (blocking, asyncio, and its streams) as a client of the simulator.

Takes the addresses and the key as JSON in its first argument; prints what it saw as JSON.
"""

import asyncio
import json
import sys
import time
import zlib
from collections.abc import Awaitable, Callable
from importlib import import_module
from itertools import pairwise
from typing import Any

Seen = dict[str, Any]

PAIR = "BTC/USD"
PLACES = 1, 8
"""Of prices and quantities of the pair, by which ccxt's floats become digits again."""

used = [0]
"""The highest nonce so far. ccxt's own are the clock's milliseconds, and over loopback a call is answered within one."""


def client_of(module: str, where: Seen, base: Callable[[Any], Any] = lambda kind: kind) -> Any:
    """A client of Kraken that is pointed at the simulator; by name, so that it is untyped whether installed or not."""
    kind = rising(base(import_module(module).kraken))
    client = kind({"apiKey": where["key"], "secret": where["secret"], "enableRateLimit": False})
    client.urls["api"] |= {"public": where["rest"], "private": where["rest"]}
    if "ws" in client.urls["api"]:
        client.urls["api"]["ws"] |= {"publicV2": where["public"], "privateV2": where["private"]}
    return client


def rising(kind: Any) -> Any:
    """ccxt with nonces that always rise, overridden as its examples have it (docs.ccxt.com, "Nonce Override")."""

    def nonce(self: Any) -> int:
        used[0] = max(used[0] + 1, kind.nonce(self))
        return used[0]

    return type("Rising", (kind,), {"nonce": nonce})


def limit(amount: float, price: float) -> Seen:
    """One order of a batch."""
    return {"symbol": PAIR, "type": "limit", "side": "buy", "amount": amount, "price": price}


def refusal(call: Callable[[], object]) -> str:
    """What kind of error ccxt makes of a refusal."""
    try:
        call()
    except Exception as error:  # noqa: BLE001 - its name is what is reported, whatever it is
        return type(error).__name__
    return "taken"


def shape(book: Seen) -> list[bool]:
    """Whether a book is in order: bids fall, asks rise, and they do not meet."""
    bids, asks = ([level[0] for level in book[side]] for side in ("bids", "asks"))
    return [bids == sorted(bids, reverse=True), asks == sorted(asks), bids[0] < asks[0]]


def told(order: Seen) -> list[object]:
    """An order in short."""
    return [order["status"], order["type"], order["side"], order["amount"], order["filled"]]


def newest_trades(client: Any) -> Any:
    """The newest twenty, as soon as there are so many: the market may have opened a moment ago."""
    while len(trades := client.fetch_trades(PAIR, limit=20)) < 20:
        time.sleep(0.05)
    return trades


def ask_prices(where: Seen) -> Seen:
    """The market over REST."""
    client = client_of("ccxt", where)
    markets, currencies = client.load_markets(), client.fetch_currencies()
    ticker, tickers = client.fetch_ticker(PAIR), client.fetch_tickers([PAIR, "ETH/USD"])
    book, trades = client.fetch_order_book(PAIR, 25), newest_trades(client)
    candles = client.fetch_ohlcv(PAIR, "5m")
    market = markets[PAIR]
    return {
        "status": client.fetch_status()["status"],
        "time": client.fetch_time(),
        "markets": len(markets),
        "market": [market["id"], market["precision"], market["limits"]["amount"]["min"], market["active"], market["taker"]],
        "currencies": sorted(currencies),
        "ticker": [ticker["symbol"], ticker["bid"] < ticker["ask"], ticker["low"] <= ticker["last"] <= ticker["high"]],
        "tickers": sorted(tickers),
        "book": [*shape(book), len(book["bids"]), len(book["asks"])],
        "trades": [sorted({trade["side"] for trade in trades}), [int(trade["id"]) for trade in trades]],
        "steps": sorted({after[0] - before[0] for before, after in pairwise(candles)})[:1],
        "candles": all(low <= min(start, end) and max(start, end) <= high for _, start, high, low, end, _ in candles),
    }


def ask_rest(where: Seen) -> Seen:
    """Orders and their changes, the account and its past, over REST."""
    client = client_of("ccxt", where)
    client.load_markets()
    placed = client.create_order(PAIR, "limit", "buy", 0.01, 30_000, {"clientOrderId": "peer1"})["id"]
    client.edit_order(placed, PAIR, "limit", "buy", 0.02, 31_000)
    amended = client.fetch_order(placed)
    opened = [order["id"] for order in client.fetch_open_orders(PAIR)]
    client.cancel_order(placed, PAIR)
    posted = client.fetch_order(client.create_order(PAIR, "limit", "buy", 0.01, 30_000, {"postOnly": True})["id"])
    crossing = refusal(lambda: client.create_order(PAIR, "limit", "buy", 0.01, 200_000, {"postOnly": True}))
    stop = client.fetch_order(client.create_order(PAIR, "market", "sell", 0.01, None, {"stopLossPrice": 20_000})["id"])
    stop_limit = client.fetch_order(client.create_order(PAIR, "limit", "sell", 0.01, 19_000, {"stopLossPrice": 20_000})["id"])
    follow = client.fetch_order(client.create_order(PAIR, "market", "sell", 0.01, None, {"trailingPercent": "10"})["id"])
    bought = client.create_order(PAIR, "market", "buy", 0.01)["id"]
    batch = client.create_orders([limit(0.01, 30_000), limit(0.01, 30_001)])
    client.cancel_orders([order["id"] for order in batch])
    client.cancel_all_orders_after(60_000)
    left = len(client.fetch_open_orders())
    client.cancel_all_orders()
    closed, mine = client.fetch_closed_orders(PAIR), client.fetch_my_trades(PAIR)
    queried = client.fetch_order_trades(bought, PAIR, params={"trades": [trade["id"] for trade in mine]})
    return {
        "placed": placed,
        "amended": [amended["clientOrderId"], amended["amount"], amended["price"], amended["status"]],
        "opened": opened,
        "canceled": client.fetch_order(placed)["status"],
        "posted": [*told(posted), posted["postOnly"]],
        "crossing": crossing,
        "poor": refusal(lambda: client.create_order(PAIR, "limit", "buy", 100, 60_000)),
        "unknown": refusal(lambda: client.cancel_order(placed, PAIR)),
        "stop": [*told(stop), stop["triggerPrice"]],
        "stop limit": [*told(stop_limit), stop_limit["triggerPrice"], stop_limit["price"]],
        "follow": [follow["status"], follow["type"], follow["info"]["descr"]["price"]],
        "bought": bought,
        "closed": {order["id"]: order["status"] for order in closed},
        "trades": [[trade["order"], trade["amount"], trade["takerOrMaker"]] for trade in mine],
        "of order": [trade["order"] for trade in queried],
        "ledger": [[entry["currency"], entry["type"]] for entry in client.fetch_ledger()],
        "balance": client.fetch_balance()["BTC"],
        "fee": client.fetch_trading_fee(PAIR)["taker"],
        "left": [left, len(client.fetch_open_orders())],
    }


async def ask_rest_async(where: Seen) -> Seen:
    """The same exchange through asyncio."""
    client = client_of("ccxt.async_support", where)
    try:
        placed = await client.create_order(PAIR, "limit", "buy", 0.01, 30_000)
        held = (await client.fetch_balance())["USD"]["used"]
        await client.cancel_all_orders()
        order = await client.fetch_order(placed["id"])
        return {"status": order["status"], "held": held, "after": (await client.fetch_balance())["USD"]["used"]}
    finally:
        await client.close()


def checking(kind: Any) -> Any:
    """ccxt's streams, which leave the checksum alone: computed here from the book as ccxt keeps it, after every frame."""
    checked: list[bool] = []

    def digits(level: list[float]) -> str:
        return "".join(f"{value:.{places}f}".replace(".", "").lstrip("0") for value, places in zip(level, PLACES, strict=False))

    def handle(self: Any, client: Any, message: Seen) -> None:
        kind.handle_order_book(self, client, message)
        [row] = message["data"]
        book = self.orderbooks[row["symbol"]]
        text = "".join(digits(level) for side in ("asks", "bids") for level in book[side][:10])
        checked.append(zlib.crc32(text.encode()) == row["checksum"])

    return type("Checking", (kind,), {"handle_order_book": handle, "checked": checked})


async def follow_market(where: Seen) -> Seen:
    """Its public streams, each until something has come by it."""
    client = client_of("ccxt.pro", where, checking)
    try:
        ticker = await client.watch_ticker(PAIR)
        best = (await client.watch_bids_asks([PAIR]))[PAIR]
        trades = await client.watch_trades(PAIR)
        candles = await client.watch_ohlcv(PAIR, "1m")
        book = await client.watch_order_book(PAIR)
        while len(client.checked) < 100:
            book = await client.watch_order_book(PAIR)
        return {
            "ticker": [ticker["symbol"], ticker["bid"] < ticker["ask"], ticker["low"] <= ticker["last"] <= ticker["high"]],
            "best": best["bid"] < best["ask"],
            "trade": [trades[-1]["symbol"], trades[-1]["side"] in {"buy", "sell"}, trades[-1]["price"] > 0],
            "candle": float(candles[-1][3]) <= float(candles[-1][4]) <= float(candles[-1][2]),
            "book": [*shape(book), len(book["bids"])],
            "checked": [len(client.checked), all(client.checked)],
        }
    finally:
        await client.close()


async def keep_watching(watch: Callable[[], Awaitable[object]]) -> None:
    """Let a stream go on; what it brings is kept by the client."""
    while True:
        await watch()


async def until(condition: Callable[[], bool]) -> None:
    """Wait, with patience for 20 seconds, until something is so."""
    for _ in range(1_000):
        if condition():
            return
        await asyncio.sleep(0.02)
    raise TimeoutError


async def trade_by_socket(where: Seen) -> Seen:
    """Orders placed, amended and canceled over the socket, and what its private streams say of them."""
    client = client_of("ccxt.pro", where)
    # Streams that start together would race each other to a token.
    await client.load_markets()
    await client.authenticate()
    streams = client.watch_orders, client.watch_my_trades, client.watch_balance
    tasks = [asyncio.create_task(keep_watching(watch)) for watch in streams]

    def known(order_id: str) -> list[Seen]:
        """The order as its stream told it, earlier and later rows."""
        return [order for order in client.orders or () if order["id"] == order_id]

    def has_ended(order_id: str) -> bool:
        return any(order["status"] in {"canceled", "closed"} for order in known(order_id))

    def traded(order_id: str) -> list[Seen]:
        return [trade for trade in client.myTrades or () if trade["order"] == order_id]

    def bitcoin() -> float:
        return float(client.balance["spot"]["BTC"]["total"])

    try:
        await until(lambda: "spot" in client.balance)
        before = bitcoin()
        placed = (await client.create_order_ws(PAIR, "limit", "buy", 0.01, 30_000))["id"]
        edited = (await client.edit_order_ws(placed, PAIR, "limit", "buy", 0.02, 31_000))["id"]
        await until(lambda: any(order["amount"] == 0.02 for order in known(placed)))
        amended = [order["price"] for order in known(placed) if order["amount"] == 0.02]
        await client.cancel_order_ws(placed)
        await until(lambda: has_ended(placed))
        bought = (await client.create_order_ws(PAIR, "market", "buy", 0.01))["id"]
        await until(lambda: has_ended(bought) and sum(trade["amount"] for trade in traded(bought)) > 0.0099)
        several = [(await client.create_order_ws(PAIR, "limit", "buy", 0.01, 30_000 + place))["id"] for place in range(3)]
        await client.cancel_orders_ws(several[:1])
        counted = (await client.cancel_all_orders_ws())["result"]["count"]
        await until(lambda: all(has_ended(order_id) for order_id in several))
        await until(lambda: bitcoin() > before + 0.0099)
        return {
            "placed": placed,
            "edited": edited == placed,
            "amended": amended,
            "ended": known(placed)[-1]["status"],
            "bought": [[trade["symbol"], trade["side"], trade["takerOrMaker"]] for trade in traded(bought)],
            "closed": known(bought)[-1]["status"],
            "canceled": counted,
            "gained": round(bitcoin() - before, 8),
        }
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await client.close()


async def main(where: Seen) -> Seen:
    """Everything, one after the other."""
    return {
        "prices": await asyncio.to_thread(ask_prices, where),
        "rest": await asyncio.to_thread(ask_rest, where),
        "async": await ask_rest_async(where),
        "market": await follow_market(where),
        "socket": await trade_by_socket(where),
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(main(json.loads(sys.argv[1])))))
