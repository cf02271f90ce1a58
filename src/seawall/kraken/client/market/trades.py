"""Trades of each symbol, told once, in order, and without holes as far as the exchange still knows what is missing.

`trade_id` rises by one within a symbol (docs.kraken.com/api/docs/websocket-v2/trade): a hole is a message that was lost, or
a connection that was. What came behind a hole is held back until the missing trades were asked for.
"""

from collections.abc import Callable, Container, Sequence
from typing import Final

import attrs

from seawall.kraken.dialect.socket.market_frames import TradeFrame
from seawall.kraken.dialect.socket.reports import trade
from seawall.model.market_data import Trade
from seawall.model.venue import Probe, VenueListener
from seawall.resilience.probes import tell

__all__ = ["Hole", "TradeTapes", "TradesMissed", "TradesRefilled"]

_MOST_HELD: Final = 5000
"""Trades of one symbol behind a hole; at one more, the hole is given up."""


@attrs.frozen
class TradesMissed:
    """`count` trades of a symbol were not told, and will not be; `reason` says why they could not be had."""

    symbol: str
    count: int
    reason: str


@attrs.frozen
class TradesRefilled:
    """`count` trades of a symbol were lost on the way, asked for, and told in their place."""

    symbol: str
    count: int


@attrs.frozen(eq=False)
class Hole:
    """Trades are missing after `after`, and none is asked for beyond `last_id`."""

    after: Trade
    last_id: int

    @property
    def symbol(self) -> str:
        """The pair."""
        return self.after.symbol


@attrs.define(eq=False)
class _Tape:
    """One symbol. Trades wait here only behind a hole."""

    newest_id: int | None = None
    told: Trade | None = None
    waiting: list[Trade] = attrs.field(factory=list)
    hole: Hole | None = None
    heard_s: float = float("-inf")


@attrs.define(eq=False)
class TradeTapes:
    """Hands trades of the symbols that are followed on to the listener.

    `ask` is called for a hole, and must see to it that `fill` is, once.
    """

    _listener: VenueListener
    _ask: Callable[[Hole], None]
    _probe: Probe
    _tapes: dict[str, _Tape] = attrs.field(factory=dict, init=False)

    def follow(self, symbol: str) -> None:
        """Hand on the trades of a symbol from now on."""
        self._tapes.setdefault(symbol, _Tape())

    def forget(self, symbol: str) -> None:
        """Hand on no more of a symbol, and forget which was the last."""
        self._tapes.pop(symbol, None)

    def heard_s(self, symbol: str) -> float:
        """When the newest message of a symbol came (trio's clock); minus infinity before the first."""
        tape = self._tapes.get(symbol)
        return float("-inf") if tape is None else tape.heard_s

    def take(self, frame: TradeFrame, received_s: float) -> None:
        """Take a frame of `trade`, which may speak of several symbols and repeat trades told before."""
        by_symbol: dict[str, list[Trade]] = {}
        for row in frame.data:
            told = trade(row)
            by_symbol.setdefault(told.symbol, []).append(told)
        for symbol, trades in by_symbol.items():
            tape = self._tapes.get(symbol)
            if tape is not None:  # else it is the rest of a subscription that was ended
                tape.heard_s = received_s
                self._take(tape, trades)

    def fill(self, hole: Hole, found: Sequence[Trade], reason: str) -> None:
        """Put in what was `found`; `reason` says why there is no more. A hole given up meanwhile stays so."""
        tape = self._tapes.get(hole.symbol)
        if tape is not None and tape.hole is hole and tape.newest_id is not None:
            tape.hole = None
            between = {each.trade_id: each for each in found if hole.after.trade_id < each.trade_id <= tape.newest_id}
            refilled = between.keys() - {each.trade_id for each in tape.waiting}
            between.update((each.trade_id, each) for each in tape.waiting)
            tape.waiting = [between[trade_id] for trade_id in sorted(between)]
            self._tell(tape, refilled, hole.last_id, reason)

    def _take(self, tape: _Tape, trades: Sequence[Trade]) -> None:
        for each in trades:
            if tape.newest_id is None or each.trade_id > tape.newest_id:
                tape.newest_id = each.trade_id
                tape.waiting.append(each)
        if tape.hole is None:
            self._tell(tape)
        elif len(tape.waiting) > _MOST_HELD:
            hole = attrs.evolve(tape.hole, last_id=tape.waiting[-1].trade_id)
            tape.hole = hole
            self.fill(hole, (), f"more than {_MOST_HELD} came while they were asked for")

    def _tell(self, tape: _Tape, refilled: Container[int] = (), given_up_to: int = 0, reason: str = "") -> None:
        """Tell all that waits up to the next hole; holes up to the id `given_up_to` are passed over."""
        ready: list[Trade] = []
        missed = 0
        last = tape.told
        for each in tape.waiting:
            gap = 0 if last is None else each.trade_id - last.trade_id - 1
            if gap and each.trade_id > given_up_to:
                break
            missed += gap
            ready.append(each)
            last = each
        del tape.waiting[: len(ready)]
        tape.told = last
        if last is not None and tape.waiting:
            tape.hole = Hole(last, tape.waiting[-1].trade_id)
        if missed:
            tell(self._probe, TradesMissed(ready[0].symbol, missed, reason))
        put_in = sum(each.trade_id in refilled for each in ready)
        if put_in:
            tell(self._probe, TradesRefilled(ready[0].symbol, put_in))
        if ready:
            self._listener.traded(ready)
        if tape.hole is not None:
            self._ask(tape.hole)
