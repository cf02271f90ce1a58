"""What trades cost, and the money that moves for them."""

from collections.abc import Iterator, Mapping
from decimal import Decimal

import attrs

from seawall.model.numbers import ZERO
from seawall.sim.exchange.accounts import Account, LedgerEntry, cost_of, fee_of
from seawall.sim.exchange.events import TradePrint
from seawall.sim.exchange.ids import Ids
from seawall.sim.exchange.market import Market
from seawall.sim.exchange.orders import SimFill, SimOrder
from seawall.sim.exchange.valuation import worth
from seawall.sim.exchange.volume import TradedVolume

__all__ = ["Clearing"]


@attrs.define(eq=False)
class Clearing:
    """Makes fills of trades, and books them: what one side gets the other gives, less the fees."""

    markets: Mapping[str, Market]
    account: Account
    ids: Ids
    crowd: dict[str, Decimal] = attrs.field(factory=dict)
    """What the crowd has gained (or lost, below zero) of each asset by trading with users."""
    fees: dict[str, Decimal] = attrs.field(factory=dict)
    """What the exchange has earned."""
    volume: TradedVolume = attrs.field(factory=TradedVolume)

    def fill(self, order: SimOrder, trade: TradePrint, *, is_maker: bool) -> SimFill:
        """The execution that a trade is for one order; the account's volume grows with it."""
        pair, ask = order.pair, order.ask
        cost = cost_of(pair, trade.price, trade.qty)
        volume_usd = self.volume.value(trade.at_ns)
        fee = fee_of(pair, trade.qty, cost, maker=is_maker, in_base=ask.fee_in_base, volume_usd=volume_usd)
        # What cannot be priced in dollars here counts nothing.
        self.volume.add(worth(self.markets, cost, pair.quote.name, "USD") or ZERO, trade.at_ns)
        return SimFill(
            self.ids.trade(),
            trade.trade_id,
            order.order_id,
            order.cl_ord_id,
            ask.userref,
            pair,
            order.side,
            ask.type_name,
            trade.qty,
            trade.price,
            cost,
            fee,
            (pair.base if ask.fee_in_base else pair.quote).name,
            is_maker,
            trade.at_ns,
        )

    def book(self, fill: SimFill) -> Iterator[LedgerEntry]:
        """Move the money of one fill, base asset first."""
        sign = fill.side.sign
        for asset, amount in ((fill.pair.base.name, sign * fill.qty), (fill.pair.quote.name, -sign * fill.cost)):
            fee = fill.fee if fill.fee_asset == asset else ZERO
            self.crowd[asset] = self.crowd.get(asset, ZERO) - amount
            self.fees[asset] = self.fees.get(asset, ZERO) + fee
            yield self.account.move(
                asset, amount, fee, ledger_id=self.ids.ledger(), ref_id=fill.exec_id, kind="trade", at_ns=fill.at_ns
            )
