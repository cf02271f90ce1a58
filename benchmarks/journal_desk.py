"""The engine's own desk before an exchange that answers at once: from the decision to the moment before the first byte."""

import time
from collections.abc import Callable, Sequence
from decimal import Decimal

import attrs
import trio

from seawall.engine.assembly import Assembly, assemble
from seawall.engine.foundation import lay_foundation
from seawall.engine.hub import Hub
from seawall.engine.settings import EngineSettings, RiskLimits, SymbolLimits
from seawall.model.errors import JournalFailed
from seawall.model.instruments import Instrument
from seawall.model.journal import Journal
from seawall.model.market_data import Candle, VenueStatus
from seawall.model.orders import limit_buy
from seawall.model.reports import Acknowledgement, AmendOrder, Balance, Fill, OrderReport, OrderStatus, PlaceOrder
from seawall.model.venue import CancelOutcome, OpenOrders

__all__ = ["to_the_wire_us"]

_WISH = limit_buy("BTC/USD", qty="0.00100000", price="45283.5")
_APART_S = 0.002
_WARM_UP = 20
_NO_LIMITS = RiskLimits(default=SymbolLimits(max_data_age_s=None, max_price_distance=None))
_BTC_USD = Instrument(
    symbol="BTC/USD",
    base="BTC",
    quote="USD",
    rest_name="XBTUSD",
    rest_id="XXBTZUSD",
    price_precision=1,
    qty_precision=8,
    price_increment=Decimal("0.1"),
    qty_increment=Decimal("0.00000001"),
    qty_min=Decimal("0.0001"),
    cost_min=Decimal("0.5"),
)


@attrs.define(eq=False)
class _Answering:
    """Implements `seawall.model.venue.Venue`: notes when an order is about to leave, takes it, and ends it."""

    name: str = "at once"
    left_s: float = 0.0
    hub: Hub | None = None

    def instrument(self, symbol: str) -> Instrument:
        assert symbol == _BTC_USD.symbol, symbol
        return _BTC_USD

    def status(self) -> VenueStatus:
        return VenueStatus.ONLINE

    def now_ns(self) -> int:
        return time.time_ns()

    async def follow_book(self, symbol: str) -> None:
        """Nothing is followed."""

    async def follow_trades(self, symbol: str) -> None:
        """As above."""

    async def follow_candles(self, symbol: str, interval_s: int) -> tuple[Candle, ...]:  # noqa: ARG002 - as above
        return ()

    async def place(self, order: PlaceOrder, sending: Callable[[], None]) -> Acknowledgement:
        sending()
        self.left_s = time.perf_counter()
        assert self.hub is not None
        order_id = f"O-{order.client_order_id}"
        self.hub.order_reported(OrderReport(order_id, order.client_order_id, OrderStatus.CANCELED, time.time_ns()))
        return Acknowledgement(order_id, order.client_order_id)

    async def amend(self, change: AmendOrder) -> None:
        """Nothing rests."""

    async def cancel(self, client_order_ids: Sequence[str], order_ids: Sequence[str] = ()) -> tuple[CancelOutcome, ...]:
        return tuple(CancelOutcome(name, accepted=False) for name in (*client_order_ids, *order_ids))

    async def cancel_all_after(self, timeout_s: int) -> None:
        """Nothing rests."""

    async def find_order(self, client_order_id: str, order_id: str | None = None) -> tuple[tuple[OrderReport, ...], int]:  # noqa: ARG002 - nothing is kept
        return (), time.time_ns()

    async def open_orders(self) -> OpenOrders:
        return OpenOrders((), time.time_ns())

    async def fills_since(self, at_ns: int) -> tuple[Fill, ...]:  # noqa: ARG002 - none filled
        return ()

    async def balances(self) -> tuple[Balance, ...]:
        return ()


async def to_the_wire_us(journal: Journal, orders: int) -> list[float]:
    """How long each of so many orders of one strategy takes from the decision until its first byte could leave."""
    venue = _Answering()
    assembly = _desk(journal, venue)
    taken: list[float] = []
    for number in range(orders + _WARM_UP):
        await trio.sleep(_APART_S)
        began_s = time.perf_counter()
        await assembly.desk.place("grid", _WISH)
        if number >= _WARM_UP:
            taken.append((venue.left_s - began_s) * 1e6)
    return taken


def _desk(journal: Journal, venue: _Answering) -> Assembly:
    def broke(failure: JournalFailed) -> None:
        raise failure

    def nobody(notice: object) -> None:
        """The benchmark is about the journal."""

    foundation = lay_foundation(journal, nobody, time.time_ns, broke)
    venue.hub = foundation.hub
    settings = EngineSettings(risk=_NO_LIMITS)
    assembly = assemble(foundation, venue, settings, (), nobody, time.time_ns, lambda _attempt: 0.1)
    assembly.desk.open_intake()
    return assembly
