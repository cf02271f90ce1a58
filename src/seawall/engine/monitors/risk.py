"""Watches what is earned and what is exposed, for each quote asset on its own, and asks for the mode that follows.

Profit is counted from the first look: what earlier runs earned or lost is neither. Positions are valued at the price at
which they could be closed: the bid for a long one, the ask for a short one. While a book is lost or too old its last
price stands in for it, and a notice says so; a position that never had a price counts with what it has realized alone.
"""

from collections.abc import Callable
from decimal import Decimal

import attrs
import trio

from seawall.engine.feed import Feed
from seawall.engine.modes import Mode, following
from seawall.engine.portfolio import Portfolio, Position
from seawall.engine.settings import RiskLimits
from seawall.model.numbers import ZERO
from seawall.model.venue import Probe
from seawall.resilience.probes import ignore, tell

__all__ = ["AssetRisk", "MarkLost", "MarkRestored", "RiskMonitor", "RiskVerdict", "closing_price"]

Key = tuple[str, str]
"""Owner and symbol."""

_NO_LIMIT = Decimal("Infinity")


@attrs.frozen
class AssetRisk:
    """One quote asset: profit since the first look, its best, and the value of all positions whatever their side."""

    asset: str
    profit: Decimal
    peak: Decimal
    exposure: Decimal

    @property
    def drawdown(self) -> Decimal:
        """How far the profit has fallen from its best."""
        return self.peak - self.profit


@attrs.frozen
class RiskVerdict:
    """The mode that the figures ask for, and why."""

    mode: Mode
    reason: str


@attrs.frozen
class MarkLost:
    """A position's book is lost or too old: its limits are watched with the last known price, if there is one."""

    symbol: str
    last_price: Decimal | None

    def __str__(self) -> str:
        instead = "no price is known" if self.last_price is None else f"the last one, {self.last_price}, stands in"
        return f"{self.symbol} has no fresh price to value positions at: {instead}"


@attrs.frozen
class MarkRestored:
    """A position's book is fresh again."""

    symbol: str

    def __str__(self) -> str:
        return f"{self.symbol} has a fresh price again"


