"""What can be traded here: assets and pairs, in all the names and precisions that Kraken gives them.

The facts of the default pairs are those of docs.kraken.com/api/docs/rest-api/get-tradable-asset-pairs and
docs.kraken.com/api/docs/rest-api/get-asset-info; prices are only where the simulated market starts.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import cache
from typing import Final

import attrs

__all__ = ["DEFAULT_PAIRS", "FEES_MAKER", "FEES_TAKER", "Asset", "FeeSchedule", "Pair", "assets_of", "known_asset", "make_pair"]

FeeSchedule = tuple[tuple[int, Decimal], ...]
"""Steps of (30-day volume in US dollars, fee in percent), lowest volume first."""


def _schedule(text: str) -> FeeSchedule:
    steps = (step.split(":") for step in text.split())
    return tuple((int(volume), Decimal(percent)) for volume, percent in steps)


FEES_TAKER: Final = _schedule(
    "0:0.4 10000:0.35 50000:0.24 100000:0.22 250000:0.2 500000:0.18 1000000:0.16 2500000:0.14 5000000:0.12 10000000:0.1"
)
FEES_MAKER: Final = _schedule(
    "0:0.25 10000:0.2 50000:0.14 100000:0.12 250000:0.1 500000:0.08 1000000:0.06 2500000:0.04 5000000:0.02 10000000:0.0"
)


@attrs.frozen
class Asset:
    """One asset: `name` on WebSocket v2 (`BTC`), `id` as key of REST answers (`XXBT`), `altname` in pair names (`XBT`)."""

    name: str
    id: str
    altname: str
    decimals: int
    display_decimals: int = 5


@cache
def _unit(places: int) -> Decimal:
    return Decimal(1).scaleb(-places)


_LEGACY: Final = {
    "BTC": ("XXBT", "XBT", 10),
    "ETH": ("XETH", "ETH", 10),
    "XRP": ("XXRP", "XRP", 8),
    "LTC": ("XLTC", "LTC", 10),
    "DOGE": ("XXDG", "XDG", 8),
    "USD": ("ZUSD", "USD", 4),
    "EUR": ("ZEUR", "EUR", 4),
    "GBP": ("ZGBP", "GBP", 4),
    "CHF": ("CHF", "CHF", 4),
}
"""Assets whose REST id or altname is not their name, or whose decimals are not eight."""


def known_asset(name: str) -> Asset:
    """The asset of that WebSocket v2 name; one that is not among the old ones is called the same everywhere."""
    asset_id, altname, decimals = _LEGACY.get(name, (name, name, 8))
    return Asset(name, asset_id, altname, decimals, 2 if decimals == 4 else 5)


@attrs.frozen
class Pair:
    """One pair; precisions are decimal places, fees in percent, `start_price` is for the generator alone."""

    symbol: str
    base: Asset
    quote: Asset
    rest_id: str
    price_precision: int
    qty_precision: int
    cost_precision: int
    tick_size: Decimal
    ordermin: Decimal
    costmin: Decimal
    start_price: Decimal
    fees: FeeSchedule = FEES_TAKER
    fees_maker: FeeSchedule = FEES_MAKER

    @property
    def altname(self) -> str:
        """What REST takes for the pair, as `XBTUSD`."""
        return self.base.altname + self.quote.altname

    @property
    def wsname(self) -> str:
        """The slash form that still says XBT, as `XBT/USD`."""
        return f"{self.base.altname}/{self.quote.altname}"

    @property
    def qty_increment(self) -> Decimal:
        """The step of quantities."""
        return _unit(self.qty_precision)

    @property
    def taker_fee(self) -> Decimal:
        """Fee of the lowest tier as a fraction."""
        return self.fees[0][1] / 100

    @property
    def maker_fee(self) -> Decimal:
        """Fee of the lowest tier as a fraction."""
        return self.fees_maker[0][1] / 100

    def fee_rate(self, volume_usd: Decimal, *, maker: bool) -> Decimal:
        """Fee as a fraction, for an account that has traded so much in thirty days."""
        steps = self.fees_maker if maker else self.fees
        return [percent for least, percent in steps if volume_usd >= least][-1] / 100

    def names(self) -> tuple[str, ...]:
        """Every name by which REST may be asked for the pair."""
        return (self.rest_id, self.altname, self.wsname, self.symbol)


def make_pair(
    symbol: str,
    *,
    price: str,
    price_precision: int,
    ordermin: str,
    costmin: str = "0.5",
    qty_precision: int = 8,
    tick_size: Decimal | None = None,
) -> Pair:
    """A pair with the default fee schedules; the REST id is made the way Kraken's own are."""
    base, quote = (known_asset(name) for name in symbol.split("/"))
    # Both halves must be old assets for the long form: XXBTZUSD, but SOLUSD and XBTUSDT.
    old = len(base.id) == 4 and len(quote.id) == 4 and base.id[0] == "X" and quote.id[0] in "XZ"
    rest_id = base.id + quote.id if old else base.altname + quote.altname
    return Pair(
        symbol=symbol,
        base=base,
        quote=quote,
        rest_id=_ODD_IDS.get(symbol, rest_id),
        price_precision=price_precision,
        qty_precision=qty_precision,
        cost_precision=max(5, price_precision) if quote.decimals == 4 else quote.decimals,
        tick_size=Decimal(1).scaleb(-price_precision) if tick_size is None else tick_size,
        ordermin=Decimal(ordermin),
        costmin=Decimal(costmin),
        start_price=Decimal(price),
    )


_ODD_IDS: Final = {"DOGE/USD": "XDGUSD", "DOGE/EUR": "XDGEUR", "USDT/USD": "USDTZUSD"}

DEFAULT_PAIRS: Final = (
    make_pair("BTC/USD", price="65000.0", price_precision=1, ordermin="0.00005"),
    make_pair("ETH/USD", price="3200.00", price_precision=2, ordermin="0.002"),
    make_pair("SOL/USD", price="150.00", price_precision=2, ordermin="0.02"),
    make_pair("XRP/USD", price="0.60000", price_precision=5, ordermin="2"),
    make_pair("ADA/USD", price="0.450000", price_precision=6, ordermin="4"),
    make_pair("DOGE/USD", price="0.1500000", price_precision=7, ordermin="13"),
    make_pair("LTC/USD", price="85.00", price_precision=2, ordermin="0.04"),
    make_pair("BTC/EUR", price="60000.0", price_precision=1, ordermin="0.00005", costmin="0.45"),
    make_pair("ETH/EUR", price="2950.00", price_precision=2, ordermin="0.002", costmin="0.45"),
    make_pair("ETH/BTC", price="0.04923", price_precision=5, ordermin="0.002", costmin="0.00002"),
)


def assets_of(pairs: Iterable[Pair]) -> Mapping[str, Asset]:
    """Every asset of these pairs by name, in order of first use."""
    found: dict[str, Asset] = {}
    for pair in pairs:
        found.setdefault(pair.base.name, pair.base)
        found.setdefault(pair.quote.name, pair.quote)
    return found
