from collections.abc import Callable
from decimal import Decimal
from typing import Generic, TypeVar

import pytest
import trio
import trio.testing

from seawall.kraken.client.api.streams.errors import MissedMessages
from seawall.kraken.client.api.streams.fills import MissedFills
from seawall.kraken.client.api.streams.hub import AssetTotal, Hub
from seawall.kraken.client.api.streams.topic import Topic
from seawall.kraken.client.market.listener import market_listener
from seawall.kraken.client.market.trades import TradesMissed
from seawall.kraken.client.session.rows import Feed
from seawall.kraken.dialect.books.book import KrakenBook
from seawall.kraken.dialect.books.level3_book import Level3Book
from seawall.model.errors import ExchangeError, SeawallError
from seawall.model.market_data import Candle, Trade, VenueStatus
from seawall.model.orders import Side
from seawall.model.reports import Fill, OrderReport, OrderStatus, PrivateSnapshot

I = TypeVar("I")  # noqa: E741 - as in the source
ONE = Decimal(1)


class Ear(Generic[I]):
    """A sink that remembers what it was told, errors as their text."""

    def __init__(self) -> None:
        self.told: list[object] = []

    def take(self, item: I, received_s: float) -> None:
        self.told.append((item, received_s))

    def lose(self, subject: str, reason: str) -> None:
        self.told.append(f"lost {subject}: {reason}")

    def restore(self, subject: str) -> None:
        self.told.append(f"restored {subject}")

    def fail(self, error: SeawallError) -> None:
        self.told.append(error)


@pytest.fixture
def hub() -> Hub:
    return Hub(lambda: 7.0)


def listening(topic: Topic[I]) -> Ear[I]:
    ear = Ear[I]()
    topic.add(ear)
    return ear


def trade(number: int) -> Trade:
    return Trade("BTC/USD", Side.BUY, ONE, ONE, number, number)


def a_fill(number: int) -> Fill:
    return Fill(f"T{number}", "O1", None, "BTC/USD", Side.BUY, ONE, ONE, ONE, (), maker=True, at_ns=number)


def report(order_id: str) -> OrderReport:
    return OrderReport(order_id, None, OrderStatus.OPEN, 1)


def test_it_is_told_everything_there_is(hub: Hub) -> None:
    assert market_listener(hub) is hub


def test_books_are_handed_on_and_withdrawn(hub: Hub) -> None:
    book, level3 = KrakenBook("BTC/USD"), Level3Book("BTC/USD")
    hub.books["BTC/USD"] = Topic("BTC/USD", remembers=True)
    hub.level3["BTC/USD"] = Topic("BTC/USD", remembers=True)
    ear, level3_ear = listening(hub.books["BTC/USD"]), listening(hub.level3["BTC/USD"])
    hub.book_changed("BTC/USD", book, 1.0)
    hub.book_lost("BTC/USD", "why")
    hub.level3_changed("BTC/USD", level3, 2.0)
    hub.level3_lost("BTC/USD", "why")

    assert ear.told == [(book, 1.0), "lost BTC/USD: why"]
    assert level3_ear.told == [(level3, 2.0), "lost BTC/USD: why"]
    assert hub.books["BTC/USD"].newest == {}


def test_what_nobody_asked_for_goes_nowhere(hub: Hub) -> None:
    hub.book_changed("BTC/USD", KrakenBook("BTC/USD"), 1.0)
    hub.book_lost("BTC/USD", "why")
    hub.traded([trade(1)])
    hub.subscription_refused(Feed("ticker", "BTC/USD"), "no")

    assert not hub.books
    assert not hub.trades
    assert not hub.tickers


def test_trades_come_one_by_one_after_what_is_missing_before_them(hub: Hub) -> None:
    hub.trades["BTC/USD"] = Topic("BTC/USD", remembers=False)
    ear = listening(hub.trades["BTC/USD"])
    hub.noticed("something else")
    hub.noticed(TradesMissed("BTC/USD", 3, "REST does not tell them"))
    hub.traded([trade(5), trade(6)])
    hub.traded([trade(7)])

    missed, *trades = ear.told
    assert isinstance(missed, MissedMessages)
    assert (missed.count, str(missed)) == (3, "trades of BTC/USD: 3 are missing here: REST does not tell them")
    assert trades == [(trade(5), 7.0), (trade(6), 7.0), (trade(7), 7.0)]


