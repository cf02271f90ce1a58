"""The engine on what the exchange really sent: a recording, played over loopback."""

import gc
import signal
import threading
from decimal import Decimal
from pathlib import Path
from typing import Literal

import psutil
import pytest
import trio
from support.stage import open_stage

from seawall import Engine, Market, OrderState, limit_buy
from seawall.engine.notices import BookLost, BookRestored, OrderAmended, OrderFilled
from seawall.kraken.client import BookMismatched
from seawall.sim import SimSettings

RECORDING = Path(__file__).parents[3] / "shared" / "data" / "kraken_book_2021-04-17.jsonl"
UPDATES = 2_495
SYMBOLS = ("ADA/BTC", "BTC/CHF", "ETH/CHF", "OCEAN/BTC", "SC/EUR", "WAVES/EUR")

pytestmark = pytest.mark.skipif(not RECORDING.exists(), reason=f"{RECORDING.name} is not here: it is not part of the project")


def played(speed: float | Literal["max"], start: Literal["first", "all"] = "all") -> SimSettings:
    balances = {"CHF": Decimal(1_000_000), "BTC": Decimal(10), "EUR": Decimal(100_000)}
    return SimSettings(replay=RECORDING, speed=speed, replay_start=start, balances=balances)


async def watch(market: Market, symbol: str) -> None:
    async with market.book(symbol) as books:
        async for book in books:
            assert book.symbol == symbol


async def watch_all(market: Market) -> None:
    async with trio.open_nursery() as nursery:
        for symbol in SYMBOLS:
            nursery.start_soon(watch, market, symbol)


def changes(engine: Engine) -> int:
    statistics = engine.statistics()
    return 0 if statistics is None else sum(book.changes for book in statistics.feed.books)


async def test_every_checksum_of_the_recording_holds(tmp_path: Path) -> None:
    async with open_stage(tmp_path, played("max"), book_depth=1000) as stage, stage.engine(watch_all) as engine:
        await stage.until(lambda: changes(engine) >= UPDATES + len(SYMBOLS))

    assert changes(engine) == UPDATES + len(SYMBOLS)
    assert stage.told(BookMismatched) == []
    assert engine.certificate is not None
    assert engine.certificate.clean


async def test_one_spoiled_digit_resyncs_that_symbol_and_no_other(tmp_path: Path) -> None:
    async with open_stage(tmp_path, played("max"), book_depth=1000) as stage, stage.engine(watch_all) as engine:
        stage.sim.faults.spoil_checksum("SC/EUR")
        await stage.until(lambda: len(stage.told(BookLost)) == 1)
        await stage.until(lambda: stage.told(BookRestored).count(BookRestored("SC/EUR")) == 2)
        gaps = engine.statistics()
        assert gaps is not None

    assert [notice.symbol for notice in stage.told(BookMismatched) if isinstance(notice, BookMismatched)] == ["SC/EUR"]
    assert {book.symbol: book.gaps for book in gaps.feed.books} == {symbol: int(symbol == "SC/EUR") for symbol in SYMBOLS}
    resubscribed = [request.params for request in stage.sim.requests.of("unsubscribe")]
    assert [params["symbol"] for params in resubscribed] == [["SC/EUR"]]


async def quote(market: Market) -> None:
    """Rest at the bid, then walk up by amending until filled; again and again."""
    async with market.quotes("BTC/CHF") as quotes:
        async for touch in quotes:
            async with market.working(limit_buy("BTC/CHF", qty="0.01", price=touch.bid)) as order:
                await order.amend(price=touch.ask)
                with trio.move_on_after(0.5):
                    assert await order.done() is OrderState.FILLED
            async with market.working(limit_buy("BTC/CHF", qty="0.02", price=touch.bid - 100)):
                await trio.sleep(0.05)


def working_threads() -> list[str]:
    """Threads by name, less those that trio keeps idle for its next blocking call."""
    return sorted(thread.name for thread in threading.enumerate() if not thread.name.startswith("Trio thread"))


async def test_sigint_in_the_middle_leaves_nothing_behind(tmp_path: Path) -> None:
    gc.collect()
    tasks = trio.lowlevel.current_statistics().tasks_living
    threads = working_threads()
    process = psutil.Process()
    sockets, files = len(process.net_connections()), process.open_files()

    async with open_stage(tmp_path, played(10, "first")) as stage:
        with_sim = len(process.net_connections())
        async with stage.engine(quote, watch_signals=True) as engine:
            await stage.until(lambda: len(stage.told(OrderFilled)) >= 3 and len(stage.sim.exchange.open_orders()) == 1)
            signal.raise_signal(signal.SIGINT)
            await engine.stopped()

        assert stage.sim.exchange.open_orders() == ()  # the exchange itself is asked
        assert len(stage.told(OrderAmended)) >= 3
        assert len(stage.sim.exchange.fills) == len(stage.told(OrderFilled))
        await stage.until(lambda: len(process.net_connections()) == with_sim)

    assert engine.certificate is not None
    assert engine.certificate.clean, str(engine.certificate)
    assert engine.certificate.reason == "SIGINT"
    assert engine.certificate.tasks_left == ()
    assert trio.lowlevel.current_statistics().tasks_living <= tasks + 1
    assert working_threads() == threads
    assert process.open_files() == files
    assert len(process.net_connections()) == sockets
