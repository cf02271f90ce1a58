"""What is known of the exchange as a whole: its pairs, and what it takes now."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

import attrs

from seawall.kraken.client.session.facts import FrameUnknown
from seawall.kraken.dialect.names import pair_names
from seawall.kraken.dialect.socket.market_frames import InstrumentAsset, InstrumentFrame, InstrumentPair, Status
from seawall.kraken.dialect.socket.reports import instrument_of, venue_status
from seawall.kraken.dialect.unknown import Unknown
from seawall.model.errors import UnknownSymbol
from seawall.model.instruments import Instrument
from seawall.model.market_data import VenueStatus
from seawall.model.venue import Probe
from seawall.resilience.probes import ignore, tell

__all__ = ["Reference"]

_NEAR: Final = 5


def _nobody(_news: object) -> None:
    pass


@attrs.define(eq=False)
class Reference:
    """Pairs by symbol, every name REST has for them, assets, and the exchange's status; changes are told.

    REST gives names and fees, the `instrument` channel the newest grid and status: the second amends the first. It leaves
    out some pairs that REST has (tokenised assets), so that a pair missing from it has not gone.
    """

    _status_changed: Callable[[VenueStatus], None]
    _instrument_changed: Callable[[Instrument], None] = _nobody
    _asset_changed: Callable[[InstrumentAsset], None] = _nobody
    _probe: Probe = ignore
    status: VenueStatus = attrs.field(default=VenueStatus.ONLINE, init=False)
    unknown: int = attrs.field(default=0, init=False)
    _instruments: dict[str, Instrument] = attrs.field(factory=dict, init=False)
    _names: dict[str, str] = attrs.field(factory=dict, init=False)
    _assets: dict[str, InstrumentAsset] = attrs.field(factory=dict, init=False)

    @property
    def names(self) -> Mapping[str, str]:
        """Every name of every pair, to its symbol."""
        return self._names

    def instrument(self, symbol: str) -> Instrument:
        """The pair; raises `UnknownSymbol`, which names pairs that are near."""
        try:
            return self._instruments[symbol]
        except KeyError:
            if symbol in self._names:
                raise UnknownSymbol(symbol, (self._names[symbol],)) from None
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

    def assets(self) -> tuple[InstrumentAsset, ...]:
        """Every asset that the `instrument` channel has told of."""
        return tuple(self._assets.values())

    def take_instruments(self, frame: InstrumentFrame) -> None:
        """Take what the `instrument` channel says; pairs it has and REST has not are added. The listener comes last."""
        known = self._instruments.keys() | set()
        changed = [pair for pair in map(self._take_pair, frame.data.pairs) if pair is not None]
        if any(pair.symbol not in known for pair in changed):
            self._names = pair_names(self._instruments.values())
        first = not self._assets
        assets = [asset for asset in frame.data.assets if self._assets.get(asset.id) != asset]
        self._assets.update((asset.id, asset) for asset in assets)
        for pair in changed:
            self._instrument_changed(pair)
        for asset in () if first else assets:
            self._asset_changed(asset)

    def _take_pair(self, pair: InstrumentPair) -> Instrument | None:
        """The pair, if it is new or another than before."""
        told = instrument_of(pair)
        if isinstance(told, Unknown):
            self._tell_unknown(told, pair.symbol)
            return None
        known = self._instruments.get(told.symbol)
        if known is not None:
            # what only REST tells is kept
            told = attrs.evolve(
                told,
                base=known.base,
                quote=known.quote,
                rest_name=known.rest_name,
                rest_id=known.rest_id,
                maker_fee=known.maker_fee,
                taker_fee=known.taker_fee,
            )
        if told == known:
            return None
        self._instruments[told.symbol] = told
        return told

    def take_status(self, frame: Status, _received_s: float) -> None:
        """Take a `status` frame."""
        for row in frame.data:
            self.set_status(venue_status(row.system))

    def set_status(self, status: VenueStatus | Unknown) -> None:
        """The exchange says what it takes. A word we do not know changes nothing, and is counted."""
        if isinstance(status, Unknown):
            self._tell_unknown(status, "the exchange")
        elif status is not self.status:
            self.status = status
            self._status_changed(status)

    def _tell_unknown(self, word: Unknown, what: str) -> None:
        self.unknown += 1
        tell(self._probe, FrameUnknown(what, word.what, word.value))
