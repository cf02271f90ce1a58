"""What is judged while a run goes on, because it is gone a moment later."""

from collections.abc import Callable
from decimal import Decimal
from typing import Final, Self

import attrs

from seawall.drill.oracle.book_record import BookRecord
from seawall.drill.oracle.evidence import BreakerSpell, Dial, Evidence, Gap
from seawall.drill.oracle.exchange_record import PLACES, Asked
from seawall.drill.told import Listener, SeenBook
from seawall.model.journal import IntentRecord
from seawall.model.market_data import Candle, Quote, Trade, VenueStatus
from seawall.model.numbers import ZERO
from seawall.model.orders import OrderType, Side
from seawall.sim.assembly import Simulator
from seawall.sim.exchange.events import Event, OrderReceived, OrderTraded
from seawall.sim.exchange.exchange import Exchange
from seawall.sim.exchange.orders import SimOrder
from seawall.sim.requests import Request

__all__ = ["Watch"]

IntentOf = Callable[[str], IntentRecord | None]
"""The intent of a client order id, if it is committed to the journal by now (`JournalEye.intent`)."""

_LOOK_EVERY_S: Final = 1.0
_MOST_OF_A_KIND: Final = 20
"""Findings of one invariant that are kept; a hundred more of the same say nothing new."""


