"""REST answers about the account's money and its ledger (docs.kraken.com/api/docs/rest-api).

Decoders take the body of an answer with HTTP status 200 and raise as `envelope.read_result`. Assets keep the exchange's ids
here; `names.asset_name` gives those of the WebSocket.
"""

from decimal import Decimal

import msgspec

from seawall.kraken.dialect.books.digits import refuse_unsound, refuse_unsound_fields
from seawall.kraken.dialect.rest.envelope import read_as, read_result
from seawall.model.numbers import EXACT, ZERO

__all__ = [
    "ExtendedBalance",
    "LedgerPage",
    "LedgerRow",
    "TradeBalance",
    "read_extended_balances",
    "read_ledger_rows",
    "read_ledgers",
    "read_totals",
    "read_trade_balance",
]


class ExtendedBalance(msgspec.Struct, frozen=True):
    """One asset (get-extended-balance); credit is zero on accounts without a credit line."""

    balance: Decimal
    hold_trade: Decimal = ZERO
    credit: Decimal = ZERO
    credit_used: Decimal = ZERO

    def __post_init__(self) -> None:
        refuse_unsound_fields(self, ("balance", "hold_trade", "credit", "credit_used"), signed=True)

    @property
    def free(self) -> Decimal:
        """What a new order may use, credit included."""
        lent = EXACT.subtract(self.credit, self.credit_used)
        return EXACT.subtract(EXACT.add(self.balance, lent), self.hold_trade)


class TradeBalance(msgspec.Struct, frozen=True):
    """Equity and margin in the asset asked for (get-trade-balance). `margin_level` is there only with open positions."""

    equivalent_balance: Decimal = msgspec.field(name="eb")
    trade_balance: Decimal = msgspec.field(name="tb")
    margin: Decimal = msgspec.field(name="m")
    unrealized_profit: Decimal = msgspec.field(name="n")
    cost_basis: Decimal = msgspec.field(name="c")
    valuation: Decimal = msgspec.field(name="v")
    equity: Decimal = msgspec.field(name="e")
    free_margin: Decimal = msgspec.field(name="mf")
    unexecuted_value: Decimal | None = msgspec.field(name="uv", default=None)
    margin_level: Decimal | None = msgspec.field(name="ml", default=None)

    def __post_init__(self) -> None:
        refuse_unsound_fields(self, self.__struct_fields__, signed=True)


class LedgerRow(msgspec.Struct, frozen=True):
    """One entry (get-ledgers): `amount` is signed, `balance` the asset's total after it, `time` unix seconds."""

    refid: str
    time: Decimal
    type: str
    asset: str
    amount: Decimal
    fee: Decimal
    balance: Decimal
    subtype: str = ""
    aclass: str = ""

    def __post_init__(self) -> None:
        refuse_unsound("time", self.time, signed=False)
        refuse_unsound_fields(self, ("amount", "fee", "balance"), signed=True)


class LedgerPage(msgspec.Struct, frozen=True):
    """Up to 50 entries by id, newest first; `count` is how many there are on all pages, where the exchange said."""

    ledger: dict[str, LedgerRow]
    count: int | None = None


def read_totals(body: bytes | str) -> dict[str, Decimal]:
    """`Balance`: totals by asset id, those of earn programs (`.F`, `.S`, `.M` and so on) under ids of their own."""

    def sound(totals: dict[str, Decimal]) -> dict[str, Decimal]:
        for asset_id, total in totals.items():
            refuse_unsound(asset_id, total, signed=True)
        return totals

    return read_as(body, dict[str, Decimal], sound)


def read_extended_balances(body: bytes | str) -> dict[str, ExtendedBalance]:
    """`BalanceEx`: by asset id, credit lines included."""
    return read_result(body, dict[str, ExtendedBalance])


def read_trade_balance(body: bytes | str) -> TradeBalance:
    """`TradeBalance`."""
    return read_result(body, TradeBalance)


def read_ledgers(body: bytes | str) -> LedgerPage:
    """`Ledgers`: one page."""
    return read_result(body, LedgerPage)


def read_ledger_rows(body: bytes | str) -> dict[str, LedgerRow]:
    """`QueryLedgers`: by id."""
    return read_result(body, dict[str, LedgerRow])
