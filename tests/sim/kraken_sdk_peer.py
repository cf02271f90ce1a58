"""Run by test_peers.py in a process of its own: python-kraken-sdk (asyncio) as a client of the simulator.

Takes the addresses and the key as JSON in its first argument; prints what it saw as JSON.
"""

import asyncio
import json
import sys
import time
from collections.abc import Callable
from importlib import import_module
from itertools import pairwise
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


def user_of(where: Seen, kind: str) -> Any:
    """A client with the key."""
    return getattr(sdk, kind)(key=where["key"], secret=where["secret"], url=where["rest"])


def refusal(call: Callable[[], object]) -> str:
    """What kind of error the client makes of a refusal."""
    try:
        call()
    except Exception as error:  # noqa: BLE001 - its name is what is reported, whatever it is
        return type(error).__name__
    return "taken"


def newest_trades(market: Any) -> Any:
    """The newest ten, as soon as there are so many: the market may have opened a moment ago."""
    while len((trades := market.get_recent_trades(pair="XBTUSD", count=10))["XXBTZUSD"]) < 10:
        time.sleep(0.05)
    return trades


def ask_prices(where: Seen) -> Seen:
    """The market over REST."""
    market = sdk.Market(url=where["rest"])
    ticker, book = market.get_ticker(pair="XBTUSD")["XXBTZUSD"], market.get_order_book(pair="XBTUSD", count=5)["XXBTZUSD"]
    candles, trades = market.get_ohlc(pair="XBTUSD", interval=5), newest_trades(market)
    spreads = market.get_recent_spreads(pair="XBTUSD")["XXBTZUSD"]
    return {
        "system": market.get_system_status()["status"],
        "assets": sorted(market.get_assets()),
        "pairs": sorted(market.get_asset_pairs()),
        "ticker": float(ticker["b"][0]) < float(ticker["a"][0]),
        "book": [len(book["bids"]), len(book["asks"]), float(book["bids"][0][0]) < float(book["asks"][0][0])],
        "candles": [len(row) for row in candles["XXBTZUSD"]][-1:],
        "steps": sorted({after[0] - before[0] for before, after in pairwise(candles["XXBTZUSD"])})[:1],
        "trades": [row[6] for row in trades["XXBTZUSD"]],
        "spreads": all(float(bid) < float(ask) for _, bid, ask in spreads),
    }


def ask_rest(where: Seen) -> Seen:
    """Orders placed, changed and canceled over REST, alone and together."""
    trade, user = user_of(where, "Trade"), user_of(where, "User")
    limit = {"ordertype": "limit", "side": "buy", "pair": "BTC/USD", "volume": "0.01", "price": "30000.0"}
    row = {"ordertype": "limit", "type": "buy", "volume": "0.01", "price": "30000.0"}
    placed = trade.create_order(**limit, cl_ord_id="peer1")
    [txid] = placed["txid"]
    opened = list(user.get_open_orders()["open"])
    trade.amend_order(txid=txid, order_qty="0.02", limit_price="31000.0")
    amended = user.get_orders_info(txid=txid)[txid]
    amends = [each["amend_type"] for each in user.get_order_amends(order_id=txid)["amends"]]
    canceled = trade.cancel_order(txid=txid)
    [posted] = trade.create_order(**limit, oflags="post", userref=7)["txid"]
    edited = trade.edit_order(txid=posted, pair="BTC/USD", volume="0.03", price="30500.0")
    stop = trade.create_order(**limit | {"ordertype": "stop-loss-limit", "side": "sell"}, price2="29000.0")
    closing = trade.create_order(**limit, close_ordertype="stop-loss", close_price="20000.0", validate=True)
    bought = trade.create_order(**limit | {"ordertype": "market"})["txid"][0]
    batch = trade.create_order_batch(orders=[row, row | {"price": "30001.0"}], pair="BTC/USD")["orders"]
    counts = [trade.cancel_order_batch(orders=[each["txid"] for each in batch])["count"]]
    switch = trade.cancel_all_orders_after_x(timeout=60)
    left = {order["descr"]["ordertype"] for order in user.get_open_orders()["open"].values()}
    counts.append(trade.cancel_all_orders()["count"])
    return {
        "txid": txid,
        "open": opened,
        "amended": [amended["vol"], amended["descr"]["price"], amended["cl_ord_id"], amended["misc"]],
        "amends": amends,
        "canceled": canceled,
        "status": user.get_orders_info(txid=txid)[txid]["status"],
        "edited": [edited["originaltxid"] == posted, edited["descr"]["order"]],
        "stop": stop["descr"]["order"],
        "closing": closing["descr"]["close"],
        # Errors that the client does not know it hands on as they came.
        "crossing": trade.create_order(**limit | {"price": "200000.0"}, oflags="post")["error"],
        "poor": refusal(lambda: trade.create_order(**limit | {"volume": "100"})),
        "unknown": refusal(lambda: trade.cancel_order(txid=txid)),
        "bought": bought,
        "counts": counts,
        "left": sorted(left),
        "switch": sorted(switch),
        **ask_past(user, bought),
    }


