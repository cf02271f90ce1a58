"""A scripted Kraken on memory streams: says what a test tells it to, and keeps what it was asked."""

import json
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal
from random import Random
from typing import Any
from urllib.parse import parse_qsl

import attrs
import httpx
import trio
import trio.testing
from trio_websocket import ConnectionClosed, WebSocketConnection, wrap_server_stream

from seawall.kraken.client import Addresses, ClientSettings, Credentials, Feed, KrakenVenue, open_venue
from seawall.kraken.dialect.books.book import crc_of
from seawall.kraken.dialect.books.level3_book import Level3Book
from seawall.kraken.dialect.socket.market_frames import InstrumentAsset
from seawall.kraken.dialect.socket.ticker_frames import TickerRow
from seawall.kraken.dialect.times import to_rfc3339
from seawall.model.instruments import Instrument
from seawall.model.market_data import Book, Candle, Trade, VenueStatus
from seawall.model.orders import Side
from seawall.model.reports import Fill, OrderReport, PlaceOrder, PrivateSnapshot

Json = dict[str, Any]
Levels = Sequence[tuple[str, str]]

ADDRESSES = Addresses("http://kraken.test", "ws://public.test/v2", "ws://private.test/v2", "ws://level3.test/v2")
SECRET = "c2VjcmV0"
SETTINGS = ClientSettings(ADDRESSES, Credentials("key", SECRET))
PUBLIC_ONLY = attrs.evolve(SETTINGS, credentials=None)
ORDER = PlaceOrder(
    client_order_id="order1",
    symbol="BTC/USD",
    side=Side.BUY,
    order_type="limit",
    qty=Decimal("0.01"),
    limit_price=Decimal("45000.1"),
    trigger_price=None,
    time_in_force="gtc",
    post_only=True,
    deadline_ns=1_795_410_005_000_000_000,
)
BTC_ASKS: Levels = (("45285.2", "0.00100000"), ("45286.4", "1.54582015"))
BTC_BIDS: Levels = (("45283.5", "0.10000000"), ("45283.4", "1.54582015"))
STAMP = "2026-11-23T05:00:00.000000Z"
BEGAN_S = 1_795_410_000
"""`STAMP` in seconds since the epoch: when every scripted exchange begins."""


def asset_pair(altname: str, wsname: str, base: str, quote: str) -> Json:
    """One row of AssetPairs."""
    return {
        "altname": altname,
        "wsname": wsname,
        "base": base,
        "quote": quote,
        "pair_decimals": 1,
        "lot_decimals": 8,
        "fees": [[0, 0.4]],
        "fees_maker": [[0, 0.25]],
        "ordermin": "0.00005",
        "costmin": "0.5",
        "tick_size": "0.1",
        "status": "online",
    }


PAIRS = {
    "XXBTZUSD": asset_pair("XBTUSD", "XBT/USD", "XXBT", "ZUSD"),
    "XETHZUSD": asset_pair("ETHUSD", "ETH/USD", "XETH", "ZUSD"),
}


RESULTS: Json = {
    "AssetPairs": PAIRS,
    "BalanceEx": {"ZUSD": {"balance": "1000.5", "hold_trade": "10"}, "XXBT": {"balance": "0", "hold_trade": "0"}},
    "ClosedOrders": {"closed": {}, "count": 0},
    "GetWebSocketsToken": {"token": "token", "expires": 900},
    "OpenOrders": {"open": {}},
    "SystemStatus": {"status": "online", "timestamp": STAMP},
    "Trades": {"XXBTZUSD": [], "last": "0"},
    "TradesHistory": {"trades": {}, "count": 0},
}
"""What REST answers unless a test says otherwise."""


def raw_levels(levels: Levels) -> str:
    return "[" + ",".join(f'{{"price":{price},"qty":{qty}}}' for price, qty in levels) + "]"


