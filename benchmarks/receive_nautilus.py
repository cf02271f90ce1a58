"""nautilus_trader: its Kraken socket client, written in Rust, which calls back; and a whole node with a strategy.

Neither compares checksums of this book. The certificates it trusts are built in: it cannot be told of ours.
"""

import asyncio
from importlib import import_module
from typing import Any, Final

from benchmarks.feed import Feed
from benchmarks.frames import DEPTH, SYMBOL
from benchmarks.receive_transports import run_asyncio
from benchmarks.work import Measured, Work

__all__ = ["client", "node"]

INSTRUMENT: Final = f"{SYMBOL}.KRAKEN"


def client(rest: str, feed: Feed, work: Work) -> Measured:
    """The socket client alone: a Python callback gets a capsule for each message."""
    pyo3 = import_module("nautilus_trader.core.nautilus_pyo3")

    async def main() -> Measured:
        tally, began = work.tally(), asyncio.Event()

        def take(_data: Any) -> None:
            if began.is_set():
                tally()
            else:
                began.set()

        instruments = await pyo3.KrakenSpotHttpClient(base_url=rest).request_instruments()
        socket = pyo3.KrakenSpotWebSocketClient(base_url=feed.url, base_url_http=rest)
        await socket.connect(asyncio.get_running_loop(), instruments, take)
        await socket.wait_until_active(timeout_secs=10.0)
        instrument = pyo3.InstrumentId.from_str(INSTRUMENT)
        await (socket.subscribe_quotes(instrument) if work.channel == "ticker" else socket.subscribe_book(instrument, DEPTH))
        await began.wait()
        measured = await work.measure(feed, tally, asyncio.Event)
        await socket.close()
        return measured

    return run_asyncio(main)


def node(rest: str, feed: Feed, work: Work) -> Measured:
    """`TradingNode`, its Kraken data client, and a strategy's callback."""
    live, kraken = (import_module(f"nautilus_trader.{part}") for part in ("live.node", "adapters.kraken"))
    config, trading, model = (import_module(f"nautilus_trader.{part}") for part in ("config", "trading.strategy", "model"))
    tally, began = work.tally(), asyncio.Event()
    instrument = model.InstrumentId.from_str(INSTRUMENT)

    class Counting(trading.Strategy):  # type: ignore[name-defined,misc]  # a class of a library that need not be there
        def on_start(self) -> None:
            if work.channel == "ticker":
                self.subscribe_quote_ticks(instrument)
            else:
                self.subscribe_order_book_deltas(instrument, depth=DEPTH)

        def _take(self, _data: Any) -> None:
            if began.is_set():
                tally()
            else:
                began.set()

        on_quote_tick = _take
        on_order_book_deltas = _take

    async def main() -> Measured:
        whole = live.TradingNode(
            config=config.TradingNodeConfig(
                logging=config.LoggingConfig(log_level="ERROR"),
                timeout_post_stop=0.1,
                data_clients={
                    "KRAKEN": kraken.KrakenDataClientConfig(
                        base_url_http_spot=rest,
                        base_url_ws_spot=feed.url,
                        instrument_provider=config.InstrumentProviderConfig(load_all=True),
                    )
                },
            ),
            loop=asyncio.get_running_loop(),
        )
        whole.trader.add_strategy(Counting())
        whole.add_data_client_factory("KRAKEN", kraken.KrakenLiveDataClientFactory)
        whole.build()
        running = asyncio.create_task(whole.run_async())
        await began.wait()
        measured = await work.measure(feed, tally, asyncio.Event)
        await whole.stop_async()
        running.cancel()
        return measured

    return run_asyncio(main)