@attrs.define(eq=False)
class RiskMonitor:
    """Looks every `every_s` seconds, and calls `on_mode(mode, reason)` when the figures ask for another mode.

    A loss at its limit asks for HALTED, once and for all. A drawdown or an exposure at its limit asks for REDUCING,
    until it is below again; a drawdown that was closed out stays, as nothing can win it back.
    """

    portfolio: Portfolio
    feed: Feed
    limits: RiskLimits
    on_mode: Callable[[Mode, str], None]
    every_s: float = 1.0
    probe: Probe = ignore
    check_in: Callable[[], None] = attrs.field(default=lambda: None)
    """Called after each look: a monitor that hangs does not call it."""
    _mode: Mode = attrs.field(default=Mode.RUNNING, init=False)
    _starts: dict[Key, Decimal] | None = attrs.field(default=None, init=False)
    """What each position had earned at the first look."""
    _carried: dict[Key, int | None] = attrs.field(factory=dict, init=False)
    """Positions of earlier runs that had no price yet, and when they were opened: what they had earned is not known."""
    _marks: dict[tuple[str, bool], Decimal] = attrs.field(factory=dict, init=False)
    """The last price of each symbol at which a long one, or a short one, could be closed."""
    _unmarked: dict[str, None] = attrs.field(factory=dict, init=False)
    _figures: dict[str, AssetRisk] = attrs.field(factory=dict, init=False)

    def look(self) -> RiskVerdict | None:
        """Take new figures and judge them: the mode to go to, None when it is the one that was told last."""
        positions = {(position.owner, position.symbol): position for position in self.portfolio.positions()}
        if self._starts is None:
            self._starts = {key: position.realized for key, position in positions.items()}
            self._carried = {key: position.opened_at_ns for key, position in positions.items() if not position.is_flat}
        for key in self._starts:
            positions.setdefault(key, self.portfolio.position(*key))
        self._mark([position for position in positions.values() if not position.is_flat])
        self._measure(positions, self._starts)
        verdict = self._judge()
        before, self._mode = self._mode, following(self._mode, verdict.mode)
        return verdict if self._mode is not before else None

    def statistics(self) -> tuple[AssetRisk, ...]:
        """The figures of the last look, sorted by asset."""
        return tuple(figures for _, figures in sorted(self._figures.items()))

    async def run(self) -> None:
        """Look for ever."""
        while True:
            verdict = self.look()
            if verdict is not None:
                self.on_mode(verdict.mode, verdict.reason)
            self.check_in()
            await trio.sleep(self.every_s)

    def _mark(self, held: list[Position]) -> None:
        """Take the newest prices; tell of symbols that lost theirs or have it again."""
        for position in held:
            fresh = closing_price(self.feed, self.limits, position)
            if fresh is not None:
                self._marks[position.symbol, position.qty > ZERO] = fresh
                if position.symbol in self._unmarked:
                    del self._unmarked[position.symbol]
                    tell(self.probe, MarkRestored(position.symbol))
            elif position.symbol not in self._unmarked:
                self._unmarked[position.symbol] = None
                tell(self.probe, MarkLost(position.symbol, self._mark_of(position)))
        symbols = {position.symbol for position in held}
        self._unmarked = {symbol: None for symbol in self._unmarked if symbol in symbols}

    def _measure(self, positions: dict[Key, Position], starts: dict[Key, Decimal]) -> None:
        profits: dict[str, Decimal] = dict.fromkeys(self._figures, ZERO)
        exposures: dict[str, Decimal] = {}
        for key, position in positions.items():
            earned, mark = position.realized, self._mark_of(position)
            if key in self._carried and self._carried[key] != position.opened_at_ns:
                del self._carried[key]  # closed before it ever had a price
            if mark is not None:
                open_profit = self.portfolio.open_profit(position, mark)
                earned += open_profit
                if key in self._carried:
                    starts[key] += open_profit
                    del self._carried[key]
                exposures[position.quote] = exposures.get(position.quote, ZERO) + abs(position.qty) * mark
            profits[position.quote] = profits.get(position.quote, ZERO) + earned - starts.get(key, ZERO)
        for asset, profit in profits.items():
            peak = self._figures[asset].peak if asset in self._figures else ZERO
            self._figures[asset] = AssetRisk(asset, profit, max(peak, profit), exposures.get(asset, ZERO))

    def _mark_of(self, position: Position) -> Decimal | None:
        return None if position.is_flat else self._marks.get((position.symbol, position.qty > ZERO))

    def _judge(self) -> RiskVerdict:
        for asset, figures in sorted(self._figures.items()):
            if -figures.profit >= self.limits.max_loss.get(asset, _NO_LIMIT):
                limit = self.limits.max_loss[asset]
                return RiskVerdict(Mode.HALTED, f"{-figures.profit:.8g} {asset} lost since the start, the limit is {limit}")
        for asset, figures in sorted(self._figures.items()):
            if figures.drawdown >= self.limits.max_drawdown.get(asset, _NO_LIMIT):
                limit = self.limits.max_drawdown[asset]
                return RiskVerdict(
                    Mode.REDUCING, f"profit fell by {figures.drawdown:.8g} {asset} from its best, the limit is {limit}"
                )
            if figures.exposure >= self.limits.max_exposure.get(asset, _NO_LIMIT):
                limit = self.limits.max_exposure[asset]
                return RiskVerdict(Mode.REDUCING, f"positions are worth {figures.exposure:.8g} {asset}, the limit is {limit}")
        return RiskVerdict(Mode.RUNNING, "profit and exposure are within their limits")


def closing_price(feed: Feed, limits: RiskLimits, position: Position) -> Decimal | None:
    """What one unit of `position` could be closed at; None while its book is lost or older than its limit."""
    quote = feed.quote(position.symbol)
    max_age_s = limits.of(position.symbol).max_data_age_s
    if quote is None or (max_age_s is not None and feed.age_s(position.symbol) > max_age_s):
        return None
    return quote.bid if position.qty > ZERO else quote.ask
