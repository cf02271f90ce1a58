"""`kill -9` in the middle of trading, then a start like any other."""

import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import attrs
import pytest
import trio
from support.stage import Stage, open_stage

from seawall import Market
from seawall.config.credentials import KEY_VARIABLE, SECRET_VARIABLE
from seawall.journal import read_fills, read_orders
from seawall.model.order_states import ENDED
from seawall.sim import SimSettings

TESTS = Path(__file__).parents[1]
LIVELY = SimSettings(events_per_s=10, limits_enforced=False)
"""Several starts within seconds fill the account's rate counter, and a stop that may not ask says so: that is another test's."""


async def idle(market: Market) -> None:
    await trio.sleep_forever()


def requests_by_id(stage: Stage) -> list[str]:
    asked = [*stage.sim.requests.of("add_order"), *stage.sim.requests.of("AddOrder")]
    return [str(request.params["cl_ord_id"]) for request in asked]


async def kill_while_trading(stage: Stage, after_orders: int) -> None:
    """Run a victim until the exchange has taken so many orders more, and some rest; then kill it."""
    addresses = stage.sim.addresses
    command = [sys.executable, "-m", "support.victim", str(stage.journal), addresses.rest, addresses.public, addresses.private]
    environ = {
        **os.environ,
        "PYTHONPATH": str(TESTS),
        KEY_VARIABLE: stage.sim.api_key,
        SECRET_VARIABLE: stage.sim.api_secret,
    }
    before = len(requests_by_id(stage))
    process = await trio.lowlevel.open_process(command, env=environ, stdout=subprocess.DEVNULL)
    try:
        await stage.until(
            lambda: len(requests_by_id(stage)) >= before + after_orders and len(stage.sim.exchange.open_orders()) >= 2
        )
    finally:
        process.kill()
        with trio.move_on_after(5, shield=True):
            await process.wait()


@pytest.mark.parametrize("after_orders", [3, 7, 16])
async def test_after_a_kill_journal_and_exchange_agree_and_nothing_is_sent_twice(tmp_path: Path, after_orders: int) -> None:
    async with open_stage(tmp_path, attrs.evolve(LIVELY, seed=after_orders)) as stage:
        await kill_while_trading(stage, after_orders)
        assert stage.sim.exchange.open_orders() != ()  # killed in the middle
        asked_before = requests_by_id(stage)

        async with stage.engine(idle) as engine:
            await stage.until(lambda: stage.sim.exchange.open_orders() == () and engine.snapshot().orders == ())
            held = {position.symbol: position.qty for position in engine.snapshot().positions}

        assert requests_by_id(stage) == asked_before
        assert len(asked_before) == len(set(asked_before))
        assert engine.certificate is not None
        assert engine.certificate.clean, str(engine.certificate)
        agree(stage, held)


def agree(stage: Stage, held: dict[str, Decimal]) -> None:
    """Every order of the exchange is in the journal, with the same end and the same fills, and none of it is left out."""
    journaled = {order.intent.client_order_id: order.steps[-1].state for order in read_orders(stage.journal)}
    at_exchange = {order.cl_ord_id: order for order in stage.sim.exchange.orders.values()}

    assert set(at_exchange) <= set(journaled)
    assert set(journaled.values()) <= ENDED, journaled
    for name, order in at_exchange.items():
        assert journaled[str(name)] == ("filled" if order.status == "filled" else "canceled"), (order, journaled[str(name)])
    fills = {record.fill.exec_id: record.fill.qty for record in read_fills(stage.journal)}
    assert fills == {fill.exec_id: fill.qty for fill in stage.sim.exchange.fills}
    bought = sum((fill.qty * (1 if fill.side == "buy" else -1) for fill in stage.sim.exchange.fills), Decimal(0))
    assert held.get("BTC/USD", Decimal(0)) == bought


async def test_two_kills_in_a_row_are_no_different(tmp_path: Path) -> None:
    async with open_stage(tmp_path, attrs.evolve(LIVELY, seed=5)) as stage:
        await kill_while_trading(stage, 4)
        await kill_while_trading(stage, 4)
        async with stage.engine(idle) as engine:
            await stage.until(lambda: stage.sim.exchange.open_orders() == () and engine.snapshot().orders == ())
            held = {position.symbol: position.qty for position in engine.snapshot().positions}

        asked = requests_by_id(stage)
        assert len(asked) == len(set(asked))
        assert engine.certificate is not None
        assert engine.certificate.clean, str(engine.certificate)
        agree(stage, held)
