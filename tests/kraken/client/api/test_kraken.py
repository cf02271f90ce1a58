"""The plain client on a scripted exchange, in virtual time."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from decimal import Decimal

import httpx
import pytest
import trio
import trio.testing
from support.kraken_server import (
    ADDRESSES,
    BTC_ASKS,
    BTC_BIDS,
    PUBLIC_ONLY,
    Json,
    ServerSocket,
    Stage,
    book_frame,
    failed,
    ok,
    ticker_frame,
)

from seawall.kraken.client.api import BookSnapshot, Kraken, MissedMessages, RestOrder, StreamLost
from seawall.kraken.dialect.books.book import crc_of
from seawall.model.errors import AccessDenied, ExchangeError, OutcomeUnknown, Unavailable, UnknownSymbol
from seawall.model.market_data import Book, VenueStatus

Opening = Callable[..., AbstractAsyncContextManager[Kraken]]


def trade_frame(*numbers: int) -> Json:
    rows = [
        {
            "symbol": "BTC/USD",
            "side": "buy",
            "price": 45000.1,
            "qty": 0.5,
            "ord_type": "limit",
            "trade_id": number,
            "timestamp": "2026-11-23T05:00:00.000000Z",
        }
        for number in numbers
    ]
    return {"channel": "trade", "type": "update", "data": rows}


def execution(number: int) -> Json:
    return {
        "order_id": "OABC",
        "cl_ord_id": "mine1",
        "exec_type": "trade",
        "exec_id": f"T{number}",
        "trade_id": number,
        "symbol": "BTC/USD",
        "side": "buy",
        "order_type": "limit",
        "last_qty": 0.001,
        "last_price": 45000.1,
        "liquidity_ind": "m",
        "cost": 45.0001,
        "fees": [{"asset": "USD", "qty": 0.1}],
        "order_status": "filled",
        "cum_qty": 0.001,
        "cum_cost": 45.0001,
        "timestamp": f"2026-11-23T05:{number // 60:02d}:{number % 60:02d}.000000Z",
    }


def bid_of(book: BookSnapshot) -> tuple[str, str]:
    best = book.best_bid()
    assert best is not None
    return str(best.price), str(best.qty)


async def public_socket(stage: Stage, number: int = 1) -> ServerSocket:
    return await stage.server.socket(ADDRESSES.public, number)


def asked_for(socket: ServerSocket, method: str, channel: str) -> list[str]:
    return [symbol for request in socket.asked(method, channel) for symbol in request["params"]["symbol"]]


async def test_the_newest_book_is_read_and_never_a_backlog(
    stage: Stage, kraken_on: Opening, autojump_clock: trio.testing.MockClock
) -> None:
    async with kraken_on(PUBLIC_ONLY) as kraken, kraken.books("XBT/USD") as books:
        first = await books.next()
        assert first.symbol == "BTC/USD"
        assert bid_of(first) == ("45283.5", "0.10000000")
        socket = await public_socket(stage)
        bids = list(BTC_BIDS)
        for size in ("0.20000000", "0.30000000", "0.40000000"):
            bids[0] = ("45283.5", size)
            await socket.send(book_frame("BTC/USD", bids=bids[:1], checksum=crc_of(BTC_ASKS, bids)))
        await trio.testing.wait_all_tasks_blocked()
        newest = await books.next()
        assert bid_of(newest) == ("45283.5", "0.40000000")
        assert books.latest == newest
        assert bid_of(first) == ("45283.5", "0.10000000")
        assert kraken.statistics().streams[0].replaced == 2
    assert kraken.statistics().streams == ()


async def test_a_book_that_breaks_is_stale_and_nothing_is_read_until_it_is_true_again(
    stage: Stage, kraken_on: Opening, autojump_clock: trio.testing.MockClock
) -> None:
    async with kraken_on(PUBLIC_ONLY) as kraken, kraken.books("BTC/USD") as books:
        await books.next()
        socket = await public_socket(stage)
        stage.server.answer = unanswered
        await socket.send(book_frame("BTC/USD", bids=[("45283.5", "0.2")], checksum=1))
        with trio.move_on_after(1) as waiting:
            await books.next()
        assert waiting.cancelled_caught
        assert books.latest is None
        assert "checksum" in books.stale["BTC/USD"]


async def unanswered(_socket: ServerSocket, _asked: Json) -> bool:
    """An exchange that says nothing to requests."""
    await trio.lowlevel.checkpoint()
    return True


async def test_a_loss_is_raised_to_those_who_ask_and_the_stream_goes_on(
    stage: Stage, kraken_on: Opening, autojump_clock: trio.testing.MockClock
) -> None:
    async with kraken_on(PUBLIC_ONLY) as kraken, kraken.tickers("BTC/USD", raise_lost=True) as tickers:
        await tickers.next()
        await trio.aclose_forcefully((await public_socket(stage)).stream)
        with pytest.raises(StreamLost) as lost:
            await tickers.next()
        assert lost.value.symbol == "BTC/USD"
        assert tickers.latest is None
        assert (await tickers.next()).symbol == "BTC/USD"
        assert not tickers.stale


async def test_several_pairs_are_asked_for_in_one_request_and_let_go_when_the_block_is_left(
    stage: Stage, kraken_on: Opening, autojump_clock: trio.testing.MockClock
) -> None:
    async with kraken_on(PUBLIC_ONLY) as kraken:
        async with kraken.tickers("BTC/USD", "ETH/USD", "xbtusd") as both, kraken.tickers("BTC/USD") as one:
            socket = await public_socket(stage)
            (request,) = socket.asked("subscribe", "ticker")
            assert sorted(request["params"]["symbol"]) == ["BTC/USD", "ETH/USD"]
            assert both.statistics().what == "tickers BTC/USD, ETH/USD"
            assert {(await both.next()).symbol for _ in range(2)} == {"BTC/USD", "ETH/USD"}
            assert (await one.next()).symbol == "BTC/USD"
        await trio.sleep(1)
        assert sorted(asked_for(socket, "unsubscribe", "ticker")) == ["BTC/USD", "ETH/USD"]
        async with kraken.tickers("BTC/USD") as again:
            assert (await again.next()).symbol == "BTC/USD"


async def test_what_nobody_watches_any_more_is_forgotten(
    stage: Stage, kraken_on: Opening, autojump_clock: trio.testing.MockClock
) -> None:
    async with kraken_on(PUBLIC_ONLY) as kraken:
        async with kraken.tickers("BTC/USD") as tickers:
            await tickers.next()
            await (await public_socket(stage)).send(ticker_frame("BTC/USD", "45000.1"))
            await tickers.next()
        async with kraken.tickers("BTC/USD") as again:
            assert str((await again.next()).last) == "45283.5"
            assert again.statistics().replaced == 0, "it was not reminded of the old one first"


async def test_every_message_goes_to_a_callback_while_its_block_lasts(
    stage: Stage, kraken_on: Opening, autojump_clock: trio.testing.MockClock
) -> None:
    told: list[tuple[str, float]] = []
    async with kraken_on(PUBLIC_ONLY) as kraken:
        async with kraken.tickers("BTC/USD").each(lambda ticker, received_s: told.append((str(ticker.last), received_s))):
            socket = await public_socket(stage)
            await trio.sleep(5)
            await socket.send(*(ticker_frame("BTC/USD", last) for last in ("45000.1", "45000.2", "45000.3")))
            await trio.testing.wait_all_tasks_blocked()
        await socket.send(ticker_frame("BTC/USD", "45000.4"))
        await trio.testing.wait_all_tasks_blocked()
    assert [last for last, _ in told] == ["45283.5", "45000.1", "45000.2", "45000.3"]
    assert [received_s for _, received_s in told[1:]] == [told[0][1] + 5] * 3


async def test_a_bug_in_a_callback_comes_out_of_the_block_with_its_name(
    stage: Stage, kraken_on: Opening, autojump_clock: trio.testing.MockClock
) -> None:
    def on_book(_book: Book, _received_s: float) -> None:
        raise KeyError("a bug")

    with pytest.RaisesGroup(KeyError, flatten_subgroups=True) as bugs:
        async with kraken_on(PUBLIC_ONLY) as kraken, kraken.books("BTC/USD").each(on_book):
            await trio.sleep_forever()
    (bug,) = bugs.value.exceptions
    while isinstance(bug, BaseExceptionGroup):
        (bug,) = bug.exceptions
    assert bug.__notes__[0].endswith("on_book, a callback of books BTC/USD")


async def test_trades_come_one_by_one_and_what_cannot_be_had_is_told(
    stage: Stage, kraken_on: Opening, autojump_clock: trio.testing.MockClock
) -> None:
    troubles: list[str] = []
    async with (
        kraken_on(PUBLIC_ONLY) as kraken,
        kraken.trades("BTC/USD") as trades,
        kraken.trades("BTC/USD").each(lambda _trade, _received_s: None, lambda trouble: troubles.append(str(trouble))),
    ):
        socket = await public_socket(stage)
        await socket.send(trade_frame(1, 2), trade_frame(5))
        assert [(await trades.next()).trade_id for _ in range(2)] == [1, 2]
        with pytest.raises(MissedMessages, match="trades of BTC/USD: 2 are missing here"):
            await trades.next()
        assert (await trades.next()).trade_id == 5
    assert len(troubles) == 1


async def test_candles_are_followed_by_the_words_people_have_for_intervals(
    stage: Stage, kraken_on: Opening, autojump_clock: trio.testing.MockClock
) -> None:
    async with kraken_on(PUBLIC_ONLY) as kraken:
        async with kraken.candles("BTC/USD", interval="5m") as candles:
            running = await candles.next()
            assert (running.symbol, running.interval_s, running.closed) == ("BTC/USD", 300, False)
            assert candles.statistics().unread == 0
            (request,) = (await public_socket(stage)).asked("subscribe", "ohlc")
            assert request["params"]["interval"] == 5
        with pytest.raises(ValueError, match="interval: '2m' is not one of 1m, 5m"):
            kraken.candles("BTC/USD", interval="2m")  # type: ignore[arg-type]  # what is tested


async def test_what_the_exchange_will_not_serve_is_refused_on_entering(
    stage: Stage, kraken_on: Opening, autojump_clock: trio.testing.MockClock
) -> None:
    async with kraken_on(PUBLIC_ONLY) as kraken, kraken.books("BTC/USD"):
        with pytest.raises(ValueError, match="depth"):
            async with kraken.books("BTC/USD", depth=100):
                pytest.fail("it must not be entered")
        with pytest.raises(ValueError, match="depth: 7 is not one of"):
            async with kraken.books("ETH/USD", depth=7):
                pytest.fail("it must not be entered")
        with pytest.raises(ValueError, match="books: name one pair at least"):
            kraken.books()
        with pytest.raises(UnknownSymbol, match="BTC/USX"):
            kraken.books("BTC/USX")


async def test_single_orders_are_read_with_a_key(
    stage: Stage, kraken_on: Opening, autojump_clock: trio.testing.MockClock
) -> None:
    async with kraken_on() as kraken, kraken.level3("BTC/USD") as level3:
        book = await level3.next()
        assert [order.order_id for queue in book.bids for order in queue] == ["OB"]
        assert repr(book) == "<Level3Snapshot BTC/USD, 1 orders at 1 bid prices, 1 orders at 1 ask prices>"


@pytest.mark.parametrize("stream", ["executions", "fills", "balances"])
async def test_without_a_key_there_is_no_account(
    stage: Stage, kraken_on: Opening, autojump_clock: trio.testing.MockClock, stream: str
) -> None:
    async with kraken_on(PUBLIC_ONLY) as kraken:
        with pytest.raises(AccessDenied, match=f"{stream} needs an API key.*credentials=Credentials"):
            getattr(kraken, stream)()
        with pytest.raises(AccessDenied, match="level3 needs an API key"):
            kraken.level3("BTC/USD")
        with pytest.raises(AccessDenied, match="Balance needs an API key"):
            await kraken.rest.balance()
        with pytest.raises(AccessDenied, match="cancelling orders needs an API key"):
            await kraken.orders.cancel_all()
        assert not stage.server.called("Balance")


async def test_fills_of_an_outage_come_from_the_snapshot_and_beyond_that_from_rest(
    stage: Stage, kraken_on: Opening, autojump_clock: trio.testing.MockClock
) -> None:
    stage.server.executions = [execution(1)]
    stage.server.rest["TradesHistory"] = lambda _params: ok(
        {"trades": {f"T{n}": rest_fill(n) for n in range(2, 12)}, "count": 10}
    )
    async with kraken_on() as kraken, kraken.fills() as fills:
        stage.server.executions = [execution(number) for number in range(7, 57)]
        await trio.aclose_forcefully((await stage.server.socket(ADDRESSES.private)).stream)
        told = [(await fills.next()).exec_id for _ in range(55)]
        assert told == [f"T{number}" for number in range(2, 57)]
        assert fills.latest is not None
        assert fills.latest.exec_id == "T56"
        assert len(stage.server.called("TradesHistory")) == 1


def rest_fill(number: int) -> Json:
    return {
        "ordertxid": "OABC",
        "pair": "XXBTZUSD",
        "time": 1_795_410_000 + number,
        "type": "buy",
        "ordertype": "limit",
        "price": "45000.1",
        "cost": "45.0001",
        "fee": "0.1",
        "vol": "0.001",
        "maker": True,
    }


async def test_totals_are_all_told_first(stage: Stage, kraken_on: Opening, autojump_clock: trio.testing.MockClock) -> None:
    async with kraken_on() as kraken:
        async with kraken.balances() as balances:
            total = await balances.next()
            assert (total.asset, total.total) == ("USD", Decimal("1000.5"))
        async with kraken.balances() as late:
            assert await late.next() == total
            assert late.latest_of("USD") == total


async def test_the_status_is_told_at_once_and_when_it_changes(
    stage: Stage, kraken_on: Opening, autojump_clock: trio.testing.MockClock
) -> None:
    async with kraken_on(PUBLIC_ONLY) as kraken, kraken.status() as status:
        assert await status.next() is VenueStatus.ONLINE
        await kraken.wait_live()
        row = {"system": "cancel_only", "api_version": "v2"}
        await (await public_socket(stage)).send({"channel": "status", "type": "update", "data": [row]})
        assert await status.next() is VenueStatus.CANCEL_ONLY
        assert repr(kraken) == "<Kraken 'kraken.test', cancel_only, 1 streams open>"


async def test_what_rest_refuses_is_raised_and_asked_once(
    stage: Stage, kraken_on: Opening, autojump_clock: trio.testing.MockClock
) -> None:
    stage.server.rest["Depth"] = lambda _params: failed("EGeneral:Invalid arguments")
    async with kraken_on(PUBLIC_ONLY) as kraken:
        with pytest.raises(ExchangeError, match="Invalid arguments"):
            await kraken.rest.depth("btc/usd")
        assert stage.server.called("Depth") == [{"pair": "XBTUSD"}]


async def test_pairs_and_assets_that_change_are_told(
    stage: Stage, kraken_on: Opening, autojump_clock: trio.testing.MockClock
) -> None:
    def asset(status: str) -> Json:
        return {"id": "BTC", "status": status, "precision": 10, "precision_display": 5, "borrowable": True}

    def frame(kind: str, pair_status: str, asset_status: str) -> Json:
        pair = {
            "symbol": "BTC/USD",
            "base": "BTC",
            "quote": "USD",
            "status": pair_status,
            "qty_precision": 8,
            "qty_increment": 0.00000001,
            "price_precision": 1,
            "cost_precision": 5,
            "marginable": False,
            "has_index": True,
            "cost_min": 0.5,
            "price_increment": 0.1,
            "qty_min": 0.00005,
        }
        return {"channel": "instrument", "type": kind, "data": {"assets": [asset(asset_status)], "pairs": [pair]}}

    async with kraken_on(PUBLIC_ONLY) as kraken, kraken.instruments() as instruments, kraken.assets() as assets:
        socket = await public_socket(stage)
        await socket.send(frame("update", "online", "enabled"), frame("update", "cancel_only", "depositonly"))
        assert str((await instruments.next()).status) == "cancel_only"
        changed = await assets.next()
        assert (changed.id, changed.status) == ("BTC", "depositonly")
        assert str(kraken.instrument("xbtusd").status) == "cancel_only"
        assert kraken.symbol("XXBTZUSD") == "BTC/USD"


async def test_reads_are_repeated_and_calls_that_act_are_not(
    stage: Stage, kraken_on: Opening, autojump_clock: trio.testing.MockClock
) -> None:
    for name in ("Depth", "Balance", "AddOrder", "CancelAll"):
        stage.server.rest[name] = lambda _params: httpx.Response(503)
    order = RestOrder(order_type="market", side="buy", volume=Decimal(1))
    async with kraken_on() as kraken:
        with pytest.raises(Unavailable):
            await kraken.rest.depth("BTC/USD")
        await kraken.rest.server_time()  # or the breaker would open at the fifth failure in a row
        with pytest.raises(Unavailable):
            await kraken.rest.balance()
        with pytest.raises(OutcomeUnknown):
            await kraken.rest.add_order(order, "BTC/USD")
        with pytest.raises(OutcomeUnknown):
            await kraken.rest.cancel_all_orders()
    times = {name: len(stage.server.called(name)) for name in ("Depth", "Balance", "AddOrder", "CancelAll")}
    assert times == {"Depth": 3, "Balance": 3, "AddOrder": 1, "CancelAll": 1}


async def test_what_is_used_behind_its_block_says_so(kraken_on: Opening, autojump_clock: trio.testing.MockClock) -> None:
    async with kraken_on() as kraken:
        pass
    watches: list[Callable[[], object]] = [
        lambda: kraken.books("BTC/USD"),
        lambda: kraken.candles("BTC/USD", interval="1m"),
        kraken.instruments,
        kraken.assets,
        kraken.status,
        kraken.executions,
    ]
    for watch in watches:
        with pytest.raises(trio.ClosedResourceError, match="the client's block was left"):
            watch()
    calls: list[Callable[[], Awaitable[object]]] = [
        kraken.rest.server_time,
        kraken.rest.balance,
        lambda: kraken.orders.cancel("mine1"),
        kraken.orders.cancel_all,
    ]
    for call in calls:
        with pytest.raises(trio.ClosedResourceError, match="the client's block was left"):
            await call()
