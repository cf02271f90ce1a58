"""Clients that were written against the real exchange, by others, work against this one."""

import json
import sys
from decimal import Decimal
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import attrs
import pytest
import trio

from seawall.sim import DEFAULT_PAIRS, SimSettings, Simulator, open_sim

pytestmark = pytest.mark.peers

HERE = Path(__file__).parent

Seen = dict[str, Any]

LIVELY = SimSettings(pairs=DEFAULT_PAIRS[:2], events_per_s=40.0, history_min=30, limits_enforced=False)
"""A market in which much happens, for clients that take no account of its limits."""


def needs(package: str) -> pytest.MarkDecorator:
    """Skip where the package is not installed."""
    try:
        found = bool(version(package))
    except PackageNotFoundError:
        found = False
    return pytest.mark.skipif(not found, reason=f"needs {package}, from the extra `peers`")


async def run_peer(script: str, sim: Simulator) -> Seen:
    """What another client saw of the simulator, in a process of its own."""
    where = attrs.asdict(sim.addresses) | {"key": sim.api_key, "secret": sim.api_secret}
    done = await trio.run_process([sys.executable, str(HERE / script), json.dumps(where)], capture_stdout=True, check=False)
    assert done.returncode == 0
    seen: Seen = json.loads(done.stdout)
    return seen


async def visit(script: str) -> tuple[Seen, Simulator]:
    """Let another client use a simulator; returns what it saw, and the simulator. One checksum of the second pair is wrong."""
    with trio.fail_after(110):
        async with open_sim(LIVELY) as sim:
            sim.faults.spoil_checksum("ETH/USD")
            return await run_peer(script, sim), sim


def is_run(ids: list[int], count: int) -> bool:
    """Whether ids of trades are so many, and consecutive."""
    return ids == list(range(ids[0], ids[0] + count))


@needs("python-kraken-sdk")
async def test_python_kraken_sdk_works_as_against_the_exchange() -> None:
    seen, sim = await visit("kraken_sdk_peer.py")

    check_prices_of_sdk(seen["prices"])
    check_orders_of_sdk(seen["rest"], sim)
    check_past_of_sdk(seen["rest"])
    check_socket_of_sdk(seen["socket"])
    assert seen["book"]["updates"] > 60
    assert seen["book"]["invalid"]["BTC/USD"] == 0
    # It does check: the one that was wrong was seen.
    assert seen["book"]["invalid"]["ETH/USD"] > 0
    assert seen["book"]["first"] == {"valid": True, "type": "snapshot", "bids": 10}
    assert sim.exchange.open_orders() == ()


def check_prices_of_sdk(prices: Seen) -> None:
    trades = prices.pop("trades")
    assert is_run(trades, 10)
    assert prices == {
        "system": "online",
        "assets": ["XETH", "XXBT", "ZUSD"],
        "pairs": ["XETHZUSD", "XXBTZUSD"],
        "ticker": True,
        "book": [5, 5, True],
        "candles": [8],
        "steps": [300],
        "spreads": True,
    }


def check_orders_of_sdk(rest: Seen, sim: Simulator) -> None:
    assert rest["open"] == [rest["txid"]]
    assert (rest["amended"], rest["amends"]) == (["0.02000000", "31000.0", "peer1", "amended"], ["original", "user"])
    assert (rest["canceled"], rest["status"]) == ({"count": 1}, "canceled")
    assert rest["edited"] == [True, "buy 0.03000000 XBTUSD @ limit 30500.0"]
    assert rest["stop"] == "sell 0.01000000 XBTUSD @ stop loss 30000.0 -> limit 29000.0"
    assert rest["closing"] == "close position @ stop loss 20000.0"
    assert rest["crossing"] == ["EOrder:Post only order"]
    assert (rest["poor"], rest["unknown"]) == ("KrakenInsufficientFundsError", "KrakenUnknownOrderError")
    assert (rest["counts"], rest["left"]) == ([2, 2], ["limit", "stop-loss-limit"])
    assert rest["switch"] == ["currentTime", "triggerTime"]
    names = [order.cl_ord_id for order in sim.exchange.orders.values() if order.cl_ord_id is not None]
    assert names == ["peer1", "peer2", "peer3", "peer4", "peer5"]