def ask_past(user: Any, bought: str) -> Seen:
    """The account, and what happened to it."""
    closed, trades = user.get_closed_orders()["closed"], user.get_trades_history()["trades"]
    ledger = user.get_ledgers_info()["ledger"]
    return {
        "closed": [closed[bought]["status"], closed[bought]["vol_exec"]],
        "trades": {exec_id: row["ordertxid"] for exec_id, row in trades.items()},
        "volumes": [row["vol"] for row in trades.values()],
        "queried": sorted(user.get_trades_info(txid=list(trades))),
        "ledger": sorted({(row["asset"], row["type"]) for row in ledger.values()}),
        "entry": list(user.get_ledgers(id_=next(iter(ledger)))) == [next(iter(ledger))],
        "fee": user.get_trade_volume(pair="XBTUSD")["fees"]["XXBTZUSD"]["fee"],
        "balance": user.get_account_balance()["XXBT"],
        "balances": user.get_balances()["XXBT"],
        "equity": float(user.get_trade_balance()["eb"]) > 0,
        "positions": user.get_open_positions(),
    }


async def trade_by_socket(where: Seen) -> Seen:
    """Follow every channel; place, amend, edit and cancel orders, alone and together."""
    heard: list[Seen] = []

    async def listen(message: Seen) -> None:
        heard.append(message)
        await asyncio.sleep(0)

    def rows(channel: str) -> list[Seen]:
        return [row for frame in heard if frame.get("channel") == channel for row in frame["data"]]

    def told(name: str) -> list[str]:
        """What happened to an order, by the client's id or its own."""
        return [row["exec_type"] for row in rows("executions") if name in {row.get("cl_ord_id"), row["order_id"]}]

    def result(method: str) -> Any:
        return next((frame.get("result", frame) for frame in heard if frame.get("method") == method), None)

    client = sdk.SpotWSClient(
        key=where["key"],
        secret=where["secret"],
        rest_url=where["rest"],
        ws_url=where["public"].removesuffix("/v2"),
        auth_ws_url=where["private"].removesuffix("/v2"),
        callback=listen,
    )

    async def ask(method: str, **params: object) -> Any:
        await client.send_message(message={"method": method, "params": params})
        await until(lambda: result(method) is not None)
        return result(method)

    order = {"order_type": "limit", "side": "buy", "limit_price": 30000.0, "order_qty": 0.01}
    await client.start()
    try:
        for channel in ("ticker", "trade", "ohlc"):
            await client.subscribe(params={"channel": channel, "symbol": ["BTC/USD"]})
        await client.subscribe(params={"channel": "instrument"})
        for channel in ("executions", "balances"):
            await client.subscribe(params={"channel": channel})
        await until(lambda: bool(rows("balances")) and any(frame.get("channel") == "executions" for frame in heard))
        await ask("add_order", **order, symbol="BTC/USD", cl_ord_id="peer2", post_only=True)
        amended = await ask("amend_order", cl_ord_id="peer2", order_qty=0.02, limit_price=31000.0)
        await ask("cancel_order", cl_ord_id=["peer2"])
        await until(lambda: "canceled" in told("peer2"))
        batch = await ask("batch_add", symbol="BTC/USD", orders=[order, order | {"cl_ord_id": "peer3"}])
        edited = await ask("edit_order", symbol="BTC/USD", order_id=batch[0]["order_id"], order_qty=0.03)
        ended = await ask("batch_cancel", orders=[edited["order_id"], batch[1]["order_id"]])
        await ask("cancel_all_orders_after", timeout=60)
        market = {"order_type": "market", "side": "buy", "order_qty": 0.01, "symbol": "BTC/USD", "cl_ord_id": "peer4"}
        await client.send_message(message={"method": "add_order", "params": market})
        await until(lambda: "filled" in told("peer4"))
        stop = {"order_type": "stop-loss", "side": "sell", "order_qty": 0.01, "triggers": {"price": 20000.0}}
        await client.send_message(message={"method": "add_order", "params": stop | {"symbol": "BTC/USD", "cl_ord_id": "peer5"}})
        await until(lambda: "new" in told("peer5"))
        count = (await ask("cancel_all"))["count"]
        await until(lambda: all(rows(channel) for channel in ("ticker", "trade", "ohlc")))
        bought = [row for row in rows("executions") if row["exec_type"] == "trade" and row["cl_ord_id"] == "peer4"]
        await until(lambda: {row["ref_id"] for row in rows("balances") if "ref_id" in row} >= {row["exec_id"] for row in bought})
    finally:
        await client.close()
    return {
        "limit": told("peer2"),
        "amended": sorted(amended),
        "batch": [sorted(row) for row in batch],
        "edited": edited["original_order_id"] == batch[0]["order_id"],
        "ended": ended["orders_cancelled"],
        "market": sorted(set(told("peer4"))),
        "bought": round(sum(row["last_qty"] for row in bought), 8),
        "canceled": count,
        "ticker": all(row["bid"] < row["ask"] for row in rows("ticker")),
        "candle": all(row["low"] <= row["close"] <= row["high"] for row in rows("ohlc")),
        "trade": {row["symbol"] for row in rows("trade")} == {"BTC/USD"},
        "failed": [frame for frame in heard if frame.get("success") is False],
    }


