"""REST answers about the terms the account trades on: its volume and fees, its key (docs.kraken.com/api/docs/rest-api).

Decoders take the body of an answer with HTTP status 200 and raise as `envelope.read_result`. Pairs keep the exchange's ids here.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Final

import attrs
import msgspec

from seawall.kraken.dialect.books.digits import refuse_unsound
from seawall.kraken.dialect.rest.envelope import read_as
from seawall.kraken.dialect.unknown import Unknown

__all__ = ["ApiKeyInfo", "FeeTier", "TradeVolume", "read_api_key_info", "read_trade_volume"]

_CAPITAL: Final = re.compile(r"(?<=[a-z0-9])([A-Z])")


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
