"""A client that was written against the real exchange, by others, works against this one."""

import json
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import attrs
import pytest
import trio

from seawall.sim import SimSettings, open_sim

try:
    SDK = version("python-kraken-sdk")
except PackageNotFoundError:
    SDK = ""

pytestmark = [
    pytest.mark.peers,
    pytest.mark.skipif(not SDK, reason="needs python-kraken-sdk, from the extra `peers`"),
]

PEER = Path(__file__).with_name("kraken_sdk_peer.py")


async def test_python_kraken_sdk_sees_prices_trades_and_verifies_the_book() -> None:
    with trio.fail_after(100):
        async with open_sim(SimSettings(events_per_s=40.0, history_min=5)) as sim:
            where = attrs.asdict(sim.addresses) | {"key": sim.api_key, "secret": sim.api_secret}
            done = await trio.run_process([sys.executable, str(PEER), json.dumps(where)], capture_stdout=True, check=False)
            assert done.returncode == 0
            seen = json.loads(done.stdout)
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