def check_past_of_sdk(rest: Seen) -> None:
    assert set(rest["trades"].values()) == {rest["bought"]}
    assert rest["queried"] == sorted(rest["trades"])
    assert sum(Decimal(volume) for volume in rest["volumes"]) == Decimal("0.01")
    assert rest["closed"] == ["closed", "0.01000000"]
    assert (rest["ledger"], rest["entry"]) == ([["XXBT", "trade"], ["ZUSD", "trade"]], True)
    assert rest["balances"] == {"balance": "1.0100000000", "hold_trade": "0.0000000000"}
    assert (rest["balance"], rest["fee"], rest["equity"]) == ("1.0100000000", "0.4000", True)
    assert rest["positions"] in ([], {})


def check_socket_of_sdk(socket: Seen) -> None:
    assert socket == {
        "limit": ["pending_new", "new", "amended", "canceled"],
        "amended": ["amend_id", "cl_ord_id"],
        "batch": [["order_id"], ["cl_ord_id", "order_id"]],
        "edited": True,
        "ended": 2,
        "market": ["filled", "new", "pending_new", "trade"],
        "bought": 0.01,
        "canceled": 1,
        "ticker": True,
        "candle": True,
        "trade": True,
        "failed": [],
    }


@needs("ccxt")
async def test_ccxt_works_as_against_the_exchange() -> None:
    seen, sim = await visit("ccxt_peer.py")

    check_prices_of_ccxt(seen["prices"], sim)
    check_orders_of_ccxt(seen["rest"])
    check_past_of_ccxt(seen["rest"])
    check_socket_of_ccxt(seen["socket"])
    assert seen["async"] == {"status": "canceled", "held": pytest.approx(301.2), "after": 0.0}
    market = seen["market"]
    assert market.pop("checked")[1] is True
    assert market == {
        "ticker": ["BTC/USD", True, True],
        "best": True,
        "trade": ["BTC/USD", True, True],
        "candle": True,
        "book": [True, True, True, 10],
    }
    assert sim.exchange.open_orders() == ()


def check_prices_of_ccxt(prices: Seen, sim: Simulator) -> None:
    sides, ids = prices.pop("trades")
    # It sorts trades of one millisecond by their ids as texts: `10` comes before `9`.
    assert (sides, is_run(sorted(ids), 20)) == (["buy", "sell"], True)
    assert abs(prices.pop("time") - sim.exchange.now_ns() // 10**6) < 200_000
    assert prices == {
        "status": "ok",
        "markets": 2,
        "market": ["XXBTZUSD", {"amount": 1e-08, "price": 0.1}, 5e-05, True, 0.004],
        "currencies": ["BTC", "ETH", "USD"],
        "ticker": ["BTC/USD", True, True],
        "tickers": ["BTC/USD", "ETH/USD"],
        "book": [True, True, True, 25, 25],
        "steps": [300_000],
        "candles": True,
    }


def check_orders_of_ccxt(rest: Seen) -> None:
    assert rest["amended"] == ["peer1", 0.02, 31_000.0, "open"]
    assert (rest["opened"], rest["canceled"]) == ([rest["placed"]], "canceled")
    assert rest["posted"] == ["open", "limit", "buy", 0.01, 0.0, True]
    assert rest["stop"] == ["open", "market", "sell", 0.01, 0.0, 20_000.0]
    assert rest["stop limit"] == ["open", "limit", "sell", 0.01, 0.0, 20_000.0, 19_000.0]
    assert rest["follow"] == ["open", "trailing-stop", "+10%"]
    assert (rest["crossing"], rest["poor"], rest["unknown"]) == ("ExchangeError", "InsufficientFunds", "OrderNotFound")
    assert rest["left"] == [4, 0]


def check_past_of_ccxt(rest: Seen) -> None:
    assert rest["closed"].pop(rest["bought"]) == "closed"
    assert (len(rest["closed"]), set(rest["closed"].values())) == (7, {"canceled"})
    assert sum(amount for _, amount, _ in rest["trades"]) == pytest.approx(0.01)
    assert {(order, role) for order, _, role in rest["trades"]} == {(rest["bought"], "taker")}
    assert rest["of order"] == [rest["bought"]] * len(rest["trades"])
    assert {tuple(entry) for entry in rest["ledger"]} == {("BTC", "trade"), ("USD", "trade")}
    assert (rest["balance"]["total"], rest["balance"]["used"]) == (pytest.approx(1.01), 0.0)
    assert rest["fee"] == pytest.approx(0.004)


def check_socket_of_ccxt(socket: Seen) -> None:
    assert (socket["edited"], set(socket["amended"]), socket["ended"]) == (True, {31_000.0}, "canceled")
    assert {tuple(trade) for trade in socket["bought"]} == {("BTC/USD", "buy", "taker")}
    assert (socket["closed"], socket["canceled"], socket["gained"]) == ("closed", 2, pytest.approx(0.01))
