"""The user's money: balances and what every movement of them says."""

from collections.abc import Mapping
from decimal import ROUND_DOWN, Decimal

import attrs

from seawall.model.numbers import ZERO
from seawall.model.orders import Side
from seawall.sim.exchange.orders import SimOrder
from seawall.sim.exchange.pairs import Asset, Pair

__all__ = ["Account", "LedgerEntry", "cost_of", "fee_of", "reserved_by"]


@attrs.frozen
class LedgerEntry:
    """One movement: `balance` (after) is the balance before plus `amount` minus `fee`."""

    ledger_id: str
    ref_id: str
    kind: str
    asset: Asset
    amount: Decimal
    fee: Decimal
    balance: Decimal
    at_ns: int


def cost_of(pair: Pair, price: Decimal, qty: Decimal) -> Decimal:
    """Price times quantity as it is booked: whole units of the quote asset's last decimal, rounded down.

    Down, for buyer and seller alike: so that what is booked in parts can never exceed what was reserved as a whole.
    """
    return _down(price * qty, pair.quote.decimals)


def fee_of(pair: Pair, base_qty: Decimal, cost: Decimal, *, maker: bool, in_base: bool, volume_usd: Decimal = ZERO) -> Decimal:
    """The fee of one fill, in the base or the quote asset, for an account that has traded so much in thirty days.

    Orders reserve at the lowest tier, whose fees are the highest: the volume may fall while they rest.
    """
    rate = pair.fee_rate(volume_usd, maker=maker)
    return _down(base_qty * rate, pair.base.decimals) if in_base else _down(cost * rate, pair.quote.decimals)


def reserved_by(order: SimOrder) -> tuple[str, Decimal]:
    """What an open order holds, and of which asset.

    Orders that wait for a trigger hold nothing: that is how a cash account at Kraken was measured to behave. Nor do those
    that wait for their time.
    """
    pair = order.pair
    if order.side is Side.SELL:
        extra = 1 + pair.taker_fee if order.ask.fee_in_base else Decimal(1)
        return pair.base.name, ZERO if order.idle else order.left * extra
    if order.limit_price is None or order.idle:
        return pair.quote.name, ZERO
    extra = Decimal(1) if order.ask.fee_in_base else 1 + pair.taker_fee
    return pair.quote.name, order.limit_price * order.left * extra


@attrs.define
class Account:
    """Balances by asset name; no balance is ever below zero."""

    assets: Mapping[str, Asset]
    balances: dict[str, Decimal]

    def balance(self, asset: str) -> Decimal:
        """What is there, reserved or not."""
        return self.balances.get(asset, ZERO)

    def move(
        self, asset: str, amount: Decimal, fee: Decimal, *, ledger_id: str, ref_id: str, kind: str, at_ns: int
    ) -> LedgerEntry:
        """Book one movement. Asserts that the account can bear it: whoever books has checked."""
        after = self.balance(asset) + amount - fee
        assert after >= ZERO, f"{asset} would fall to {after}"
        self.balances[asset] = after
        return LedgerEntry(ledger_id, ref_id, kind, self.assets[asset], amount, fee, after, at_ns)


def _down(amount: Decimal, places: int) -> Decimal:
    return amount.quantize(Decimal(1).scaleb(-places), rounding=ROUND_DOWN)
