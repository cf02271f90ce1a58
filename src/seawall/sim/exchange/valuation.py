"""What an amount of one asset is worth in another, at the last prices of this exchange."""

from collections.abc import Mapping
from decimal import Decimal

from seawall.sim.exchange.market import Market

__all__ = ["worth"]


def worth(markets: Mapping[str, Market], amount: Decimal, asset: str, target: str) -> Decimal | None:
    """The amount in `target`, directly or over one asset between; None where no pairs lead there."""
    rate = _rate(markets, asset, target)
    if rate is not None:
        return amount * rate
    for market in markets.values():
        for middle in (market.pair.base.name, market.pair.quote.name):
            first, second = _rate(markets, asset, middle), _rate(markets, middle, target)
            if first is not None and second is not None:
                return amount * first * second
    return None


def _rate(markets: Mapping[str, Market], asset: str, target: str) -> Decimal | None:
    if asset == target:
        return Decimal(1)
    market = markets.get(f"{asset}/{target}")
    if market is not None:
        return market.last
    market = markets.get(f"{target}/{asset}")
    return None if market is None else 1 / market.last
