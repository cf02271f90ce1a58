"""What is known of the exchange as a whole: its pairs, and what it takes now."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

import attrs

from seawall.kraken.dialect.names import pair_names
from seawall.kraken.dialect.socket.market_frames import InstrumentFrame, Status
from seawall.kraken.dialect.socket.reports import instrument_of, venue_status
from seawall.kraken.dialect.unknown import Unknown
from seawall.model.errors import UnknownSymbol
from seawall.model.instruments import Instrument
from seawall.model.market_data import VenueStatus

__all__ = ["Reference"]

_NEAR: Final = 5


@attrs.define(eq=False)
class Reference:
    """Pairs by symbol, every name REST has for them, and the exchange's status; `status_changed` is told of changes.

    REST gives names and fees, the `instrument` channel the newest grid and status: the second amends the first.
    """

    _status_changed: Callable[[VenueStatus], None]
    status: VenueStatus = attrs.field(default=VenueStatus.ONLINE, init=False)
    unknown: int = attrs.field(default=0, init=False)
    _instruments: dict[str, Instrument] = attrs.field(factory=dict, init=False)
    _names: dict[str, str] = attrs.field(factory=dict, init=False)

    @property
    def names(self) -> Mapping[str, str]:
        """Every name of every pair, to its symbol."""
        return self._names

    def instrument(self, symbol: str) -> Instrument:
        """The pair; raises `UnknownSymbol`, which names pairs that are near."""
        try:
            return self._instruments[symbol]
        except KeyError:
            base, _, quote = symbol.partition("/")
            near = [
                name for name, pair in self._instruments.items() if pair.base == base or (pair.quote == quote and base in name)
            ]
            raise UnknownSymbol(symbol, tuple(near[:_NEAR])) from None

    def instruments(self) -> tuple[Instrument, ...]:
        """Every pair, in the order in which they were learned."""
        return tuple(self._instruments.values())

    def learn(self, instruments: Iterable[Instrument]) -> None:
        """Take the list of REST."""
        for instrument in instruments:
            self._instruments[instrument.symbol] = instrument
        self._names = pair_names(self._instruments.values())

    def take_instruments(self, frame: InstrumentFrame) -> None:
        """Take what the `instrument` channel says; pairs it has and REST has not are added."""
        new = False
        for pair in frame.data.pairs:
            told = instrument_of(pair)
            if isinstance(told, Unknown):
                self.unknown += 1
                continue
            known = self._instruments.get(told.symbol)
            new = new or known is None
            self._instruments[told.symbol] = (
                told
                if known is None
                else attrs.evolve(
                    known,
                    price_precision=told.price_precision,
                    qty_precision=told.qty_precision,
                    price_increment=told.price_increment,
                    qty_increment=told.qty_increment,
                    qty_min=told.qty_min,
                    cost_min=told.cost_min,
                    status=told.status,
                )
            )
        if new:
            self._names = pair_names(self._instruments.values())

    def take_status(self, frame: Status) -> None:
        """Take a `status` frame."""
        for row in frame.data:
            self.set_status(venue_status(row.system))

    def set_status(self, status: VenueStatus | Unknown) -> None:
        """The exchange says what it takes. A word we do not know changes nothing, and is counted."""
        if isinstance(status, Unknown):
            self.unknown += 1
        elif status is not self.status:
            self.status = status
            self._status_changed(status)