def test_candles_are_told_apart_by_their_interval(hub: Hub) -> None:
    hub.candles["BTC/USD", 60] = Topic("BTC/USD", remembers=True)
    ear = listening(hub.candles["BTC/USD", 60])
    candles = [Candle("BTC/USD", interval_s, 0, ONE, ONE, ONE, ONE, ONE, 1, closed=False) for interval_s in (60, 300)]
    for candle in candles:
        hub.candle_changed(candle)

    assert ear.told == [(candles[0], 7.0)]


@pytest.mark.parametrize(
    ("feed", "topic"),
    [
        (Feed("book", "BTC/USD"), lambda hub: hub.books.setdefault("BTC/USD", Topic("BTC/USD", remembers=True))),
        (Feed("level3", "BTC/USD"), lambda hub: hub.level3.setdefault("BTC/USD", Topic("BTC/USD", remembers=True))),
        (Feed("ticker", "BTC/USD"), lambda hub: hub.tickers.setdefault("BTC/USD", Topic("BTC/USD", remembers=True))),
        (Feed("trade", "BTC/USD"), lambda hub: hub.trades.setdefault("BTC/USD", Topic("BTC/USD", remembers=True))),
        (Feed("ohlc", "BTC/USD", 5), lambda hub: hub.candles.setdefault(("BTC/USD", 300), Topic("BTC/USD", remembers=True))),
        (Feed("instrument"), lambda hub: hub.instruments),
        (Feed("instrument"), lambda hub: hub.assets),
    ],
)
def test_whoever_waits_for_a_feed_that_is_refused_learns_it(hub: Hub, feed: Feed, topic: Callable[[Hub], Topic[object]]) -> None:
    ear = listening(topic(hub))
    hub.subscription_refused(feed, "Currency pair not supported")

    (error,) = ear.told
    assert isinstance(error, ExchangeError)
    assert error.errors == ("Currency pair not supported",)


def test_fills_are_told_once_and_reports_as_they_come(hub: Hub) -> None:
    fills, executions = listening(hub.fills), listening(hub.executions)
    hub.private_restored(PrivateSnapshot((report("O1"),), (a_fill(1),)))
    hub.filled(a_fill(1))
    hub.filled(a_fill(2))
    hub.order_reported(report("O2"))

    assert fills.told == ["restored account", (a_fill(2), 7.0)]
    assert executions.told == ["restored account", (report("O1"), 7.0), (a_fill(2), 7.0), (report("O2"), 7.0)]


def test_after_a_gap_fills_come_before_what_is_open(hub: Hub) -> None:
    hub.private_restored(PrivateSnapshot((), (a_fill(1),)))
    fills, executions, balances = listening(hub.fills), listening(hub.executions), listening(hub.balances)
    hub.private_lost("the private socket was lost")
    hub.private_restored(PrivateSnapshot((report("O1"),), (a_fill(2), a_fill(1))))

    lost = "lost account: the private socket was lost"
    assert fills.told == [lost, "restored account", (a_fill(2), 7.0)]
    assert executions.told == [lost, "restored account", (a_fill(2), 7.0), (report("O1"), 7.0)]
    assert balances.told == [lost, "restored account"]


def test_fills_that_a_snapshot_may_not_tell_are_told_as_missing(hub: Hub) -> None:
    hub.private_restored(PrivateSnapshot((), (a_fill(1),)))
    fills = listening(hub.fills)
    hub.private_restored(PrivateSnapshot((), tuple(a_fill(number) for number in range(10, 60))))

    assert isinstance(fills.told[1], MissedFills)
    assert len(fills.told) == 52


def test_totals_are_remembered_by_asset(hub: Hub) -> None:
    for asset, total in (("BTC", 1), ("USD", 2), ("BTC", 3)):
        hub.balance_changed(asset, Decimal(total))
    late = Ear[AssetTotal]()
    hub.balances.remind(late)

    assert late.told == [(AssetTotal("BTC", Decimal(3)), 7.0), (AssetTotal("USD", Decimal(2)), 7.0)]


def test_the_status_is_handed_on(hub: Hub) -> None:
    ear = listening(hub.status)
    hub.status_changed(VenueStatus.CANCEL_ONLY)

    assert ear.told == [(VenueStatus.CANCEL_ONLY, 7.0)]


async def test_one_can_wait_for_the_account_to_be_told(hub: Hub, nursery: trio.Nursery) -> None:
    done = trio.Event()

    async def wait() -> None:
        await hub.wait_private()
        done.set()

    nursery.start_soon(wait)
    await trio.testing.wait_all_tasks_blocked()
    assert not done.is_set()
    hub.private_restored(PrivateSnapshot((), ()))
    await done.wait()
    hub.private_lost("why")
    with trio.move_on_after(0.01) as waiting:
        await hub.wait_private()
    assert waiting.cancelled_caught
