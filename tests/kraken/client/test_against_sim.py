"""The whole client against the simulated exchange, over real sockets on this machine."""

import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from random import Random

import attrs
import psutil
import pytest
import trio
import trio.testing
import trustme
from support.kraken_server import Heard

from seawall.kraken.client import Addresses, ClientSettings, Credentials, KrakenVenue, TradesMissed, TradesRefilled, open_venue
from seawall.kraken.dialect.books.level3_book import Level3Book
from seawall.model.errors import OutcomeUnknown, RefusedByExchange
from seawall.model.orders import Side
from seawall.model.reports import AmendOrder, PlaceOrder
from seawall.sim import Answered, SimSettings, Simulator, open_sim
from seawall.sim.settings import Door

SIM = SimSettings(events_per_s=30.0)


def settings_for(sim: Simulator) -> ClientSettings:
    addresses = Addresses(sim.addresses.rest, sim.addresses.public, sim.addresses.private, sim.addresses.level3)
    return ClientSettings(addresses, Credentials(sim.api_key, sim.api_secret), tier="pro", silent_after_s=2.0)


@attrs.define(eq=False)
class World:
    sim: Simulator
    heard: Heard
    notices: list[object]
    venue: KrakenVenue

    def order(self, client_order_id: str, price: str, qty: str = "0.001", **fields: object) -> PlaceOrder:
        order = PlaceOrder(
            client_order_id=client_order_id,
            symbol="BTC/USD",
            side=Side.BUY,
            order_type="limit",
            qty=Decimal(qty),
            limit_price=Decimal(price),
            trigger_price=None,
            time_in_force="gtc",
            post_only=False,
            deadline_ns=self.venue.now_ns() + 10_000_000_000,
        )
        return attrs.evolve(order, **fields)  # type: ignore[arg-type]  # fields of the tests' own choice


@asynccontextmanager
async def a_world(
    sim_settings: SimSettings = SIM, change: Callable[[ClientSettings], ClientSettings] = lambda settings: settings
) -> AsyncGenerator[World, None]:
    heard = Heard()
    notices: list[object] = []
    with trio.fail_after(30):
        async with open_sim(sim_settings) as sim:
            settings = change(settings_for(sim))
            async with open_venue(settings, heard, probe=notices.append, now_ns=time.time_ns, rng=Random(1)) as venue:
                await venue.wait_live()
                yield World(sim, heard, notices, venue)


async def test_books_stay_true_through_a_lively_market() -> None:
    async with a_world() as world:
        await world.venue.follow_book("BTC/USD")
        await world.venue.follow_book("ETH/USD")
        await world.heard.until_told("book", "BTC/USD", times=30)
        assert world.heard.count("book lost") == 0
        assert world.venue.instrument("BTC/USD").rest_id == "XXBTZUSD"


async def test_tickers_come_with_every_trade() -> None:
    async with a_world() as world:
        await world.venue.follow_ticker("BTC/USD")
        await world.venue.follow_trades("BTC/USD")
        await world.venue.place(world.order("taker1", "1000000.0"), lambda: None)
        await world.heard.until(lambda: bool(world.heard.trades))
        await world.heard.until_told("ticker", "BTC/USD", world.heard.trades[-1].price)
        ticker = world.venue.ticker("BTC/USD")
        assert ticker is not None
        assert ticker.bid < ticker.ask


def ids_of_bids(book: Level3Book) -> set[str]:
    return {order.order_id for queue in book.bid_queues(book.depth) for order in queue}


async def test_single_orders_stay_true_through_a_lively_market_and_a_spoilt_checksum() -> None:
    async with a_world() as world:
        venue, heard = world.venue, world.heard
        with trio.fail_after(10):
            await venue.follow_level3("BTC/USD", 100)
            await venue.follow_level3("ETH/USD")
        price = str(heard.level3["BTC/USD"].bids(50)[-1].price)
        placed = await venue.place(world.order("mine1", price), lambda: None)
        await heard.until(lambda: placed.order_id in ids_of_bids(heard.level3["BTC/USD"]))
        await heard.until_told("level3", "BTC/USD", times=30)
        assert heard.count("level3 lost") == 0
        world.sim.faults.spoil_level3("BTC/USD")
        await heard.until_told("level3 lost", "BTC/USD")
        told = heard.count("level3", "BTC/USD")
        await heard.until_told("level3", "BTC/USD", times=told + 5)
        assert heard.count("level3 lost", "ETH/USD") == 0
        book = venue.level3("BTC/USD")
        assert book is not None
        assert book.verified
        await venue.unfollow_level3("BTC/USD")
        told = heard.count("level3", "BTC/USD")
        await heard.until_told("level3", "ETH/USD", times=heard.count("level3", "ETH/USD") + 5)
        assert heard.count("level3", "BTC/USD") == told


