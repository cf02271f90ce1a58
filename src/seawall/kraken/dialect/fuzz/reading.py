"""Each frame and answer read as a client would, down to the last value that is computed late."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Final, TypeVar

from seawall.kraken.dialect import rest
from seawall.kraken.dialect.bad import BadFrame, BookBroken
from seawall.kraken.dialect.books.book import KrakenBook
from seawall.kraken.dialect.books.level3_book import Level3Book
from seawall.kraken.dialect.socket import reports
from seawall.kraken.dialect.socket.answers import Refused, read_answer
from seawall.kraken.dialect.socket.frames import Frame, decode
from seawall.kraken.dialect.socket.level3_frames import Level3Frame
from seawall.kraken.dialect.socket.market_frames import BookFrame, CandleFrame, InstrumentFrame, Status, TradeFrame
from seawall.kraken.dialect.socket.private_frames import BalancesFrame, ExecutionsFrame, Response
from seawall.kraken.dialect.socket.ticker_frames import TickerFrame
from seawall.kraken.dialect.unknown import Unknown
from seawall.model.errors import SeawallError

__all__ = ["REST_READERS", "FrameReader", "read_rest"]

Reader = Callable[[bytes], object]
B = TypeVar("B", KrakenBook, Level3Book)

_MOST_BOOKS: Final = 100
_NAMES: Final = {"XBTUSD": "BTC/USD", "XXBTZUSD": "BTC/USD"}

REST_READERS: Final[Mapping[str, tuple[Reader, ...]]] = {
    "AddOrder": (partial(rest.read_added_order, client_order_id="id"), rest.read_new_order),
    "AddOrderBatch": (rest.read_batch,),
    "AmendOrder": (rest.read_amended_order,),
    "AssetPairs": (rest.read_instruments, rest.read_pair_rows),
    "Assets": (rest.read_assets,),
    "Balance": (rest.read_totals,),
    "BalanceEx": (rest.read_balances, rest.read_extended_balances),
    "CancelAll": (rest.read_cancel_count, rest.read_cancellation),
    "CancelAllOrdersAfter": (rest.read_cancel_all_after,),
    "CancelOrder": (rest.read_cancel_count, rest.read_cancellation),
    "CancelOrderBatch": (rest.read_cancel_count, rest.read_cancellation),
    "ClosedOrders": (partial(rest.read_closed_orders, symbols=_NAMES), rest.read_closed_order_rows),
    "Depth": (rest.read_depth,),
    "EditOrder": (rest.read_edited_order,),
    "GetApiKeyInfo": (rest.read_api_key_info,),
    "GetWebSocketsToken": (rest.read_token,),
    "GroupedBook": (rest.read_grouped_book,),
    "Ledgers": (rest.read_ledgers,),
    "Level3": (rest.read_level3,),
    "OHLC": (partial(rest.read_candles, symbol="BTC/USD", interval_s=60),),
    "OpenOrders": (partial(rest.read_open_orders, symbols=_NAMES), rest.read_open_order_rows),
    "OpenPositions": (rest.read_positions,),
    "OrderAmends": (rest.read_order_amends,),
    "QueryLedgers": (rest.read_ledger_rows,),
    "QueryOrders": (partial(rest.read_orders, symbols=_NAMES), rest.read_order_rows),
    "QueryTrades": (rest.read_trade_rows,),
    "Spread": (rest.read_spread,),
    "SystemStatus": (rest.read_system_status,),
    "Ticker": (rest.read_tickers,),
    "Time": (rest.read_time,),
    "TradeBalance": (rest.read_trade_balance,),
    "TradeVolume": (rest.read_trade_volume,),
    "Trades": (partial(rest.read_trades, symbol="BTC/USD"),),
    "TradesHistory": (partial(rest.read_fills, symbols=_NAMES), rest.read_trade_page),
}
"""The readers of each endpoint's answers: every one that `rest` has."""


class FrameReader:
    """Reads WebSocket frames one after the other, and keeps the books that they build, broken ones included."""

    __slots__ = ("_books",)

    def __init__(self) -> None:
        self._books: dict[tuple[str, bool], KrakenBook | Level3Book] = {}

    def read(self, frame: bytes) -> str:
        """Read one frame and use what it says; the name of what came of it. Anything raised from here is a fault."""
        try:
            return self._used(decode(frame))
        except BadFrame:
            return "bad frame"
        except BookBroken:
            return "book refused"

    def _used(self, frame: Frame) -> str:
        match frame:
            case Unknown():
                return f"unknown {frame.what}"
            case Response():
                answer = read_answer(frame, now_ns=0)
                return {Refused: "refusal", Unknown: "unknown method"}.get(type(answer), "answer")
            case BookFrame():
                for row in frame.data:
                    book = self._book(row.symbol, KrakenBook)
                    with _looked_at(book):
                        book.apply(row, frame.snapshot)
            case Level3Frame():
                for resting in frame.data:
                    deep = self._book(resting.symbol, Level3Book)
                    with _looked_at(deep):
                        deep.apply(resting, frame.snapshot)
            case _:
                _use_rows(frame)
        return "event"

    def _book(self, symbol: str, kind: type[B]) -> B:
        """The book that earlier frames left, or a new one; spoiled symbols do not make them many."""
        if len(self._books) > _MOST_BOOKS:
            self._books.clear()
        book = self._books.setdefault((symbol, kind is KrakenBook), kind(symbol))
        assert isinstance(book, kind)
        return book


@contextmanager
def _looked_at(book: KrakenBook | Level3Book) -> Iterator[None]:
    """Whatever became of a book, it can be looked at."""
    try:
        yield
    finally:
        _ = book.bids(10), book.asks(10), book.best_bid(), book.best_ask(), book.at_ns, book.checksum(), repr(book)


def _use_rows(frame: Frame) -> None:
    match frame:
        case ExecutionsFrame():
            reports.private_snapshot(frame)
            _ = [(reports.order_report(row), reports.fill(row), reports.new_words(row)) for row in frame.data]
        case BalancesFrame():
            _ = [reports.balance_total(row) for row in frame.data]
        case InstrumentFrame():
            _ = [reports.instrument_of(pair) for pair in frame.data.pairs]
        case TradeFrame():
            _ = [reports.trade(row) for row in frame.data]
        case CandleFrame():
            _ = [reports.candle(row) for row in frame.data]
        case TickerFrame():
            _ = [str(number) for row in frame.data for number in (row.bid, row.bid_qty, row.ask, row.ask_qty, row.change)]
        case Status():
            _ = [reports.venue_status(row.system) for row in frame.data]


def read_rest(name: str, body: bytes) -> str:
    """Read one REST answer with every reader of its endpoint; the name of what came of it."""
    outcome = "result"
    for read in REST_READERS[name]:
        try:
            read(body)
        except BadFrame:
            outcome = "bad answer"
        except SeawallError as error:
            outcome = type(error).__name__
    return outcome
