"""Run by test_peers.py in a process of its own: python-kraken-sdk (asyncio) as a client of the simulator.

Takes the addresses and the key as JSON in its first argument; prints what it saw as JSON.
"""

import asyncio
import json
import sys
from typing import Any

from kraken.spot import Market, SpotOrderBookClient, SpotWSClient, Trade, User

Seen = dict[str, Any]


async def until(condition: Any) -> None:
    """Wait, with patience for 20 seconds, until something is so."""
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.02)


def ask_rest(where: Seen) -> Seen:
    """Prices, an order, its cancellation, over REST."""
    market = Market(url=where["rest"])
    trade = Trade(key=where["key"], secret=where["secret"], url=where["rest"])
    user = User(key=where["key"], secret=where["secret"], url=where["rest"])
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

    def kinds() -> list[str]:
        return [row["exec_type"] for frame in heard if frame.get("channel") == "executions" for row in frame["data"]]

    client = SpotWSClient(
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

    class Book(SpotOrderBookClient):  # type: ignore[misc]  # untyped where its package is not installed
        """Pointed at the simulator: the client itself knows the live addresses only."""

        WS_URL = where["public"].removesuffix("/v2")

        async def on_book_update(self, pair: str, message: Seen) -> None:
            book = self.get(pair)
            updates.append({"valid": book["valid"], "type": message.get("type"), "bids": len(book["bid"])})

    book = Book(depth=10)
    book._SpotOrderBookClient__market = Market(url=where["rest"])
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