async def test_single_orders_come_back_after_their_socket_was_lost() -> None:
    async with a_world() as world:
        await world.venue.follow_level3("BTC/USD")
        world.sim.faults.close_sockets(Door.LEVEL3)
        await world.heard.until_told("level3 lost", "BTC/USD")
        told = world.heard.count("level3", "BTC/USD")
        await world.heard.until_told("level3", "BTC/USD", times=told + 3)
        assert world.heard.count("book lost") == world.heard.count("private lost") == 0


async def test_the_exchanges_pairs_are_those_of_rest_told_over_the_socket() -> None:
    async with a_world() as world:
        await world.venue.follow_instruments()
        assert world.heard.count("instrument") == 0, "nothing has changed"
        assert {"BTC", "USD"} <= {asset.id for asset in world.venue.assets()}
        await world.venue.unfollow_instruments()
        await world.venue.follow_instruments()
        asked = [request.method for request in world.sim.requests if request.params.get("channel") == "instrument"]
        assert asked == ["subscribe", "unsubscribe", "subscribe"]


async def test_of_three_sockets_the_one_that_drops_costs_its_own_symbols() -> None:
    async with a_world(SIM, lambda settings: attrs.evolve(settings, symbols_per_socket=1)) as world:
        followed = [pair.symbol for pair in world.venue.instruments()][:3]
        for symbol in followed:
            await world.venue.follow_book(symbol)
        public = [socket for door, socket in world.sim.doors.sockets.values() if door is Door.PUBLIC]
        assert len(public) == 3
        public[1].cut()
        await world.heard.until_told("book lost")
        told = {symbol: world.heard.count("book", symbol) for symbol in followed}
        for symbol in followed:
            await world.heard.until_told("book", symbol, times=told[symbol] + 3)
        assert [fact[1] for fact in world.heard.told if fact[0] == "book lost"] == followed[1:2]
        assert [counted.connections for counted in world.venue.statistics().public] == [1, 2, 1]


async def test_an_unfollowed_book_is_silent_and_a_deeper_one_takes_its_place() -> None:
    async with a_world() as world:
        venue, heard = world.venue, world.heard
        await venue.follow_book("BTC/USD")
        await venue.follow_book("ETH/USD")
        await venue.unfollow_book("BTC/USD")
        told = heard.count("book", "BTC/USD")
        await heard.until_told("book", "ETH/USD", times=heard.count("book", "ETH/USD") + 5)
        assert heard.count("book", "BTC/USD") == told
        await venue.follow_book("BTC/USD", 25)
        await heard.until_told("book", "BTC/USD", times=told + 10)
        assert len(heard.books["BTC/USD"].bids(25)) == 25
        assert heard.count("book lost") == 0


async def test_an_order_lives_its_life_over_the_socket() -> None:
    async with a_world() as world:
        venue, heard = world.venue, world.heard
        acknowledged = await venue.place(world.order("order1", "1000.0"), lambda: None)
        await heard.until_told("order", acknowledged.order_id, "open")
        (found,) = (await venue.open_orders()).orders
        assert found.client_order_id == "order1"
        await venue.amend(AmendOrder("order1", limit_price=Decimal("1001.0")))
        (outcome,) = await venue.cancel(["order1"])
        assert outcome.accepted
        await heard.until_told("order", acknowledged.order_id, "canceled")
        ((report,), asked_at_ns) = await venue.find_order("order1")
        assert (str(report.status), report.limit_price) == ("canceled", Decimal("1001.0"))
        assert abs(asked_at_ns - time.time_ns()) < 2_000_000_000
        (again,) = await venue.cancel(["order1"])
        assert not again.accepted
        assert len(world.sim.requests.of("add_order", "AddOrder")) == 1


async def test_a_fill_is_told_by_the_stream_and_by_rest_under_one_id() -> None:
    async with a_world() as world:
        began_ns = world.venue.now_ns() - 5_000_000_000
        await world.venue.follow_book("BTC/USD")
        best = world.heard.books["BTC/USD"].best_ask()
        assert best is not None
        price = str((best.price * 2).quantize(Decimal("0.1")))
        await world.venue.place(world.order("taker1", price), lambda: None)
        await world.heard.until(lambda: bool(world.heard.fills))
        await world.heard.until(lambda: any(str(report.status) == "filled" for report in world.heard.reports))
        streamed = {fill.exec_id: (fill.qty, fill.price) for fill in world.heard.fills}
        asked = {fill.exec_id: (fill.qty, fill.price) for fill in await world.venue.fills_since(began_ns)}
        assert streamed == asked
        balances = {row.asset: row.total for row in await world.venue.balances()}
        assert balances["BTC"] > 1


async def test_a_refused_order_is_refused() -> None:
    async with a_world() as world:
        with pytest.raises(RefusedByExchange):
            await world.venue.place(world.order("big1", "1000.0", qty="1000000"), lambda: None)
        assert not world.sim.exchange.open_orders()


