"""Run by test_peers.py in a process of its own: ccxt (blocking, asyncio, and its streams) as a client of the simulator.

Takes the addresses and the key as JSON in its first argument; prints what it saw as JSON.
"""

import asyncio
import json
import sys
from importlib import import_module
from typing import Any

Seen = dict[str, Any]

PAIR = "BTC/USD"


def client_of(module: str, where: Seen) -> Any:
    """A client of Kraken that is pointed at the simulator; by name, so that it is untyped whether installed or not."""
    client = import_module(module).kraken({"apiKey": where["key"], "secret": where["secret"], "enableRateLimit": False})
    client.urls["api"] |= {"public": where["rest"], "private": where["rest"]}
    if "ws" in client.urls["api"]:
        client.urls["api"]["ws"] |= {"publicV2": where["public"], "privateV2": where["private"]}
    return client


def limit(amount: float, price: float) -> Seen:
    """One order of a batch."""
    return {"symbol": PAIR, "type": "limit", "side": "buy", "amount": amount, "price": price}


def ask_rest(where: Seen) -> Seen:
    """Prices, orders and their changes, the account and its past, over REST."""
    client = client_of("ccxt", where)
    markets = client.load_markets()
    ticker, book = client.fetch_ticker(PAIR), client.fetch_order_book(PAIR)
    placed = client.create_order(PAIR, "limit", "buy", 0.01, 30_000, {"clientOrderId": "peer1"})["id"]
    client.edit_order(placed, PAIR, "limit", "buy", 0.02, 31_000)
    amended = client.fetch_order(placed)
    opened = [order["id"] for order in client.fetch_open_orders(PAIR)]
    client.cancel_order(placed, PAIR)
    bought = client.create_order(PAIR, "market", "buy", 0.01)["id"]
    batch = client.create_orders([limit(0.01, 30_000), limit(0.01, 30_001)])
    client.cancel_orders([order["id"] for order in batch])
    return {
        "markets": len(markets),
        "crossed": ticker["bid"] >= ticker["ask"],
        "book": [len(book["bids"]) > 10, len(book["asks"]) > 10],
        "candles": len(client.fetch_ohlcv(PAIR)) > 0,
        "placed": placed,
        "amended": [amended["clientOrderId"], amended["amount"], amended["price"], amended["status"]],
        "opened": opened,
        "canceled": client.fetch_order(placed)["status"],
        "bought": bought,
        "trades": [[trade["order"], trade["amount"], trade["takerOrMaker"]] for trade in client.fetch_my_trades(PAIR)],
        "ledger": [[entry["currency"], entry["type"]] for entry in client.fetch_ledger()],
        "balance": client.fetch_balance()["BTC"]["total"],
        "fee": client.fetch_trading_fee(PAIR)["taker"],
        "left": client.fetch_open_orders(),
    }


async def ask_rest_async(where: Seen) -> Seen:
    """The same exchange through asyncio."""
    client = client_of("ccxt.async_support", where)
    try:
        placed = await client.create_order(PAIR, "limit", "buy", 0.01, 30_000)
        await client.cancel_all_orders()
        order = await client.fetch_order(placed["id"])
        return {"status": order["status"], "balance": (await client.fetch_balance())["USD"]["used"]}
    finally:
        await client.close()


async def follow(where: Seen) -> Seen:
    """Its streams: prices, the book with its own checksum check, and orders placed over the socket."""
    client = client_of("ccxt.pro", where)
    try:
        ticker = await client.watch_ticker(PAIR)
        book = await client.watch_order_book(PAIR)
        for _ in range(50):
            book = await client.watch_order_book(PAIR)
        trades = await client.watch_trades(PAIR)
        watched = asyncio.create_task(client.watch_orders())
        await asyncio.sleep(0.5)
        placed = (await client.create_order_ws(PAIR, "limit", "buy", 0.01, 30_000))["id"]
        heard = await watched
        edited = (await client.edit_order_ws(placed, PAIR, "limit", "buy", 0.02, 31_000))["id"]
        await client.cancel_order_ws(placed)
        balance = await client.watch_balance()
        return {
            "crossed": ticker["bid"] >= ticker["ask"] or book["bids"][0][0] >= book["asks"][0][0],
            "depth": len(book["bids"]),
            "trades": len(trades) > 0,
            "heard": [order["id"] == placed for order in heard],
            "edited": edited == placed,
            "balance": balance["BTC"]["total"],
        }
    finally:
        await client.close()


async def main(where: Seen) -> Seen:
    """Everything, one after the other."""
    return {
        "rest": await asyncio.to_thread(ask_rest, where),
        "async": await ask_rest_async(where),
        "socket": await follow(where),
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(main(json.loads(sys.argv[1])))))
