"""Paper mode: market data of the exchange that the addresses name, orders filled on this machine."""

from decimal import Decimal
from pathlib import Path

import attrs
from support.stage import ONCE, Stage, open_stage

from seawall import Config, Fill, Market, OrderState, StrategySpec, Surroundings, limit_buy, open_engine
from seawall.config import Mode
from seawall.sim import SimSettings


def on_paper(stage: Stage) -> Config:
    config = stage.config()
    sim = attrs.evolve(config.exchange.sim, balances={"USD": Decimal(5_000)})
    return attrs.evolve(config, mode=Mode.PAPER, exchange=attrs.evolve(config.exchange, sim=sim))


async def test_orders_are_filled_here_and_never_reach_the_exchange(tmp_path: Path) -> None:
    fills: list[Fill] = []
    ends: list[OrderState] = []
    left: list[Decimal] = []

    async def take_then_rest(market: Market) -> None:
        async with market.quotes("BTC/USD") as quotes:
            quote = await anext(quotes)
            async with market.working(limit_buy("BTC/USD", qty="0.001", price=quote.ask + 100)) as order:
                fills.extend([fill async for fill in order.fills()])
            async with market.working(limit_buy("BTC/USD", qty="0.001", price=quote.bid - 3_000)) as resting:
                pass
            ends.append(resting.state)
            left.append(market.balance("USD").total)

    async with open_stage(tmp_path, SimSettings(events_per_s=20)) as stage:
        spec = StrategySpec("taker", take_then_rest, ONCE)
        # No key: the environment is empty, and paper asks for none.
        where = Surroundings(environ={})
        async with open_engine(on_paper(stage), strategies=[spec], probe=stage.notices.append, surroundings=where) as engine:
            await engine.stopped()

        asked = {request.method for request in stage.sim.requests}
        assert stage.sim.exchange.orders == {}
        assert asked.isdisjoint({"add_order", "AddOrder", "GetWebSocketsToken", "BalanceEx", "OpenOrders"})

    assert sum(fill.qty for fill in fills) == Decimal("0.001")
    assert ends == [OrderState.CANCELED]
    cost = sum(fill.cost + sum(fee.qty for fee in fill.fees) for fill in fills)
    assert left == [Decimal(5_000) - cost]
    assert engine.certificate is not None
    assert engine.certificate.clean, str(engine.certificate)


async def test_a_resting_order_is_filled_when_the_live_market_comes_to_it(tmp_path: Path) -> None:
    ends: list[OrderState] = []

    async def rest_at_the_touch(market: Market) -> None:
        async with market.quotes("BTC/USD") as quotes:
            async for quote in quotes:
                async with market.working(limit_buy("BTC/USD", qty="0.0005", price=quote.bid)) as order:
                    ends.append(await order.done())
                    return

    async with open_stage(tmp_path, SimSettings(events_per_s=50)) as stage:
        spec = StrategySpec("maker", rest_at_the_touch, ONCE)
        where = Surroundings(environ={})
        async with open_engine(on_paper(stage), strategies=[spec], probe=stage.notices.append, surroundings=where) as engine:
            await engine.stopped()
        assert stage.sim.exchange.orders == {}

    assert ends == [OrderState.FILLED]
    assert engine.certificate is not None
    assert engine.certificate.clean, str(engine.certificate)
