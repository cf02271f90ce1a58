"""A market that writes down what it tells its strategy, and is in all else the market it stands for."""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Generic, Self, TypeVar, cast

import attrs
import trio

from seawall.drill.told import Left, SeenBook, Told, ToldOrder
from seawall.engine.feed import BookStream, CandleStream, QuoteStream, TradeStream
from seawall.engine.market import Market
from seawall.engine.strategies import StrategySpec
from seawall.engine.working import FillStream, WorkingOrder
from seawall.model.errors import Refused
from seawall.model.market_data import Book, Quote
from seawall.model.order_states import OrderState
from seawall.model.orders import Intent, Number
from seawall.model.reports import Fill
from seawall.sim.world.hosts import current_host

__all__ = ["WitnessedMarket", "WitnessedOrder", "witnessed"]

T = TypeVar("T")


def witnessed(specs: Sequence[StrategySpec], told: Told) -> tuple[StrategySpec, ...]:
    """The same strategies; what they are told is written down in `told`."""
    return tuple(attrs.evolve(spec, run=_Witness(spec.name, spec.run, told)) for spec in specs)


@attrs.frozen
class _Witness:
    name: str
    run: Callable[[Market], Awaitable[None]]
    told: Told

    async def __call__(self, market: Market) -> None:
        self.told.started(self.name)
        try:
            await self.run(WitnessedMarket.over(market, self.told))
        except Exception as problem:
            if _is_alive():
                self.told.failed(self.name, problem)
            raise


def _is_alive() -> bool:
    """Whether the process of this task still runs: what a dead one was told nobody has heard."""
    try:
        return current_host().alive
    except RuntimeError:
        return True  # outside of a world


@attrs.define(eq=False, slots=False)  # a class with slots is made twice, and `super()` behind a decorator finds the first
class WitnessedMarket(Market):
    """See `Market`; made by `over`."""

    told: Told

    @classmethod
    def over(cls, market: Market, told: Told) -> Self:
        """The same market, under a witness."""
        parts = {field.alias or field.name: getattr(market, field.name) for field in attrs.fields(Market)}
        return cls(**parts, told=told)

    def quote(self, symbol: str) -> Quote | None:
        """See `Market.quote`."""
        quote = super().quote(symbol)
        if quote is not None and _is_alive():
            self.told.looked(self.owner, quote)
        return quote

    @asynccontextmanager
    async def quotes(self, symbol: str) -> AsyncGenerator[QuoteStream, None]:
        """See `Market.quotes`."""
        number = self.told.stream()
        async with super().quotes(symbol) as stream:
            yield cast("QuoteStream", _Heard(stream, lambda quote: self.told.quoted(self.owner, number, quote)))

    @asynccontextmanager
    async def book(self, symbol: str) -> AsyncGenerator[BookStream, None]:
        """See `Market.book`."""
        number = self.told.stream()

        def read(book: Book) -> None:
            self.told.showed(self.owner, number, SeenBook.of(book))

        async with super().book(symbol) as stream:
            yield cast("BookStream", _Heard(stream, read))

    @asynccontextmanager
    async def trades(self, symbol: str) -> AsyncGenerator[TradeStream, None]:
        """See `Market.trades`."""
        number = self.told.stream()
        async with super().trades(symbol) as stream:
            yield cast("TradeStream", _Heard(stream, lambda trade: self.told.traded(self.owner, number, trade)))

    @asynccontextmanager
    async def candles(self, symbol: str, interval: str) -> AsyncGenerator[CandleStream, None]:
        """See `Market.candles`."""
        number = self.told.stream()
        async with super().candles(symbol, interval) as stream:
            yield cast("CandleStream", _Heard(stream, lambda candle: self.told.drew(self.owner, number, candle)))

    @asynccontextmanager
    async def working(self, intent: Intent) -> AsyncGenerator[WorkingOrder, None]:
        """See `Market.working`."""
        note = _Note(self.told, self.told.asked(self.owner, intent, is_blind=super().quote(intent.symbol) is None))
        try:
            async with super().working(intent) as order:
                note.entered(order)
                try:
                    yield WitnessedOrder.under(order, note)
                except BaseException as error:
                    note.leaving(Left.CANCELLED if isinstance(error, trio.Cancelled) else Left.RAISED)
                    raise
                else:
                    note.leaving(Left.RETURNED)
        except BaseException as error:
            note.not_entered(error)
            raise
        finally:
            note.over()


@attrs.define(eq=False)
class _Note:
    """Fills in what is told of one order; a dead process fills in nothing."""

    told: Told
    line: ToldOrder
    order: WorkingOrder | None = None

    def entered(self, order: WorkingOrder) -> None:
        if _is_alive():
            self.order = order
            self.line.entered_s = self.told.now_s()
            self.line.client_order_id, self.line.order_id = order.client_order_id, order.order_id
            self._say("working", f"has order {_short(order.client_order_id)} working: {self.line.intent}")
            self.look()

    def not_entered(self, error: BaseException) -> None:
        if self.line.entered_s is None and _is_alive():
            self.line.left = Left.NEVER_ENTERED
            self.line.refused = error.rule if isinstance(error, Refused) else type(error).__name__
            self._say("not placed", f"was not given its order: {self.line.refused}")

    def leaving(self, left: Left) -> None:
        if _is_alive():
            self.line.left, self.line.left_s = left, self.told.now_s()
            self.look()

    def over(self) -> None:
        if not _is_alive():
            return
        self.line.over_s = self.told.now_s()
        if self.order is not None:
            self.look()
            self.line.filled_qty = self.order.filled_qty
            name = _short(self.order.client_order_id)
            self._say("over", f"order {name} is {self.order.state}, {self.order.filled_qty} filled")

    def look(self) -> None:
        """Note the state as it is seen now."""
        if self.order is not None and _is_alive():
            self.line.saw(self.told.now_s(), self.order.state)

    def filled(self, fill: Fill) -> None:
        if _is_alive():
            self.line.fills.append((self.told.now_s(), fill))
            self.look()

    def _say(self, kind: str, text: str) -> None:
        self.told.tell(f"strategy {self.line.owner}", kind, text)


@attrs.define(eq=False, repr=False)
class WitnessedOrder(WorkingOrder):
    """See `WorkingOrder`; made by `under`."""

    note: _Note

    @classmethod
    def under(cls, order: WorkingOrder, note: _Note) -> Self:
        """The same order, under a witness."""
        return cls(order._order, order._desk, note=note)  # noqa: SLF001 - it is made of the same parts

    async def done(self) -> OrderState:
        """See `WorkingOrder.done`."""
        state = await super().done()
        self.note.look()
        return state

    def fills(self) -> FillStream:
        """See `WorkingOrder.fills`."""
        return cast("FillStream", _Heard(super().fills(), self.note.filled))

    async def amend(self, *, qty: Number | None = None, price: Number | None = None) -> None:
        """See `WorkingOrder.amend`."""
        try:
            await super().amend(qty=qty, price=price)
        finally:
            self.note.look()


class _Heard(Generic[T]):
    """A stream whose every value is heard by somebody else too; all its other attributes are the stream's own."""

    def __init__(self, stream: AsyncIterator[T], hear: Callable[[T], None]) -> None:
        self._stream = stream
        self._hear = hear

    def __getattr__(self, name: str) -> Any:  # Any: whatever the stream has
        return getattr(self._stream, name)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        value = await anext(self._stream)
        if _is_alive():
            self._hear(value)
        return value


def _short(client_order_id: str) -> str:
    """As the desk tells of an order."""
    return f"…{client_order_id[-5:]}"