def book_frame(symbol: str, *, asks: Levels = (), bids: Levels = (), checksum: int, snapshot: bool = False) -> str:
    """A `book` frame with its digits exactly as given."""
    kind = "snapshot" if snapshot else "update"
    return (
        f'{{"channel":"book","type":"{kind}","data":[{{"symbol":"{symbol}","bids":{raw_levels(bids)},'
        f'"asks":{raw_levels(asks)},"checksum":{checksum},"timestamp":"{STAMP}"}}]}}'
    )


def book_snapshot(symbol: str, asks: Levels = BTC_ASKS, bids: Levels = BTC_BIDS) -> str:
    return book_frame(symbol, asks=asks, bids=bids, checksum=crc_of(asks, bids), snapshot=True)


def ticker_frame(symbol: str, last: str = "45283.5", *, snapshot: bool = False) -> Json:
    """A `ticker` frame."""
    numbers = ("bid", "bid_qty", "ask", "ask_qty", "volume", "vwap", "low", "high", "change", "change_pct")
    row = {"symbol": symbol, "last": float(last), **dict.fromkeys(numbers, 1.5)}
    return {"channel": "ticker", "type": "snapshot" if snapshot else "update", "data": [row]}


def level3_frame(symbol: str, qty: str = "0.50000000", *, snapshot: bool = False, checksum: int | None = None) -> str:
    """A `level3` frame: one bid of that quantity and one ask, told anew by an update, with a checksum that holds."""
    if checksum is None:
        checksum = crc_of([("45285.2", "0.10000000")], [("45283.5", qty)])
    kind, event = ("snapshot", "") if snapshot else ("update", '"event":"modify",')
    ask, bid = (
        f'[{{{event}"order_id":"{name}","limit_price":{price},"order_qty":{size},"timestamp":"{STAMP}"}}]'
        for name, price, size in (("OA", "45285.2", "0.10000000"), ("OB", "45283.5", qty))
    )
    return (
        f'{{"channel":"level3","type":"{kind}","data":[{{"symbol":"{symbol}","bids":{bid},"asks":{ask},'
        f'"checksum":{checksum},"timestamp":"{STAMP}"}}]}}'
    )


@attrs.define(eq=False)
class ServerSocket:
    """One accepted connection."""

    url: str
    websocket: WebSocketConnection
    stream: trio.abc.Stream
    requests: list[Json] = attrs.field(factory=list)
    ended: trio.Event = attrs.field(factory=trio.Event)

    async def send(self, *frames: Json | str) -> None:
        for frame in frames:
            await self.websocket.send_message(frame if isinstance(frame, str) else json.dumps(frame))

    def asked(self, method: str, channel: str | None = None) -> list[Json]:
        return [
            request
            for request in self.requests
            if request["method"] == method and (channel is None or request["params"]["channel"] == channel)
        ]


Answerer = Callable[[ServerSocket, Json], Awaitable[bool]]


