"""The market out of a seed."""

import random
from decimal import Decimal

import pytest
import trio
from support.sim import BUY, START_NS, Clock

from seawall.model.market_data import VenueStatus
from seawall.model.orders import OrderType, Side
from seawall.sim.exchange.exchange import Exchange
from seawall.sim.exchange.orders import NewOrder
from seawall.sim.exchange.pairs import DEFAULT_PAIRS
from seawall.sim.feeds.public import PublicFeed
from seawall.sim.market.generator import Generator
from seawall.sim.market.source import MarketInput


def make_market(seed: int = 1, history_min: int = 30) -> tuple[Generator, MarketInput]:
    clock = Clock()
    exchange = Exchange.of(DEFAULT_PAIRS, {"USD": Decimal(10_000), "BTC": Decimal(10)}, now_ns=clock, rng=random.Random(1))
    generator = Generator(random.Random(seed), 20.0, 25, history_min)
    market = MarketInput(exchange, PublicFeed(exchange), trio.lowlevel.checkpoint)
    generator.prepare(market)
    return generator, market


def picture(market: MarketInput) -> list[object]:
    return [(symbol, market.feed.shown(symbol).bids(25), market.feed.shown(symbol).asks(25)) for symbol in market.exchange.pairs]


def test_the_books_stand_before_anybody_comes() -> None:
    _, market = make_market()

    for symbol, pair in market.exchange.pairs.items():
        book = market.exchange.market(symbol).book
        bid, ask = book.bids.best(), book.asks.best()
        assert bid is not None
        assert ask is not None
        assert bid < pair.start_price <= ask
        assert len(book.bids) >= 25
        assert len(book.asks) >= 25


def test_there_is_a_past_to_draw_candles_from() -> None:
    _, market = make_market(history_min=30)

    candles = market.feed.candles("BTC/USD", 1).rows
    assert len(candles) >= 30
    assert candles[-1].begin_ns < START_NS
    assert market.exchange.statistics().trades_printed == 0


def test_equal_seeds_make_equal_markets() -> None:
    pictures = []
    for seed in (1, 1, 2):
        generator, market = make_market(seed)
        for _ in range(200):
            generator.step(market, "BTC/USD")
        pictures.append(picture(market))

    assert pictures[0] == pictures[1] != pictures[2]


@pytest.mark.parametrize("symbol", ["BTC/USD", "DOGE/USD", "ETH/BTC"])
def test_the_book_stays_filled_uncrossed_and_on_the_grid(symbol: str) -> None:
    generator, market = make_market()
    state = market.exchange.market(symbol)

    for _ in range(1_500):
        generator.step(market, symbol)
        bid, ask = state.book.bids.best(), state.book.asks.best()
        assert bid is not None
        assert ask is not None
        assert bid < ask

    assert market.exchange.statistics().trades_printed > 100
    for half in (state.book.bids, state.book.asks):
        assert 25 <= len(half) <= 50
        for price in half.prices():
            assert price % state.pair.tick_size == 0
            assert half.qty_at(price) % state.pair.qty_increment == 0


@pytest.mark.parametrize("side", list(Side))
def test_whoever_rests_at_the_touch_is_filled_soon(side: Side) -> None:
    generator, market = make_market()
    state = market.exchange.market("BTC/USD")
    steps = []
    for _ in range(20):
        best = state.book.half(side).best()
        assert best is not None
        entry = state.book.rest(side, best, Decimal("0.001"))
        steps.append(0)
        while entry.qty and steps[-1] < 5_000:
            generator.step(market, "BTC/USD")
            steps[-1] += 1

    # Twenty steps a second: half of them within three seconds.
    assert sorted(steps)[10] < 60


def test_users_orders_stay_however_far_out_they_are() -> None:
    generator, market = make_market()
    pair = market.exchange.pairs["BTC/USD"]
    order = market.exchange.add_order(NewOrder(pair, BUY, OrderType.LIMIT, Decimal("0.01"), Decimal("30000.0")))
    assert order is not None

    for _ in range(500):
        generator.step(market, "BTC/USD")

    assert order.live
    assert market.exchange.market("BTC/USD").book.bids.worst() == 30_000


async def test_nothing_moves_while_the_exchange_does_not_match(autojump_clock: object) -> None:
    generator, market = make_market()
    market.exchange.set_status(VenueStatus.CANCEL_ONLY)
    before = picture(market)
    with trio.move_on_after(5):
        await generator.run(market)
    assert picture(market) == before

    market.exchange.set_status(VenueStatus.ONLINE)
    with trio.move_on_after(5):
        await generator.run(market)
    assert picture(market) != before
