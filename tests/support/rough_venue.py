"""One engine's connection to the rough exchange. When the engine is killed it falls silent; what has left goes on its way."""

import random
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Generic, TypeVar

import attrs
import trio

from seawall.model.errors import NotSent, OutcomeUnknown, RefusedByExchange, Unavailable, UnknownSymbol
from seawall.model.instruments import Instrument
from seawall.model.market_data import Candle, VenueStatus
from seawall.model.reports import Acknowledgement, AmendOrder, Balance, Fill, OrderReport, PlaceOrder
from seawall.model.venue import CancelOutcome, OpenOrders, VenueListener
from support.rough_exchange import Fate, RoughExchange
from support.venue import BTC_USD, ETH_USD, FixedBook

__all__ = ["RoughVenue"]

T = TypeVar("T")


@attrs.define(eq=False)
class _Errand(Generic[T]):
    """Something on its way to the exchange, which no longer depends on whoever sent it."""

    act: Callable[[], T]
    fate: Fate
    answered: trio.Event = attrs.field(factory=trio.Event)
    result: list[T] = attrs.field(factory=list)
    refusal: RefusedByExchange | None = None

    async def run(self) -> None:
        await trio.sleep(self.fate.out_s)
        if self.fate.arrives:
            try:
                self.result.append(self.act())
            except RefusedByExchange as refusal:
                self.refusal = refusal
        await trio.sleep(self.fate.back_s)
        self.answered.set()


