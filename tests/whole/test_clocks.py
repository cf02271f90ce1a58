"""A machine whose clock is wrong, or jumps, decides nothing before the exchange's own clock allows it."""

import time
from collections.abc import Callable
from pathlib import Path

import attrs
import pytest
from support.stage import ONCE, open_stage

from seawall import Market, StrategySpec, Surroundings, limit_buy, open_engine
from seawall.config import Deadlines
from seawall.config.compose import client_settings
from seawall.config.credentials import KEY_VARIABLE, SECRET_VARIABLE
from seawall.engine.notices import OrderInDoubt
from seawall.journal import read_orders
from seawall.kraken.client import Addresses, Credentials, KrakenVenue, MarketListener, open_venue
from seawall.model.errors import Refused
from seawall.sim import Answered, SimSettings

QUICK = Deadlines(order_s=1.0, settle_s=0.5, absent_s=1.0, cancel_s=2.0)
STILL = SimSettings(events_per_s=5, seed=7)
MINUTE_S = 60


@attrs.define
class WallClock:
    """This machine's: `ahead_s` in front of the exchange's."""

    ahead_s: float = 0.0

    def __call__(self) -> int:
        return time.time_ns() + int(self.ahead_s * 1e9)


class Nobody(MarketListener):
    """Hears nothing."""


@pytest.mark.parametrize("ahead_s", [-7 * MINUTE_S, 7 * MINUTE_S])
async def test_the_time_of_a_question_had_surely_come_at_the_exchange(tmp_path: Path, ahead_s: float) -> None:
    """On both transports: what REST says in whole seconds, and then what the socket says to the microsecond."""
    wall = WallClock(ahead_s)
    async with open_stage(tmp_path, STILL) as stage:
        credentials = Credentials(stage.sim.api_key, stage.sim.api_secret)
        settings = client_settings(stage.config(), Addresses(**attrs.asdict(stage.sim.addresses)), credentials)
        async with open_venue(settings, Nobody(), now_ns=wall) as venue:
            await _ask(venue, stage.sim.exchange.now_ns)
            wall.ahead_s *= -3
            await _ask(venue, stage.sim.exchange.now_ns)
            await venue.wait_live()
            await venue.cancel(["nosuchorder"])  # an answer of the socket tells the time more finely
            fine_s = venue.statistics().clock_within_s
            assert fine_s is not None
            assert fine_s < 1.0
            await _ask(venue, stage.sim.exchange.now_ns)


async def _ask(venue: KrakenVenue, exchange_now_ns: Callable[[], int]) -> None:
    came_ns = exchange_now_ns()
    _, asked_at_ns = await venue.find_order("nosuchorder", "OAAAAA-BBBBB-CCCCCC")
    assert asked_at_ns <= came_ns
    assert came_ns - asked_at_ns < 5 * 10**9, "and not so early that nothing would ever be decided"
    came_ns = exchange_now_ns()
    assert (await venue.open_orders()).asked_at_ns <= came_ns


async def test_a_lost_order_is_never_placed_only_when_the_exchanges_clock_says_so(tmp_path: Path) -> None:
    wall = WallClock(7 * MINUTE_S)
    decided_ns: list[int] = []

    def heard(notice: object) -> None:
        if isinstance(notice, OrderInDoubt):
            wall.ahead_s += 20 * MINUTE_S  # the clock is set in the midst of it

    async def buy(market: Market) -> None:
        async with market.quotes("BTC/USD") as quotes:
            quote = await anext(quotes)
            stage.sim.faults.next_answer("add_order", Answered.NOTHING, carried_out=False)
            far = quote.bid - quote.bid % 100 - 2000
            with pytest.raises(Refused) as refused:
                async with market.working(limit_buy("BTC/USD", qty="0.001", price=far)):
                    raise AssertionError("the order never arrived")
            assert refused.value.rule == "never_placed"
            decided_ns.append(stage.sim.exchange.now_ns())

    async with open_stage(tmp_path, STILL, deadlines=QUICK) as stage:
        environ = {KEY_VARIABLE: stage.sim.api_key, SECRET_VARIABLE: stage.sim.api_secret}
        where = Surroundings(environ=environ, now_ns=wall)
        async with open_engine(
            stage.config(), strategies=[StrategySpec("buy", buy, ONCE)], surroundings=where, probe=heard
        ) as engine:
            await engine.stopped()
    (kept,) = read_orders(stage.journal)

    assert engine.certificate is not None
    assert engine.certificate.clean, str(engine.certificate)
    deadline_ns = kept.intent.deadline_ns
    assert decided_ns[0] > deadline_ns + int((QUICK.absent_s + QUICK.settle_s) * 1e9) - 1_000_000
    assert abs(deadline_ns - decided_ns[0]) < 50 * 10**9, "the deadline itself is of the exchange's time"
