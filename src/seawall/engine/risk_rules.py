"""The rules of `seawall.engine.risk`, each a function of one case that says why not, or None.

What the exchange and a pair take in each status: docs.kraken.com/api/docs/websocket-v2/status, .../websocket-v2/instrument
and .../guides/spot-errors.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Final

import attrs

from seawall.engine.modes import Mode
from seawall.engine.settings import SymbolLimits
from seawall.model.instruments import Instrument, PairStatus
from seawall.model.market_data import Quote, VenueStatus
from seawall.model.numbers import ZERO, is_multiple
from seawall.model.orders import Intent, OrderType, Side

__all__ = ["RULES", "Case", "Exposure", "Rules"]


@attrs.frozen
class Exposure:
    """What is held of one symbol, and what orders may still do to it.

    `position_qty` is over all owners. The open quantities are what remains of live orders and of those in doubt; both
    are counted in `open_orders`, and `in_doubt` says how many of them are.
    """

    position_qty: Decimal = ZERO
    open_buy_qty: Decimal = ZERO
    open_sell_qty: Decimal = ZERO
    open_orders: int = 0
    in_doubt: int = 0


@attrs.frozen
class Case:
    """Everything the rules look at; `remaining_qty` is what the order can still fill, `is_new` false for an amend."""

    intent: Intent
    remaining_qty: Decimal
    is_new: bool
    instrument: Instrument
    limits: SymbolLimits
    exposure: Exposure
    quote: Quote | None
    now_s: float
    mode: Mode
    status: VenueStatus

    @property
    def prices(self) -> tuple[Decimal, ...]:
        """The prices that the order itself names."""
        return tuple(price for price in (self.intent.limit_price, self.intent.trigger_price) if price is not None)

    @property
    def touch(self) -> Decimal | None:
        """The price it would trade at first: the other side's best, or its own trigger."""
        if self.intent.order_type.has_trigger or self.quote is None:
            return self.intent.trigger_price
        return self.quote.ask if self.intent.side is Side.BUY else self.quote.bid

    @property
    def worst_price(self) -> Decimal:
        """The price at which it would move most money; needs one that it names, or a quote."""
        if self.intent.side is Side.BUY and self.intent.limit_price is not None:
            return self.intent.limit_price
        return max(price for price in (self.intent.limit_price, self.touch) if price is not None)

    @property
    def shrinks(self) -> bool:
        """Whether it can only bring the position nearer to zero, even when all else on its side fills first."""
        held = self.exposure.position_qty
        if self.intent.side is Side.SELL:
            return self.exposure.open_sell_qty + self.remaining_qty <= held
        return self.exposure.open_buy_qty + self.remaining_qty <= -held

    @property
    def doubts(self) -> str:
        """For the texts: how much of what is counted is not certain."""
        return f", {self.exposure.in_doubt} of them in doubt" if self.exposure.in_doubt else ""


def _mode(case: Case) -> str | None:
    if case.mode is Mode.RUNNING or (case.mode is Mode.REDUCING and case.shrinks):
        return None
    if case.mode is Mode.HALTED:
        return "the engine is halted and sends no orders"
    return f"the engine only shrinks positions now; {_growth(case)}"


def _exchange_status(case: Case) -> str | None:
    if case.status is VenueStatus.ONLINE or (case.status is VenueStatus.POST_ONLY and case.intent.post_only):
        return None
    wanted = "post-only orders only" if case.status is VenueStatus.POST_ONLY else "no orders"
    return f"the exchange is in {case.status.value} and takes {wanted}"


def _pair_status(case: Case) -> str | None:
    match case.instrument.status:
        case PairStatus.ONLINE:
            taken = True
        case PairStatus.POST_ONLY:
            taken = case.intent.post_only
        case PairStatus.LIMIT_ONLY:
            taken = case.intent.order_type is OrderType.LIMIT
        case PairStatus.REDUCE_ONLY:
            taken = case.shrinks
        case _:
            taken = False
    return None if taken else f"{case.intent.symbol} is {case.instrument.status.value} and does not take this order"


def _in_doubt(case: Case) -> str | None:
    there = case.exposure.in_doubt
    if not there or not case.is_new or case.shrinks:
        return None
    orders = "an order is" if there == 1 else f"{there} orders are"
    return f"{orders} in doubt: until the exchange has decided, {case.intent.symbol} takes only what shrinks the position"