@attrs.define(eq=False)
class RoughVenue:
    """Implements `seawall.model.venue.Venue`. `run` pumps the private stream."""

    exchange: RoughExchange
    listener: VenueListener
    fate_of: Callable[[str], Fate]
    """What becomes of the next order or amend of that name."""
    clock_error_s: float = 0.0
    name: str = "rough"
    dead: bool = attrs.field(default=False, init=False)
    _up: bool = attrs.field(default=False, init=False)
    _words: list[OrderReport | Fill] = attrs.field(factory=list, init=False)
    _said: trio.Event = attrs.field(factory=trio.Event, init=False)

    @property
    def _rng(self) -> random.Random:
        return self.exchange.rng

    def instrument(self, symbol: str) -> Instrument:
        found = {"BTC/USD": BTC_USD, "ETH/USD": ETH_USD}.get(symbol)
        if found is None:
            raise UnknownSymbol(symbol)
        return found

    def status(self) -> VenueStatus:
        return VenueStatus.ONLINE

    def now_ns(self) -> int:
        return self.exchange.now_ns() + int(self.clock_error_s * 1e9)

    async def follow_book(self, symbol: str) -> None:
        await self._travel()
        self.quote(symbol)

    async def follow_trades(self, symbol: str) -> None:  # noqa: ARG002 - nobody trades but us
        await self._travel()

    async def follow_candles(self, symbol: str, interval_s: int) -> tuple[Candle, ...]:  # noqa: ARG002 - as above
        await self._travel()
        return ()

    def quote(self, symbol: str) -> None:
        """Show a touch."""
        book = FixedBook(symbol, Decimal("50000.0"), Decimal("50000.1"), self.now_ns())
        self.listener.book_changed(symbol, book, trio.current_time())

    # what is sent

    async def place(self, order: PlaceOrder, sending: Callable[[], None]) -> Acknowledgement:
        await self._alive()
        fate = self.fate_of(order.client_order_id)
        if not fate.sent:
            raise NotSent("the socket is down")
        self.exchange.leaves(order)
        if fate.arrives:
            self.exchange.coming[order.client_order_id] = order
        sending()
        held = await self._run(lambda: self.exchange.take(order, refused=fate.refused), fate)
        return Acknowledgement(held.order_id, order.client_order_id)

    async def amend(self, change: AmendOrder) -> None:
        await self._alive()
        fate = self.fate_of(change.client_order_id)
        if not fate.sent:
            raise NotSent("the socket is down")
        self.exchange.amend_leaves(change)
        if fate.arrives:
            self.exchange.amends_coming.append(change)
        await self._run(lambda: self.exchange.amend(change), fate)

    async def cancel(self, client_order_ids: Sequence[str], order_ids: Sequence[str] = ()) -> tuple[CancelOutcome, ...]:
        await self._alive()
        exchange, weather = self.exchange, self.exchange.weather
        exchange.cancel_leaves(client_order_ids, order_ids)
        answer = {"answered": "comes", "never answered": "never comes"}.get(weather.cancels, "is lost")
        fate = Fate(out_s=weather.cancel_s, arrives=weather.cancels != "lost", answer=answer)
        names = (*client_order_ids, *order_ids)
        taken = await self._run(lambda: [exchange.cancel(name) for name in names], fate)
        return tuple(
            CancelOutcome(name, accepted=was_open, reason=None if was_open else "EOrder:Unknown order")
            for name, was_open in zip(names, taken, strict=True)
        )

    async def cancel_all_after(self, timeout_s: int) -> None:  # noqa: ARG002 - the switch is off in these tests
        await self._travel()

    # what is asked

    async def find_order(self, client_order_id: str, order_id: str | None = None) -> tuple[tuple[OrderReport, ...], int]:
        asked_at_ns, as_of_s = await self._question()
        if order_id is not None:
            found = [held for held in self.exchange.held.values() if held.order_id == order_id]
        else:
            found = [held for held in self.exchange.held.values() if held.wire.client_order_id == client_order_id]
        reports = [held.seen_at(as_of_s) for held in found]
        return tuple(report for report in reports if report is not None), asked_at_ns

    async def open_orders(self) -> OpenOrders:
        asked_at_ns, as_of_s = await self._question()
        reports = [held.seen_at(as_of_s) for held in self.exchange.held.values()]
        return OpenOrders(
            tuple(report for report in reports if report is not None and report.status in ("pending", "open")), asked_at_ns
        )

    async def fills_since(self, at_ns: int) -> tuple[Fill, ...]:
        _, as_of_s = await self._question()
        shown = [fill for since_s, fill in self.exchange.fills if since_s <= as_of_s and fill.at_ns > at_ns]
        if self._rng.random() < 0.5:
            shown = [attrs.evolve(fill, client_order_id=None) for fill in shown]
        return tuple(sorted(shown, key=lambda fill: fill.at_ns))

    async def balances(self) -> tuple[Balance, ...]:
        await self._question()
        return ()

    # the private stream

    def connect(self) -> None:
        """The private stream (re)starts with its snapshot."""
        self._words.clear()
        self._up = True
        self.exchange.line = self._hear
        self.listener.private_restored(self.exchange.snapshot())

    def cut(self) -> None:
        """From now on nothing comes; the engine has not noticed yet."""
        self._words.clear()
        self._up = False

    def notice_cut(self) -> None:
        """The engine notices, where it is still so."""
        if not self._up and not self.dead:
            self.listener.private_lost("the socket closed")

    def kill(self) -> None:
        """The engine's process has died."""
        self.dead, self._up = True, False
        self._words.clear()

    async def run(self) -> None:
        """Tell the engine what the exchange says, as the weather has it."""
        while True:
            while not self._words:
                self._said = trio.Event()
                await self._said.wait()
            how = self.exchange.weather.stream
            await trio.sleep(self._rng.choice([1.0, 8.0]) if how == "late" else self._rng.choice([0.0, 0.002, 0.02]))
            if not self._words:
                continue
            at = self._rng.randrange(min(4, len(self._words))) if how == "shuffled" else 0
            word = self._words.pop(at)
            if how == "repeating" and self._rng.random() < 0.4:
                self._words.append(word)
            if isinstance(word, Fill):
                self.listener.filled(word)
            else:
                self.listener.order_reported(word)

    def _hear(self, word: OrderReport | Fill) -> None:
        if not self._up:
            return
        if self.exchange.weather.drops:
            self.exchange.weather.drops -= 1
            return
        self._words.append(word)
        self._said.set()

    async def _run(self, act: Callable[[], T], fate: Fate) -> T:
        errand = _Errand(act, fate)
        self.exchange.nursery.start_soon(errand.run)
        if fate.answer == "never comes":
            await trio.sleep_forever()
        await errand.answered.wait()
        await self._alive()
        if fate.answer == "is lost" or not fate.arrives:
            raise OutcomeUnknown("the answer was lost")
        if errand.refusal is not None:
            raise errand.refusal
        return errand.result[0]

    async def _question(self) -> tuple[int, float]:
        weather = self.exchange.weather
        asked_at_ns, as_of_s = self.now_ns(), trio.current_time() - weather.lag_s
        await self._travel()
        if weather.questions == "never answered":
            await trio.sleep_forever()
        if weather.questions == "unavailable":
            raise Unavailable("the exchange is down")
        return asked_at_ns, as_of_s

    async def _travel(self) -> None:
        await self._alive()
        await trio.sleep(0.02)
        await self._alive()

    async def _alive(self) -> None:
        if self.dead:
            await trio.sleep_forever()