@attrs.define(eq=False)
class Watch(Listener):
    """Listens to the exchange and to what strategies are told, and notices in the evidence what does not hold.

    Made before the engine starts. The run tells it what it knows: `trader_started`, `trader_died`, `dialled`,
    and what the engine says of books and breakers (see `seawall.drill.hearing`).
    """

    evidence: Evidence
    exchange: Exchange
    books: BookRecord
    intent_of: IntentOf | None = None
    rest_port: int | None = None
    """Connections to it are no dials of sockets."""
    died_s: float | None = None
    """Since when no process of the engine runs."""
    _held: dict[tuple[str, str | None], Decimal] = attrs.field(factory=dict)
    """What our own fills come to, by symbol and owner; None is all of them together."""
    _owners: dict[str, str] = attrs.field(factory=dict)
    """Whose each order is."""
    _unguarded_s: float | None = None
    _looked_s: float = -1.0
    _maintenance_s: float = float("-inf")
    _last_quote: dict[int, Quote] = attrs.field(factory=dict)
    _last_trade: dict[int, int] = attrs.field(factory=dict)
    _last_candle: dict[int, int] = attrs.field(factory=dict)
    _after_gap: dict[str, float] = attrs.field(factory=dict)
    """When each book was lost last."""
    _open_gaps: dict[str, int] = attrs.field(factory=dict)
    """Where in the evidence the gap of each book stands that is lost now."""
    _open_breakers: dict[int, int] = attrs.field(factory=dict)
    """The same of breakers that are not closed now."""
    _quoted_s: dict[int, float] = attrs.field(factory=dict)

    @classmethod
    def over(cls, sim: Simulator, evidence: Evidence, intent_of: IntentOf | None = None) -> Self:
        """A watch over a simulator that nobody has used yet; `evidence.exchange` is a record of the same."""
        watch = cls.over_exchange(sim.exchange, evidence, intent_of)
        watch.rest_port = _port(sim.addresses.rest)
        sim.requests.listeners.append(watch.request)
        return watch

    @classmethod
    def over_exchange(cls, exchange: Exchange, evidence: Evidence, intent_of: IntentOf | None = None) -> Self:
        """A watch over an exchange without doors."""
        books = BookRecord(exchange, evidence.exchange.now_s)
        watch = cls(evidence, exchange, books, intent_of)
        exchange.listen(watch.hear)
        evidence.told.listeners.append(watch)
        return watch

    # What the run says.

    def book_lost(self, symbol: str) -> None:
        """The engine called a book lost."""
        now_s = self._now_s()
        self._after_gap[symbol] = now_s
        if symbol not in self._open_gaps:
            self._open_gaps[symbol] = len(self.evidence.gaps)
            self.evidence.gaps.append(Gap(symbol, now_s))

    def book_restored(self, symbol: str) -> None:
        """The engine called it restored."""
        place = self._open_gaps.pop(symbol, None)
        if place is not None:
            self.evidence.gaps[place] = attrs.evolve(self.evidence.gaps[place], restored_s=self._now_s())

    def dialled(self, address: str) -> None:
        """The engine tried to connect to `host:port`. Connections for REST requests are no dials."""
        port = _port(address)
        if port != self.rest_port:
            self.evidence.dials.append(Dial(self._now_s(), port))

    def breaker_moved(self, address: str, state: str | None) -> None:
        """The breaker before `host:port` is `open` or `half open` from now on; None when it is neither."""
        port = _port(address)
        breakers, place = self.evidence.breakers, self._open_breakers.pop(port, None)
        if place is not None:
            breakers[place] = attrs.evolve(breakers[place], end_s=self._now_s())
        if state is not None:
            self._open_breakers[port] = len(breakers)
            breakers.append(BreakerSpell(port, state, self._now_s(), float("inf")))

    def probes_hung(self, address: str, hung: int) -> None:
        """So many probes of a half-open breaker were given up: it may let as many more through."""
        place = self._open_breakers.get(_port(address))
        if place is not None:
            before = self.evidence.breakers[place]
            self.evidence.breakers[place] = attrs.evolve(before, probes=before.probes + hung)

    def trader_started(self) -> None:
        """A process of the engine was started; what the one before called lost, or held open, is nothing to it."""
        self.died_s = None
        self._forget()

    def trader_died(self) -> None:
        """It is no more, and nobody looks after its orders."""
        self.died_s = self._now_s()
        self._forget()

    def _forget(self) -> None:
        for symbol in tuple(self._open_gaps):
            self.book_restored(symbol)
        for port in tuple(self._open_breakers):
            self.breaker_moved(f":{port}", None)
        self._after_gap.clear()

    # What the exchange says.

    def request(self, request: Request) -> None:
        """One request arrives: 2, 14."""
        if self.intent_of is None or request.method not in PLACES:
            return
        name = str(request.params.get("cl_ord_id"))
        intent = self.intent_of(name)
        if intent is None:
            self._notice("journaled-before-sent", f"{name} came in before it was in the journal")
        else:
            self._owners[name] = intent.owner
            self._check_what_was_sent(intent, request)
            self._check_what_was_seen(intent)

    def hear(self, event: Event) -> None:
        """One event of the exchange: 9, 12, 28."""
        if isinstance(event, OrderReceived):
            if not self._is_foreign(event.order):
                self._check_limits(event.order)
        elif isinstance(event, OrderTraded):
            self._check_fill(event)
        now_s = self._now_s()
        if now_s - self._looked_s >= _LOOK_EVERY_S:
            self._looked_s = now_s
            self.look()

    def look(self) -> None:
        """Look whether somebody watches over our orders: 28. Called about once a second while the market moves."""
        terms, now_s = self.evidence.terms, self._now_s()
        if self.exchange.status is VenueStatus.MAINTENANCE:
            self._maintenance_s = now_s
        ours = [order for order in self.exchange.open_orders() if not self._is_foreign(order)]
        spared = terms.switch_spares_foreign and len(ours) < len(self.exchange.open_orders())
        guarded = self.exchange.switch_due_ns is not None
        if terms.switch_timeout_s is None or not ours or guarded or spared:
            self._unguarded_s = None
        elif self._unguarded_s is None:
            self._unguarded_s = now_s
        if self._unguarded_s is not None and now_s - self._maintenance_s > terms.switch_renew_s:
            allowed_s = 2 * terms.switch_renew_s + terms.cancel_s + self.evidence.disturbed_s(self._unguarded_s, now_s)
            if now_s - self._unguarded_s > allowed_s:
                self._notice("switch-kept-armed", f"{len(ours)} orders were open for {allowed_s:.0f} s with the switch off")
                self._unguarded_s = now_s
        if ours and self.died_s is not None and terms.switch_timeout_s is not None and guarded:
            due_s = terms.switch_timeout_s + terms.in_flight_s
            # The timer runs by the exchange's clock: one that was set back in the meantime lets it run for longer.
            jumped = any(at_s > self.died_s - terms.switch_timeout_s for at_s in self.evidence.clock_jumps_s)
            if now_s - max(self.died_s, self._maintenance_s) > due_s and not jumped:
                self._notice("switch-kept-armed", f"{len(ours)} orders were open {due_s:.0f} s after the engine had died")
                self.died_s = now_s

    # What strategies are told.

    def quoted(self, owner: str, stream: int, quote: Quote) -> None:
        """A strategy read a quote: 13, 15, 16."""
        fault = self.books.fault_of_quote(quote)
        if fault is not None:
            self._notice("book-is-the-exchanges", f"told to {owner}: {fault}")
        self._check_gap(owner, stream, quote.symbol, after_gap=quote.after_gap if stream else None)
        if not stream:
            return
        before = self._last_quote.get(stream)
        jumped = any(0 <= self._now_s() - at_s <= KEPT_AFTER_JUMP_S for at_s in self.evidence.clock_jumps_s)
        if before is not None and (quote.received_s < before.received_s or (quote.at_ns < before.at_ns and not jumped)):
            self._notice("sequence-rises", f"{owner} was given an older quote of {quote.symbol} after a newer one")
        self._last_quote[stream] = quote

    def showed(self, owner: str, stream: int, book: SeenBook) -> None:
        """A strategy read a book: 13, 15."""
        fault = self.books.fault_of_book(book)
        if fault is not None:
            self._notice("book-is-the-exchanges", f"told to {owner}: {fault}")
        self._check_gap(owner, stream, book.symbol, after_gap=None)

    def traded(self, owner: str, stream: int, trade: Trade) -> None:
        """A strategy read a trade: 16."""
        before = self._last_trade.get(stream)
        if before is not None and trade.trade_id <= before:
            self._notice("sequence-rises", f"{owner} was given trade {trade.trade_id} of {trade.symbol} after {before}")
        self._last_trade[stream] = trade.trade_id

    def drew(self, owner: str, stream: int, candle: Candle) -> None:
        """A strategy read a candle: 16."""
        before = self._last_candle.get(stream)
        if before is not None and candle.begin_ns < before:
            self._notice("sequence-rises", f"{owner} was given a candle of {candle.symbol} that was over")
        self._last_candle[stream] = candle.begin_ns

    # How it is judged.

    def _check_what_was_sent(self, intent: IntentRecord, request: Request) -> None:
        """2: what comes in is what was written down, to the last digit, and not good for longer."""
        wish, sent = intent.intent, Asked(self._now_s(), request.method, request.params)
        pair = self.exchange.pairs.get(wish.symbol)
        qty, price, deadline_ns = sent.qty, sent.limit_price, sent.deadline_ns
        same = (
            pair is not None
            and sent.symbol in pair.names()
            and sent.side == wish.side
            and qty == wish.qty
            and (wish.limit_price is None or wish.order_type.has_trigger or price == wish.limit_price)
        )
        if not same:
            self._notice("journaled-before-sent", f"{intent.client_order_id} is {wish} in the journal, and came in otherwise")
        elif deadline_ns is None or deadline_ns > intent.deadline_ns:
            self._notice("journaled-before-sent", f"{intent.client_order_id} may be matched for longer than the journal says")

    def _check_what_was_seen(self, intent: IntentRecord) -> None:
        """14: what an order was decided on had been the market not long before."""
        seen, wish, terms = intent.seen, intent.intent, self.evidence.terms
        closes = wish.order_type is OrderType.MARKET and self._shrinks(wish.symbol, wish.side, wish.qty, intent.owner)
        if closes or wish.symbol not in self.exchange.pairs:
            return
        name, now_s = intent.client_order_id, self._now_s()
        if seen.bid is None or seen.ask is None or seen.quote_age_ns is None:
            self._notice("fresh-data-only", f"{name} was decided without a book of {wish.symbol}")
        elif seen.quote_age_ns > terms.max_data_age_s * 1e9:
            self._notice("fresh-data-only", f"{name} was decided on a book {seen.quote_age_ns / 1e9:.1f} s old")
        else:
            since_s = now_s - terms.max_data_age_s - terms.order_s - terms.in_flight_s
            since_s -= self.evidence.disturbed_s(since_s - terms.absent_s, now_s)
            if not self.books.had_touch(wish.symbol, seen.bid, seen.ask, since_s=since_s):
                self._notice("fresh-data-only", f"{name} was decided on {seen.bid} to {seen.ask}, which was long gone")

    def _check_limits(self, order: SimOrder) -> None:
        """12: limits over all our orders, as the exchange has them; those in doubt are among them."""
        symbol, limits = order.pair.symbol, self.evidence.terms.of(order.pair.symbol)
        open_here = [one for one in self.exchange.open_orders() if one.pair is order.pair and not self._is_foreign(one)]
        is_market = order.ask.order_type is OrderType.MARKET
        name = order.cl_ord_id or order.order_id
        if limits.max_open_orders is not None and len(open_here) > limits.max_open_orders and not is_market:
            self._notice("within-limits", f"{name} is open order {len(open_here)} of {symbol}, {limits.max_open_orders} may be")
        if limits.max_position_qty is None or self._shrinks(symbol, order.side, order.qty):
            return
        if is_market and self._shrinks(symbol, order.side, order.qty, self._owners.get(name)):
            return  # it closes a position of its owner's, which the limits do not hold up
        same_side = sum((one.left for one in open_here if one.side is order.side), ZERO)
        held = self._held.get((symbol, None), ZERO) * order.side.sign
        if held + same_side > limits.max_position_qty:
            self._notice(
                "within-limits", f"with {name}, {held + same_side} {symbol} may be held, {limits.max_position_qty} is the limit"
            )

    def _check_fill(self, event: OrderTraded) -> None:
        """9, and what is held."""
        order, fill = event.order, event.fill
        if self._is_foreign(order):
            return
        symbol = fill.pair.symbol
        owner = self._owners.get(order.cl_ord_id or order.order_id)
        for key in dict.fromkeys(((symbol, None), (symbol, owner))):
            self._held[key] = self._held.get(key, ZERO) + fill.qty * fill.side.sign
        if event.cum_qty > order.qty:
            name = order.cl_ord_id or order.order_id
            self._notice("never-overfilled", f"{name} is for {order.qty}, and {event.cum_qty} filled")

    def _check_gap(self, owner: str, stream: int, symbol: str, *, after_gap: bool | None) -> None:
        """15: nothing is told of a book that is lost, and the first quote after it says so."""
        now_s, lost_s = self._now_s(), self._after_gap.get(symbol)
        if symbol in self._open_gaps and lost_s is not None and now_s > lost_s:
            self._notice("blind-means-blind", f"{owner} was told of {symbol} while its book was lost")
        before_s = self._quoted_s.get(stream)
        if after_gap is False and lost_s is not None and before_s is not None and before_s < lost_s:
            self._notice("blind-means-blind", f"{owner} was not told that {symbol} had a gap")
        self._quoted_s[stream] = now_s

    def _shrinks(self, symbol: str, side: Side, qty: Decimal, owner: str | None = None) -> bool:
        """Whether an order brings what is held nearer to zero: by its owner, or, for None, by all together."""
        held = self._held.get((symbol, owner), ZERO)
        return held * side.sign < ZERO and qty <= abs(held)

    def _is_foreign(self, order: SimOrder) -> bool:
        placed = self.evidence.exchange.find(order.order_id)
        return placed is not None and placed.is_foreign

    def _now_s(self) -> float:
        return self.evidence.exchange.now_s()

    def _notice(self, invariant: str, detail: str) -> None:
        if len(self.evidence.noticed.get(invariant, ())) < _MOST_OF_A_KIND:
            self.evidence.notice(invariant, detail, self._now_s())


def _port(address: str) -> int:
    """Of `host:port`, with or without what else stands in a URL."""
    return int(address.rpartition(":")[2].partition("/")[0])


KEPT_AFTER_JUMP_S: Final = 120.0
"""How long after a clock was set the exchange's own times may run backwards."""