@attrs.define(eq=False)
class KrakenServer:
    """Answers subscriptions, pings and REST reads by itself; `answer` is asked first, and may take a request over."""

    nursery: trio.Nursery
    sockets: list[ServerSocket] = attrs.field(factory=list)
    rest: dict[str, Callable[[Mapping[str, str]], httpx.Response]] = attrs.field(factory=dict)
    rest_requests: list[tuple[str, dict[str, str]]] = attrs.field(factory=list)
    answer: Answerer | None = None
    heartbeats: bool = True
    upgrade: Callable[[trio.abc.Stream, str], Awaitable[bool]] | None = None
    """Takes over a new connection before its upgrade when it returns True."""
    slow_s: dict[str, float] = attrs.field(factory=dict)
    """REST calls that are answered so late."""
    stuck: set[str] = attrs.field(factory=set)
    """REST calls whose connection never comes up."""
    dialled: list[str] = attrs.field(factory=list)
    refuse_dials: int = 0
    executions: list[Json] = attrs.field(factory=list)
    """The snapshot of `executions`."""
    _began_s: float = attrs.field(factory=trio.current_time)
    _changed: trio.Event = attrs.field(factory=trio.Event)

    def now_s(self) -> float:
        """The exchange's clock, seconds since the epoch."""
        return BEGAN_S + trio.current_time() - self._began_s

    # Sockets

    async def dial(self, url: str, _context: ssl.SSLContext) -> trio.abc.Stream:
        await trio.lowlevel.checkpoint()
        self.dialled.append(url)
        if self.refuse_dials:
            self.refuse_dials -= 1
            raise ConnectionRefusedError("refused by the test")
        ours, theirs = trio.testing.memory_stream_pair()
        self.nursery.start_soon(self._serve, ours, url)
        return theirs

    async def _serve(self, stream: trio.abc.Stream, url: str) -> None:
        if self.upgrade is not None and await self.upgrade(stream, url):
            return
        async with trio.open_nursery() as nursery:
            request = await wrap_server_stream(nursery, stream)
            websocket = await request.accept()
            socket = ServerSocket(url, websocket, stream)
            self.sockets.append(socket)
            try:
                await socket.send({"channel": "status", "type": "update", "data": [{"system": "online", "api_version": "v2"}]})
                if self.heartbeats:
                    nursery.start_soon(self._beat, socket)
                self._note()
                while True:
                    asked = json.loads(await websocket.get_message())
                    socket.requests.append(asked)
                    self._note()
                    if self.answer is None or not await self.answer(socket, asked):
                        await self._answer(socket, asked)
            except ConnectionClosed:
                pass
            finally:
                socket.ended.set()
                nursery.cancel_scope.cancel()

    async def _beat(self, socket: ServerSocket) -> None:
        while True:
            await trio.sleep(1)
            try:
                await socket.send({"channel": "heartbeat"})
            except ConnectionClosed:
                return

    async def _answer(self, socket: ServerSocket, asked: Json) -> None:
        method, params = asked["method"], asked.get("params", {})
        if method == "ping":
            now = to_rfc3339(int(self.now_s() * 1_000_000_000))
            await socket.send({"method": "pong", "req_id": asked["req_id"], "time_in": now, "time_out": now})
        elif method == "unsubscribe":
            for symbol in params.get("symbol", [None]):
                await socket.send(reply(asked, {"channel": params["channel"], "symbol": symbol}))
        elif method == "subscribe":
            for symbol in params.get("symbol", [None]):
                await socket.send(reply(asked, {"channel": params["channel"], "symbol": symbol}))
                snapshot = self.snapshot(params, symbol)
                if snapshot is not None:
                    await socket.send(snapshot)

    def snapshot(self, params: Json, symbol: str | None) -> Json | str | None:
        """What follows an acknowledgement."""
        match params["channel"]:
            case "book":
                return book_snapshot(symbol or "")
            case "ticker":
                return ticker_frame(symbol or "", snapshot=True)
            case "level3":
                return level3_frame(symbol or "", snapshot=True)
            case "instrument":
                return {"channel": "instrument", "type": "snapshot", "data": {"assets": [], "pairs": []}}
            case "ohlc":
                rows = [candle_row(symbol or "", params["interval"], minute) for minute in (0, 1)]
                return {"channel": "ohlc", "type": "snapshot", "data": rows, "timestamp": STAMP}
            case "executions":
                return {"channel": "executions", "type": "snapshot", "sequence": 1, "data": self.executions}
            case "balances":
                row = {"asset": "USD", "balance": 1000.5, "asset_class": "currency"}
                return {"channel": "balances", "type": "snapshot", "sequence": 1, "data": [row]}
        return None

    async def socket(self, url: str, number: int = 1) -> ServerSocket:
        """The `number`th connection that was accepted at `url`."""
        while len(found := [socket for socket in self.sockets if socket.url == url]) < number:
            await self._changed.wait()
        return found[number - 1]

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something a request changed holds."""
        while not holds():
            await self._changed.wait()

    def _note(self) -> None:
        self._changed.set()
        self._changed = trio.Event()

    # REST

    def transport(self) -> httpx.AsyncBaseTransport:
        return TracingTransport(httpx.MockTransport(self._http), self)

    def called(self, name: str) -> list[dict[str, str]]:
        return [params for called, params in self.rest_requests if called == name]

    def _http(self, request: httpx.Request) -> httpx.Response:
        name = request.url.path.rpartition("/")[2]
        text = request.content.decode() if request.method == "POST" else request.url.query.decode()
        is_document = request.headers.get("Content-Type") == "application/json"
        params = {"document": text} if is_document else dict(parse_qsl(text))
        self.rest_requests.append((name, params))
        self._note()
        if name in self.rest:
            return self.rest[name](params)
        if name == "Time":
            return ok({"unixtime": int(self.now_s()), "rfc1123": ""})
        return ok(RESULTS.get(name, {}))


@attrs.define(eq=False)
class TracingTransport(httpx.AsyncBaseTransport):
    """Tells the `trace` extension what a connection pool would."""

    inner: httpx.AsyncBaseTransport
    server: KrakenServer

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        name = request.url.path.rpartition("/")[2]
        if name in self.server.stuck:
            await trio.sleep_forever()
        trace = request.extensions["trace"]
        await trace("http11.send_request_headers.started", {})
        await trace("http11.send_request_body.complete", {})
        await trio.sleep(self.server.slow_s.get(name, 0.0))
        return await self.inner.handle_async_request(request)


def ok(result: object) -> httpx.Response:
    return httpx.Response(200, text=json.dumps({"error": [], "result": result}))


def failed(*errors: str) -> httpx.Response:
    return httpx.Response(200, text=json.dumps({"error": list(errors)}))


def reply(asked: Json, result: Json | None = None, error: str | None = None) -> Json:
    """An answer to a request."""
    told: Json = {
        "method": asked["method"],
        "success": error is None,
    }
    if "req_id" in asked:
        told["req_id"] = asked["req_id"]
    if error is not None:
        told["error"] = error
    else:
        told["result"] = {key: value for key, value in (result or {}).items() if value is not None}
    return told


def candle_row(symbol: str, interval: int, minute: int, close: str = "100.5") -> Json:
    return {
        "symbol": symbol,
        "open": 100.0,
        "high": 101.0,
        "low": 99.0,
        "close": float(close),
        "trades": 3,
        "volume": 1.5,
        "vwap": 100.2,
        "interval_begin": f"2026-11-23T05:{minute:02d}:00.000000000Z",
        "interval": interval,
        "timestamp": f"2026-11-23T05:{minute + interval:02d}:00.000000Z",
    }


@attrs.define(eq=False)
class Heard:
    """A listener that remembers; `told` is every call in order: name, then what identifies it."""

    told: list[tuple[object, ...]] = attrs.field(factory=list)
    restored: list[PrivateSnapshot] = attrs.field(factory=list)
    reports: list[OrderReport] = attrs.field(factory=list)
    fills: list[Fill] = attrs.field(factory=list)
    trades: list[Trade] = attrs.field(factory=list)
    candles: list[Candle] = attrs.field(factory=list)
    books: dict[str, Book] = attrs.field(factory=dict)
    level3: dict[str, Level3Book] = attrs.field(factory=dict)
    bug: Exception | None = None
    _changed: trio.Event = attrs.field(factory=trio.Event)

    def _note(self, *fact: object) -> None:
        self.told.append(fact)
        self._changed.set()
        self._changed = trio.Event()

    async def until(self, holds: Callable[[], bool]) -> None:
        while not holds():
            await self._changed.wait()

    def count(self, *fact: object) -> int:
        return sum(told[: len(fact)] == fact for told in self.told)

    async def until_told(self, *fact: object, times: int = 1) -> None:
        """Wait until a call that begins with `fact` was made so often."""
        await self.until(lambda: self.count(*fact) >= times)

    def book_changed(self, symbol: str, book: Book, received_s: float) -> None:
        if self.bug is not None:
            raise self.bug
        self.books[symbol] = book
        self._note("book", symbol, received_s)

    def book_lost(self, symbol: str, reason: str) -> None:
        self.books.pop(symbol, None)
        self._note("book lost", symbol, reason)

    def traded(self, trades: Sequence[Trade]) -> None:
        self.trades.extend(trades)
        self._note("traded", [trade.trade_id for trade in trades])

    def candle_changed(self, candle: Candle) -> None:
        self.candles.append(candle)
        self._note("candle", candle.symbol, candle.closed)

    def order_reported(self, report: OrderReport) -> None:
        self.reports.append(report)
        self._note("order", report.order_id, str(report.status))

    def filled(self, fill: Fill) -> None:
        self.fills.append(fill)
        self._note("fill", fill.exec_id)

    def balance_changed(self, asset: str, total: Decimal) -> None:
        self._note("balance", asset, total)

    def private_lost(self, reason: str) -> None:
        self._note("private lost", reason)

    def private_restored(self, snapshot: PrivateSnapshot) -> None:
        self.restored.append(snapshot)
        self._note("private restored")

    def status_changed(self, status: VenueStatus) -> None:
        self._note("status", str(status))

    def ticker_changed(self, ticker: TickerRow, received_s: float) -> None:
        self._note("ticker", ticker.symbol, ticker.last, received_s)

    def ticker_lost(self, symbol: str, reason: str) -> None:
        self._note("ticker lost", symbol, reason)

    def level3_changed(self, symbol: str, book: Level3Book, received_s: float) -> None:
        assert book.verified
        self.level3[symbol] = book
        self._note("level3", symbol, received_s)

    def level3_lost(self, symbol: str, reason: str) -> None:
        self.level3.pop(symbol, None)
        self._note("level3 lost", symbol, reason)

    def instrument_changed(self, instrument: Instrument) -> None:
        self._note("instrument", instrument.symbol, str(instrument.status))

    def asset_changed(self, asset: InstrumentAsset) -> None:
        self._note("asset", asset.id, asset.status)

    def subscription_refused(self, feed: Feed, error: str) -> None:
        self._note("subscription refused", str(feed), error)


@attrs.define(eq=False)
class Stage:
    """A scripted exchange, a listener and a probe, for a venue to play on."""

    server: KrakenServer
    heard: Heard = attrs.field(factory=Heard)
    notices: list[object] = attrs.field(factory=list)
    settings: ClientSettings = SETTINGS
    wrap: Callable[[httpx.AsyncBaseTransport], httpx.AsyncBaseTransport] = lambda transport: transport

    @asynccontextmanager
    async def venue(self, settings: ClientSettings | None = None) -> AsyncGenerator[KrakenVenue, None]:
        async with open_venue(
            settings or self.settings,
            self.heard,
            probe=self.notices.append,
            now_ns=lambda: BEGAN_S * 1_000_000_000,
            rng=Random(1),
            dial=self.server.dial,
            transport=self.wrap(self.server.transport()),
        ) as venue:
            yield venue

    async def private_live(self, number: int = 1) -> ServerSocket:
        """The `number`th private socket, once the venue has taken both of its snapshots."""
        socket = await self.server.socket(ADDRESSES.private, number)
        await self.heard.until_told("private restored", times=number)
        await self.heard.until_told("balance", "USD", times=number)
        await trio.testing.wait_all_tasks_blocked()
        return socket


@asynccontextmanager
async def open_kraken_server() -> AsyncGenerator[KrakenServer, None]:
    async with trio.open_nursery() as nursery:
        yield KrakenServer(nursery)
        nursery.cancel_scope.cancel()
