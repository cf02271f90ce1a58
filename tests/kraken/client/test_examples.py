"""The programs beside the manual, run against the simulated exchange."""

import importlib.util
import re
import subprocess
import sys
from collections.abc import AsyncGenerator
from pathlib import Path
from types import ModuleType

import pytest
import trio
from trio.testing import MockClock

from seawall.kraken import Addresses, ClientSettings, Credentials
from seawall.sim import Answered, SimSettings, Simulator, open_sim

EXAMPLES = Path(__file__).parents[3] / "examples"


def loaded(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
async def sim() -> AsyncGenerator[Simulator, None]:
    with trio.fail_after(30):
        async with open_sim(SimSettings(events_per_s=30.0)) as sim:
            yield sim


def settings_for(sim: Simulator, *, key: bool) -> ClientSettings:
    where = sim.addresses
    addresses = Addresses(where.rest, where.public, where.private, where.level3)
    return ClientSettings(addresses, Credentials(sim.api_key, sim.api_secret) if key else None, tier="pro")


async def test_quotes_of_several_pairs_are_printed(sim: Simulator, capsys: pytest.CaptureFixture[str]) -> None:
    await loaded("kraken_watch").main(settings_for(sim, key=False), ["XBT/USD", "ETH/USD"], 1.5)
    printed = capsys.readouterr().out
    for symbol in ("BTC/USD", "ETH/USD"):
        assert re.search(rf"^{symbol} +[0-9.]+ @ [0-9.]+ +[0-9.]+ @ [0-9.]+$", printed, re.MULTILINE)


async def test_an_order_is_placed_amended_and_cancelled(sim: Simulator, capsys: pytest.CaptureFixture[str]) -> None:
    await loaded("kraken_order").main(settings_for(sim, key=True), "btcusd")
    words = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert words == ["placed", "amended", "cancelled", "and"]
    assert not sim.exchange.open_orders()
    assert len(sim.requests.of("add_order", "AddOrder")) == 1


@pytest.mark.parametrize("carried_out", [True, False])
async def test_an_order_whose_answer_is_lost_is_cancelled_all_the_same(
    sim: Simulator, capsys: pytest.CaptureFixture[str], mock_clock: MockClock, carried_out: bool
) -> None:
    mock_clock.rate = 10
    sim.faults.next_answer("add_order", Answered.CUT, carried_out=carried_out)
    await loaded("kraken_order").main(settings_for(sim, key=True), "BTC/USD")
    assert "unknown" in capsys.readouterr().out
    assert not sim.exchange.open_orders()
    assert len(sim.requests.of("add_order", "AddOrder")) == 1


@pytest.mark.parametrize("name", ["kraken_watch", "kraken_order"])
def test_they_find_the_simulated_exchange_where_it_says_it_is(name: str) -> None:
    assert loaded(name).simulated(8080) == Addresses(
        "http://127.0.0.1:8080", "ws://127.0.0.1:8081/v2", "ws://127.0.0.1:8082/v2", "ws://127.0.0.1:8083/v2"
    )


def test_without_a_key_it_says_which_variable_is_not_set() -> None:
    done = subprocess.run(
        [sys.executable, EXAMPLES / "kraken_order.py", "--sim", "1"], capture_output=True, text=True, env={}, check=False
    )
    assert (done.returncode, done.stderr) == (1, "set KRAKEN_API_KEY in the environment\n")