@pytest.mark.parametrize("carried_out", [True, False])
async def test_a_lost_answer_is_unknown_and_can_be_found_out(carried_out: bool) -> None:
    async with a_world() as world:
        world.sim.faults.next_answer("add_order", Answered.CUT, carried_out=carried_out)
        with pytest.raises(OutcomeUnknown):
            await world.venue.place(world.order("lost1", "1000.0"), lambda: None)
        reports, _ = await world.venue.find_order("lost1")
        assert len(reports) == carried_out
        assert len(world.sim.requests.of("add_order", "AddOrder")) == 1


async def test_orders_go_by_rest_while_the_private_socket_cannot_be_had() -> None:
    async with a_world() as world:
        world.sim.faults.handshake_status = 503
        world.sim.faults.close_sockets(Door.PRIVATE)
        await world.heard.until_told("private lost")
        acknowledged = await world.venue.place(world.order("rest1", "1000.0"), lambda: None)
        await world.venue.cancel_all_after(60)
        (outcome,) = await world.venue.cancel(["rest1"])
        assert outcome.accepted
        assert [order.order_id for order in world.sim.exchange.orders.values()] == [acknowledged.order_id]
        assert not world.sim.exchange.open_orders()
        world.sim.faults.handshake_status = None
        await world.heard.until_told("private restored", times=2)


async def test_a_silent_exchange_is_noticed_and_dialled_again() -> None:
    async with a_world() as world:
        await world.venue.follow_book("BTC/USD")
        world.sim.faults.go_silent()
        await world.heard.until_told("book lost", "BTC/USD")
        await world.heard.until_told("private lost")
        world.sim.faults.speak()
        told = world.heard.count("book", "BTC/USD")
        await world.heard.until_told("book", "BTC/USD", times=told + 1)
        await world.heard.until_told("private restored", times=2)


async def test_trades_printed_while_the_socket_was_gone_are_told_in_their_place() -> None:
    async with a_world() as world:
        await world.venue.follow_trades("BTC/USD")
        await world.venue.place(world.order("before1", "1000000.0"), lambda: None)
        await world.heard.until(lambda: bool(world.heard.trades))
        world.sim.faults.handshake_status = 503
        world.sim.faults.close_sockets(Door.PUBLIC)
        for number in range(3):
            await world.venue.place(world.order(f"while{number}", "1000000.0"), lambda: None)
        behind = world.sim.exchange.market("BTC/USD").trades[-1].trade_id
        world.sim.faults.handshake_status = None
        await world.heard.until(lambda: world.heard.trades[-1].trade_id > behind)
        told = [trade.trade_id for trade in world.heard.trades]
        assert told == list(range(told[0], told[-1] + 1))
        assert any(isinstance(notice, TradesRefilled) for notice in world.notices)
        assert not any(isinstance(notice, TradesMissed) for notice in world.notices)


async def test_everything_over_tls_with_an_authority_of_its_own(tmp_path: Path) -> None:
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    ca, chain, key = (tmp_path / name for name in ("ca.pem", "chain.pem", "key.pem"))
    authority.cert_pem.write_to_path(str(ca))
    issued.private_key_pem.write_to_path(str(key))
    for number, part in enumerate(issued.cert_chain_pems):
        part.write_to_path(str(chain), append=number > 0)
    sim_settings = attrs.evolve(SIM, certificate=chain, key=key)
    async with a_world(sim_settings, lambda settings: attrs.evolve(settings, ca_file=ca)) as world:
        await world.venue.follow_book("BTC/USD")
        await world.venue.place(world.order("tls1", "1000.0"), lambda: None)
        (outcome,) = await world.venue.cancel(["tls1"])
        assert outcome.accepted


async def test_nothing_is_left_open_behind_the_block() -> None:
    process = psutil.Process()
    before = process.num_fds()
    async with a_world() as world:
        await world.venue.follow_book("BTC/USD")
        for number in range(2):
            world.sim.faults.close_sockets()
            await world.heard.until_told("private restored", times=number + 2)
    await trio.testing.wait_all_tasks_blocked(0.05)
    assert process.num_fds() <= before


async def test_clean_up_finds_an_exchange_to_talk_to_though_its_user_was_cancelled() -> None:
    with trio.fail_after(20):
        async with open_sim(SIM) as sim:
            heard = Heard()
            with trio.CancelScope() as user:
                async with open_venue(settings_for(sim), heard, rng=Random(1)) as venue:
                    await heard.until_told("private restored")
                    order = World(sim, heard, [], venue).order("last1", "1000.0")
                    await venue.place(order, lambda: None)
                    user.cancel()
                    try:
                        await trio.sleep_forever()
                    finally:
                        with trio.move_on_after(5, shield=True):
                            await venue.cancel(["last1"])
            assert user.cancelled_caught
            assert not sim.exchange.open_orders()
