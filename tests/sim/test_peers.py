"""Clients that were written against the real exchange, by others, work against this one."""

import json
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import attrs
import pytest
import trio

from seawall.sim import SimSettings, Simulator, open_sim

pytestmark = pytest.mark.peers

HERE = Path(__file__).parent


def needs(package: str) -> pytest.MarkDecorator:
    """Skip where the package is not installed."""
    try:
        found = bool(version(package))
    except PackageNotFoundError:
        found = False
    return pytest.mark.skipif(not found, reason=f"needs {package}, from the extra `peers`")


async def run_peer(script: str, sim: Simulator) -> dict[str, Any]:
    """What another client saw of the simulator, in a process of its own."""
    where = attrs.asdict(sim.addresses) | {"key": sim.api_key, "secret": sim.api_secret}
    done = await trio.run_process([sys.executable, str(HERE / script), json.dumps(where)], capture_stdout=True, check=False)
    assert done.returncode == 0
    seen: dict[str, Any] = json.loads(done.stdout)
    return seen


@needs("python-kraken-sdk")
async def test_python_kraken_sdk_sees_prices_trades_and_verifies_the_book() -> None:
    with trio.fail_after(100):
        async with open_sim(SimSettings(events_per_s=40.0, history_min=5)) as sim:
            seen = await run_peer("kraken_sdk_peer.py", sim)
            orders = list(sim.exchange.orders.values())

    rest = seen["rest"]
    assert rest["system"] == "online"
    assert rest["ticker"] == ["XXBTZUSD"]
    assert rest["open"] == [rest["txid"]]
    assert rest["canceled"] == {"count": 1}
    assert rest["status"] == "canceled"
    assert rest["balance"] == "100000.0000"

    assert seen["socket"] == {"executions": ["pending_new", "new", "canceled"], "failed": []}
    assert [order.cl_ord_id for order in orders] == ["peer1", "peer2"]

    assert seen["book"]["updates"] > 60
    assert seen["book"]["invalid"] == []
    assert seen["book"]["first"] == {"valid": True, "type": "snapshot", "bids": 10}


@needs("ccxt")
async def test_ccxt_trades_amends_and_reads_its_past() -> None:
    with trio.fail_after(100):
        async with open_sim(SimSettings(events_per_s=40.0, history_min=5)) as sim:
            seen = await run_peer("ccxt_peer.py", sim)
            orders = sim.exchange.orders
            resting = sim.exchange.open_orders()

    rest = seen["rest"]
    assert rest["markets"] == 10
    assert (rest["crossed"], rest["book"], rest["candles"]) == (False, [True, True], True)
    assert rest["amended"] == ["peer1", 0.02, 31_000.0, "open"]
    assert rest["opened"] == [rest["placed"]]
    assert (rest["canceled"], rest["left"]) == ("canceled", [])
    assert sum(amount for _, amount, _ in rest["trades"]) == pytest.approx(0.01)
    assert {(order, role) for order, _, role in rest["trades"]} == {(rest["bought"], "taker")}
    assert {tuple(entry) for entry in rest["ledger"]} == {("BTC", "trade"), ("USD", "trade")}
    assert (rest["balance"], rest["fee"]) == (pytest.approx(1.01), pytest.approx(0.004))

    assert seen["async"] == {"status": "canceled", "balance": 0.0}

    socket = seen["socket"]
    assert socket == {
        "crossed": False,
        "depth": 10,
        "trades": True,
        "heard": [True],
        "edited": True,
        "balance": pytest.approx(1.01),
    }
    assert len(orders) == 6
    assert resting == ()