async def follow_book(where: Seen) -> Seen:
    """Its own order book client, with its own checksum check. Of the second pair one checksum is wrong."""
    updates: dict[str, list[Seen]] = {"BTC/USD": [], "ETH/USD": []}

    def note(self: Any, pair: str, message: Seen) -> "asyncio.Future[None]":
        book = self.get(pair)
        updates[pair].append({"valid": book["valid"], "type": message.get("type"), "bids": len(book["bid"])})
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done

    # Pointed at the simulator: the client itself knows the live addresses only.
    changes = {"WS_URL": where["public"].removesuffix("/v2"), "on_book_update": note}
    book = type("Book", (sdk.SpotOrderBookClient,), changes)(depth=10)
    vars(book)["_SpotOrderBookClient__market"] = sdk.Market(url=where["rest"])
    await book.start()
    try:
        await book.add_book(pairs=list(updates))
        await until(lambda: all(len(seen) > 60 for seen in updates.values()))
    finally:
        await book.close()
    return {
        "updates": len(updates["BTC/USD"]),
        "invalid": {pair: sum(not update["valid"] for update in seen) for pair, seen in updates.items()},
        "first": updates["BTC/USD"][0],
    }


async def main(where: Seen) -> Seen:
    """Everything, one after the other."""
    return {
        "prices": await asyncio.to_thread(ask_prices, where),
        "rest": await asyncio.to_thread(ask_rest, where),
        "socket": await trade_by_socket(where),
        "book": await follow_book(where),
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(main(json.loads(sys.argv[1])))))
