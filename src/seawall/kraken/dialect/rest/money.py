"""REST answers about the account's money, ledger, fees and key (docs.kraken.com/api/docs/rest-api).

Decoders take the body of an answer with HTTP status 200 and raise as `rest_envelope.read_result`. Assets and pairs keep the
exchange's ids here; `names.asset_name` gives those of the WebSocket.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Final

import attrs
import msgspec

from seawall.kraken.dialect.books.digits import refuse_unsound, refuse_unsound_fields
from seawall.kraken.dialect.rest.envelope import read_as, read_result
from seawall.kraken.dialect.unknown import Unknown
from seawall.model.numbers import EXACT, ZERO

__all__ = [
    "ApiKeyInfo",
    "ExtendedBalance",
    "FeeTier",
    "LedgerPage",
    "LedgerRow",
    "TradeBalance",
    "TradeVolume",
    "read_api_key_info",
    "read_extended_balances",
    "read_ledger_rows",
    "read_ledgers",
    "read_totals",
    "read_trade_balance",
    "read_trade_volume",
]

_CAPITAL: Final = re.compile(r"(?<=[a-z0-9])([A-Z])")


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


@attrs.frozen
class FeeTier:
    """The account's fee for one pair, in percent, and what the next tier takes; None where there is none."""

    fee: Decimal
    min_fee: Decimal | None = None
    max_fee: Decimal | None = None
    next_fee: Decimal | None = None
    next_volume: Decimal | None = None
    tier_volume: Decimal | None = None


@attrs.frozen
class TradeVolume:
    """The account's volume of 30 days in `currency`; fees by the exchange's id of the pair, of the pairs asked for.

    A schedule in a shape that is new to us is in `left_out`.
    """

    currency: str
    volume: Decimal
    fees: Mapping[str, FeeTier]
    fees_maker: Mapping[str, FeeTier]
    left_out: tuple[Unknown, ...] = ()


class _TradeVolume(msgspec.Struct, frozen=True):
    currency: str
    volume: Decimal
    fees: dict[str, dict[str, Decimal | None]] | list[object] | None = None
    fees_maker: dict[str, dict[str, Decimal | None]] | list[object] | None = None

    def __post_init__(self) -> None:
        refuse_unsound("volume", self.volume, signed=False)


class ApiKeyInfo(msgspec.Struct, frozen=True):
    """What a key is and may do (get-api-key-info); its times are unix seconds, "0" where there is no limit."""

    api_key_name: str = ""
    api_key: str = ""
    nonce: str = ""
    nonce_window: str = ""
    permissions: tuple[str, ...] = ()
    iban: str = ""
    valid_until: str = "0"
    query_from: str = "0"
    query_to: str = "0"
    created_time: str = ""
    modified_time: str = ""
    ip_allowlist: tuple[str, ...] = ()
    last_used: str = ""


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


def read_trade_volume(body: bytes | str) -> TradeVolume:
    """`TradeVolume`. Keys with and without underscores are read: the page has the first, answers were seen with the second."""
    return read_as(body, _TradeVolume, _volume)


def _volume(row: _TradeVolume) -> TradeVolume:
    left_out: list[Unknown] = []
    schedules: list[dict[str, FeeTier]] = []
    for name, schedule in (("fees", row.fees), ("fees_maker", row.fees_maker)):
        if isinstance(schedule, list):
            left_out.append(Unknown(name, f"a list of {len(schedule)}"))
        tiers = schedule.items() if isinstance(schedule, dict) else ()
        schedules.append({pair: _tier(fields) for pair, fields in tiers})
    return TradeVolume(row.currency, row.volume, schedules[0], schedules[1], tuple(left_out))


def _tier(fields: Mapping[str, Decimal | None]) -> FeeTier:
    said = {name.replace("_", ""): value for name, value in fields.items()}
    for name, value in said.items():
        refuse_unsound(name, value, signed=True)
    fee = said.get("fee")
    if fee is None:
        raise ValueError("fee: it is not there")
    names = ("minfee", "maxfee", "nextfee", "nextvolume", "tiervolume")
    return FeeTier(fee, *(said.get(name) for name in names))


def read_api_key_info(body: bytes | str) -> ApiKeyInfo:
    """`GetApiKeyInfo`. Keys in snake_case and in camelCase are read: the page has the second, clients have seen the first."""

    def info(fields: dict[str, object]) -> ApiKeyInfo:
        snake = {_CAPITAL.sub(r"_\1", name).lower(): value for name, value in fields.items()}
        texts = {name: str(value) if isinstance(value, int) else value for name, value in snake.items() if value is not None}
        return msgspec.convert(texts, type=ApiKeyInfo)

    return read_as(body, dict[str, object], info)