def _filled(case: Case) -> str | None:
    if case.is_new or case.remaining_qty > ZERO:
        return None
    return f"a total of {case.intent.qty} leaves nothing open: {case.intent.qty - case.remaining_qty} is filled already"


def _tick(case: Case) -> str | None:
    return next((fault for price in case.prices if (fault := case.instrument.fault_of_price(price)) is not None), None)


def _step(case: Case) -> str | None:
    on_grid = is_multiple(case.intent.qty, case.instrument.qty_increment)
    return None if on_grid else case.instrument.fault_of_qty(case.intent.qty)


def _order_size(case: Case) -> str | None:
    limit = case.limits.max_order_qty
    return _above(limit, case.intent.qty, f"{case.instrument.base} in one order of {case.intent.symbol}")


def _stale_data(case: Case) -> str | None:
    if case.quote is None:
        # Without limits on age and distance a price of its own is enough; a market order has none.
        needed = (case.limits.max_data_age_s, case.limits.max_price_distance)
        return f"no verified book of {case.intent.symbol} now" if needed != (None, None) or not case.prices else None
    age_s = case.now_s - case.quote.received_s
    if case.limits.max_data_age_s is None or age_s <= case.limits.max_data_age_s:
        return None
    return f"the book of {case.intent.symbol} is {age_s:.1f} s old, more than {case.limits.max_data_age_s:g} s"


def _minimum(case: Case) -> str | None:
    # A market buy may also fill cheaper than it looks now: the exchange decides, and says so.
    price = case.intent.limit_price or case.touch
    assert price is not None, "stale_data comes first"
    return case.instrument.fault_of_qty(case.intent.qty) or case.instrument.fault_of_cost(case.intent.qty * price)


def _order_notional(case: Case) -> str | None:
    notional = case.intent.qty * case.worst_price
    return _above(case.limits.max_order_notional, notional, f"{case.instrument.quote} in one order of {case.intent.symbol}")


def _price_distance(case: Case) -> str | None:
    limit, price, touch = case.limits.max_price_distance, case.intent.limit_price, case.touch
    if limit is None or price is None or touch is None:
        return None
    through = case.intent.side.sign * (price - touch)
    if through <= limit * touch:
        return None
    return f"{price} lies {through} through {touch}, more than {limit} of it"


def _position(case: Case) -> str | None:
    limit = case.limits.max_position_qty
    if limit is None:
        return None
    exposure = case.exposure
    if case.intent.side is Side.BUY:
        worst = exposure.position_qty + exposure.open_buy_qty + case.remaining_qty
    else:
        worst = exposure.open_sell_qty + case.remaining_qty - exposure.position_qty
    return None if worst <= limit else f"more than {limit} {case.instrument.base} would be held: {_growth(case)}"


def _open_orders(case: Case) -> str | None:
    limit, there = case.limits.max_open_orders, case.exposure.open_orders
    if limit is None or not case.is_new or there < limit:
        return None
    return f"{there} orders of {case.intent.symbol} are open{case.doubts}; {limit} are allowed"


Rules = tuple[tuple[str, Callable[[Case], str | None]], ...]

RULES: Final[Rules] = (
    ("mode", _mode),
    ("exchange_status", _exchange_status),
    ("pair_status", _pair_status),
    ("in_doubt", _in_doubt),
    ("filled", _filled),
    ("tick", _tick),
    ("step", _step),
    ("order_size", _order_size),
    ("stale_data", _stale_data),
    ("minimum", _minimum),
    ("order_notional", _order_notional),
    ("price_distance", _price_distance),
    ("position", _position),
    ("open_orders", _open_orders),
)
"""Every rule with its name, in the order in which they are asked."""


def _above(limit: Decimal | None, value: Decimal, of_what: str) -> str | None:
    return None if limit is None or value <= limit else f"{value} is more than {limit} {of_what}"


def _growth(case: Case) -> str:
    exposure = case.exposure
    others = exposure.open_buy_qty if case.intent.side is Side.BUY else exposure.open_sell_qty
    held = f"{exposure.position_qty} is held"
    return f"{held}, orders may {case.intent.side.value} {others} more{case.doubts}, and this one {case.remaining_qty}"
