"""Run by test_peers.py in a process of its own: python-kraken-sdk (asyncio) as a client of the simulator.

Takes the addresses and the key as JSON in its first argument; prints what it saw as JSON.
"""

import asyncio
import json
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

Seen = dict[str, Any]

# By name, so that it is untyped whether its package is installed or not.
sdk: Any = import_module("kraken.spot")


async def until(condition: Callable[[], bool]) -> None:
    """Wait, with patience for 20 seconds, until something is so."""
    for _ in range(1_000):
        if condition():
            return
        await asyncio.sleep(0.02)
    raise TimeoutError


def ask_rest(where: Seen) -> Seen:
    """Prices, an order, its cancellation, over REST."""
    market = sdk.Market(url=where["rest"])
    trade = sdk.Trade(key=where["key"], secret=where["secret"], url=where["rest"])
    user = sdk.User(key=where["key"], secret=where["secret"], url=where["rest"])
    placed = trade.create_order(ordertype="limit", side="buy", pair="BTC/USD", volume="0.01", price="30000.0", cl_ord_id="peer1")
    [txid] = placed["txid"]
    opened = list(user.get_open_orders()["open"])
    canceled = trade.cancel_order(txid=txid)
    return {
        "system": market.get_system_status()["status"],
        "ticker": list(market.get_ticker(pair="XBTUSD")),
        "txid": txid,
        "open": opened,
        "canceled": canceled,
        "status": user.get_orders_info(txid=txid)[txid]["status"],
        "balance": user.get_account_balance()["ZUSD"],
    }


async def trade_by_socket(where: Seen) -> Seen:
    """Follow executions, place an order and cancel it."""
    heard: list[Seen] = []

    async def listen(message: Seen) -> None:
        heard.append(message)
        await asyncio.sleep(0)

    def kinds() -> list[str]:
        return [row["exec_type"] for frame in heard if frame.get("channel") == "executions" for row in frame["data"]]

    client = sdk.SpotWSClient(
        key=where["key"],
        secret=where["secret"],
        rest_url=where["rest"],
        ws_url=where["public"].removesuffix("/v2"),
        auth_ws_url=where["private"].removesuffix("/v2"),
        callback=listen,
    )
    await client.start()
    try:
        await client.subscribe(params={"channel": "ticker", "symbol": ["BTC/USD"]})
        await client.subscribe(params={"channel": "executions"})
        await until(lambda: any(frame.get("channel") == "executions" for frame in heard))
        order = {
            "order_type": "limit",
            "side": "buy",
            "limit_price": 30000.0,
            "order_qty": 0.01,
            "symbol": "BTC/USD",
            "cl_ord_id": "peer2",
        }
        await client.send_message(message={"method": "add_order", "params": order})
        await until(lambda: "new" in kinds())
        await client.send_message(message={"method": "cancel_order", "params": {"cl_ord_id": ["peer2"]}})
        await until(lambda: "canceled" in kinds())
        await until(lambda: any(frame.get("channel") == "ticker" for frame in heard))
    finally:
        await client.close()
    return {"executions": kinds(), "failed": [frame for frame in heard if frame.get("success") is False]}


async def follow_book(where: Seen) -> Seen:
    """Its own order book client, with its own checksum check."""
    updates: list[Seen] = []

    def note(self: Any, pair: str, message: Seen) -> "asyncio.Future[None]":
        book = self.get(pair)
        updates.append({"valid": book["valid"], "type": message.get("type"), "bids": len(book["bid"])})
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done

    # Pointed at the simulator: the client itself knows the live addresses only.
    changes = {"WS_URL": where["public"].removesuffix("/v2"), "on_book_update": note}
    book = type("Book", (sdk.SpotOrderBookClient,), changes)(depth=10)
    vars(book)["_SpotOrderBookClient__market"] = sdk.Market(url=where["rest"])
    await book.start()
    try:
        await book.add_book(pairs=["BTC/USD"])
        await until(lambda: len(updates) > 60)
    finally:
        await book.close()
    return {"updates": len(updates), "invalid": [update for update in updates if not update["valid"]], "first": updates[0]}


async def main(where: Seen) -> Seen:
    """Everything, one after the other."""
    return {
        "rest": await asyncio.to_thread(ask_rest, where),
        "socket": await trade_by_socket(where),
        "book": await follow_book(where),
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(main(json.loads(sys.argv[1])))))
