"""The plain client's streams against the simulated exchange, over real sockets on this machine."""

from collections.abc import AsyncGenerator
from decimal import Decimal

import pytest
import trio

from seawall.kraken.client import Addresses, ClientSettings, Credentials
from seawall.kraken.client.api import Kraken, OrderRequest, StreamLost, open_kraken
from seawall.kraken.dialect.books.book import KrakenBook
from seawall.model.market_data import Book
from seawall.model.reports import Fill, OrderReport, OrderStatus
from seawall.sim import SimSettings, Simulator, open_sim
from seawall.sim.settings import Door


@pytest.fixture
async def sim() -> AsyncGenerator[Simulator, None]:
    with trio.fail_after(30):
        async with open_sim(SimSettings(events_per_s=30.0)) as sim:
            yield sim


@pytest.fixture
async def kraken(sim: Simulator) -> AsyncGenerator[Kraken, None]:
    where = sim.addresses
    addresses = Addresses(where.rest, where.public, where.private, where.level3)
    settings = ClientSettings(addresses, Credentials(sim.api_key, sim.api_secret), tier="pro")
    async with open_kraken(settings) as kraken:
        yield kraken


def buying(cl_ord_id: str) -> OrderRequest:
    return OrderRequest(order_type="market", side="buy", symbol="BTC/USD", order_qty=Decimal("0.001"), cl_ord_id=cl_ord_id)


async def test_both_ways_of_reading_see_one_book(kraken: Kraken) -> None:
    told: list[tuple[str, bool, float]] = []

    def on_book(book: Book, received_s: float) -> None:
        assert isinstance(book, KrakenBook)
        told.append((book.symbol, book.verified, received_s))

    async with kraken.books("BTC/USD", "ETH/USD", depth=25).each(on_book), kraken.books("BTC/USD", depth=25) as books:
        while len(told) < 30:
            book = await books.next()
            assert len(book.all_bids) <= 25
    assert {symbol for symbol, _, _ in told} == {"BTC/USD", "ETH/USD"}
    assert all(verified for _, verified, _ in told)
    assert [received_s for *_, received_s in told] == sorted(received_s for *_, received_s in told)
    assert kraken.statistics().venue.books.mismatches == 0


async def test_single_orders_are_the_book(kraken: Kraken) -> None:
    async with kraken.level3("BTC/USD") as level3, kraken.books("BTC/USD") as books:
        for _ in range(5):
            single = await level3.next()
            assert single.bids[0][0].price < single.asks[0][0].price
        assert (await books.next()).best_bid() is not None


async def test_an_order_is_told_from_beginning_to_end(kraken: Kraken) -> None:
    async with kraken.executions() as executions, kraken.fills() as fills, kraken.balances() as balances:
        await kraken.orders.place(buying("one"))
        fill = await fills.next()
        seen: list[OrderStatus] = []
        while OrderStatus.FILLED not in seen:
            said = await executions.next()
            if isinstance(said, OrderReport):
                seen.append(said.status)
            else:
                assert said == fill
        while (btc := balances.latest_of("BTC")) is None or btc.total <= 1:
            await balances.next()
    assert seen[0] is OrderStatus.PENDING


async def test_fills_made_while_the_private_socket_was_gone_are_told_once_and_in_order(kraken: Kraken, sim: Simulator) -> None:
    async with kraken.fills() as fills, kraken.fills(raise_lost=True) as losses:
        told = []
        await kraken.orders.place(buying("before"))
        told.append(await fills.next())
        await losses.next()
        sim.faults.handshake_status = 503
        sim.faults.close_sockets(Door.PRIVATE)
        with pytest.raises(StreamLost):
            await losses.next()
        assert "account" in fills.stale
        for number in range(3):
            await kraken.orders.place(buying(f"while{number}"))
        sim.faults.handshake_status = None
        await kraken.wait_live()
        assert not fills.stale
        await kraken.orders.place(buying("after"))
        while told[-1].client_order_id != "after":
            told.append(await fills.next())
    assert all(isinstance(fill, Fill) for fill in told)
    assert [fill.exec_id for fill in told] == list(dict.fromkeys(fill.exec_id for fill in told))
    assert list(dict.fromkeys(fill.client_order_id for fill in told)) == ["before", "while0", "while1", "while2", "after"]


async def test_a_socket_that_drops_is_seen_by_those_who_ask_and_mended_for_all(kraken: Kraken, sim: Simulator) -> None:
    async with kraken.books("BTC/USD", raise_lost=True) as strict, kraken.books("BTC/USD") as lenient:
        await strict.next()
        await lenient.next()
        sim.faults.close_sockets(Door.PUBLIC)
        lost = False
        while not lost:
            try:
                await strict.next()
            except StreamLost:
                lost = True
        assert (await strict.next()).symbol == "BTC/USD"
        assert (await lenient.next()).symbol == "BTC/USD"
        assert not lenient.stale
