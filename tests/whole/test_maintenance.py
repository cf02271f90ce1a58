"""Maintenance that was announced, over real sockets: the dead man's switch takes no order along, and trading goes on."""

import datetime as dt
from pathlib import Path

import trio
from support.stage import Stage, open_stage

from seawall import Market, limit_buy
from seawall.engine.hub import VenueStatusChanged
from seawall.engine.notices import DeadMansSwitchFired, MaintenanceAwaited, MaintenanceOver
from seawall.model.errors import RefusedByRisk
from seawall.model.market_data import VenueStatus
from seawall.sim import SimSettings

STILL = SimSettings(events_per_s=5, seed=7)


def timeout_s(stage: Stage) -> int | None:
    """What the exchange was last told of the dead man's switch, by whichever way; 0 is off."""
    asked = [*stage.sim.requests.of("cancel_all_orders_after"), *stage.sim.requests.of("CancelAllOrdersAfter")]
    newest = max(asked, key=lambda request: request.at_ns, default=None)
    return None if newest is None else int(str(newest.params["timeout"]))


async def test_orders_outlive_maintenance_that_was_announced(tmp_path: Path) -> None:
    refusals: list[str] = []
    again = trio.Event()

    async def rest(market: Market) -> None:
        async with market.quotes("BTC/USD") as quotes:
            async for quote in quotes:
                far = market.instrument("BTC/USD").price_increment * (
                    (quote.bid * 95 / 100) // market.instrument("BTC/USD").price_increment
                )
                async with market.working(limit_buy("BTC/USD", qty="0.001", price=far)):
                    await again.wait()
                    try:
                        async with market.working(limit_buy("BTC/USD", qty="0.001", price=far)):
                            refusals.append("none")
                    except RefusedByRisk as refusal:
                        refusals.append(refusal.rule)
                    await trio.sleep_forever()

    async with open_stage(tmp_path, STILL) as stage, stage.engine(rest) as engine:
        await stage.until(lambda: len(stage.sim.exchange.open_orders()) == 1 and timeout_s(stage) == 60)
        (resting,) = stage.sim.exchange.open_orders()

        now = dt.datetime.now(dt.UTC)
        window = engine.expect_maintenance(now + dt.timedelta(seconds=30), now + dt.timedelta(minutes=30))
        await stage.until(lambda: timeout_s(stage) == 0)
        assert len(stage.told(MaintenanceAwaited)) == 1
        again.set()
        await stage.until(lambda: refusals == ["mode"])

        stage.sim.exchange.set_status(VenueStatus.MAINTENANCE)
        await stage.until(lambda: stage.told(VenueStatusChanged)[-1:] == [VenueStatusChanged(VenueStatus.MAINTENANCE)])
        assert timeout_s(stage) == 0
        stage.sim.exchange.set_status(VenueStatus.ONLINE)
        engine.call_off_maintenance(window)
        await stage.until(lambda: timeout_s(stage) == 60)
        assert len(stage.told(MaintenanceOver)) == 1
        assert stage.sim.exchange.open_orders() == (resting,)

    assert stage.told(DeadMansSwitchFired) == []
    assert engine.certificate is not None
    assert engine.certificate.clean
