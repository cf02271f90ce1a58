"""A position as a block, with sockets, a matching engine and a journal on disk: what is bought inside is sold at the stop."""

from decimal import Decimal
from pathlib import Path

import attrs
import pytest
import trio

from seawall import load_config, open_engine
from seawall.engine.closing import PositionHandedOver
from seawall.engine.notices import OrderFilled, StrategySaid

FILE = """
name = "whole"
mode = "sim"
journal = "whole.sqlite"

[exchange.sim]
seed = 7
pairs = ["BTC/USD"]

[exchange.sim.balances]
USD = 10000

[[strategies]]
name = "holder"
use = "holder.py:hold"
symbols = ["BTC/USD"]

[strategies.parameters]
hand_over = HAND_OVER
"""

STRATEGY = """
import trio
from seawall import Market, market_buy

async def hold(market: Market, *, hand_over: bool) -> None:
    async with market.holding("BTC/USD", stop_loss="0.5", adopt=True) as position:
        if position.is_closed:
            async with market.working(market_buy("BTC/USD", qty="0.002")) as order:
                await order.done()
        if hand_over:
            position.hand_over("to the next run")
        market.say(f"holds {position.qty}")
        await trio.sleep_forever()
"""


@attrs.define(eq=False)
class Listener:
    """A probe that keeps what it is told, and knows when the strategy holds something."""

    notices: list[object] = attrs.field(factory=list)
    holds: trio.Event = attrs.field(factory=trio.Event)

    def __call__(self, notice: object) -> None:
        self.notices.append(notice)
        if isinstance(notice, StrategySaid):
            self.holds.set()

    def sides(self) -> list[str]:
        """Of every fill."""
        return [notice.fill.side.value for notice in self.notices if isinstance(notice, OrderFilled)]


@pytest.mark.parametrize("hand_over", [False, True])
async def test_a_stop_sells_what_a_block_holds_unless_it_is_handed_over(hand_over: bool, tmp_path: Path) -> None:
    (tmp_path / "holder.py").write_text(STRATEGY)
    (tmp_path / "seawall.toml").write_text(FILE.replace("HAND_OVER", str(hand_over).lower()))
    listener = Listener()
    with trio.fail_after(60):
        config = await trio.to_thread.run_sync(load_config, tmp_path / "seawall.toml")
        async with open_engine(config, probe=listener) as engine:
            await listener.holds.wait()

    assert engine.certificate is not None
    assert engine.certificate.clean, engine.certificate
    told = [notice for notice in listener.notices if isinstance(notice, PositionHandedOver)]
    if hand_over:
        assert set(listener.sides()) == {"buy"}
        assert [(held.qty, held.reason) for held in told] == [(Decimal("0.002"), "to the next run")]
        assert engine.certificate.handed_over == (("holder", "BTC/USD", "to the next run"),)
    else:
        assert set(listener.sides()) == {"buy", "sell"}
        assert engine.certificate.positions == ()
