"""REST answers about assets and pairs, with every field of their pages (docs.kraken.com/api/docs/rest-api).

Decoders take the body of an answer with HTTP status 200 and raise as `envelope.read_result`. What the engine trades on is
made by `market.read_instruments`; these rows are the exchange's own, under its own names.
"""

from decimal import Decimal
from typing import Final

import msgspec

from seawall.kraken.dialect.books.digits import refuse_unsound_fields
from seawall.kraken.dialect.rest.envelope import read_result

__all__ = ["AssetRow", "PairRow", "read_assets", "read_pair_rows"]

_PAIR_SIZES: Final = (
    "margin_call",
    "margin_stop",
    "ordermin",
    "costmin",
    "tick_size",
    "long_position_limit",
    "short_position_limit",
)


class AssetRow(msgspec.Struct, frozen=True):
    """One asset (get-asset-info). `status` is `enabled`, `deposit_only`, `withdrawal_only` or `funding_temporarily_disabled`."""

    altname: str
    decimals: int
    display_decimals: int = 0
    aclass: str = ""
    status: str = ""
    collateral_value: Decimal | None = None
    margin_rate: Decimal | None = None

    def __post_init__(self) -> None:
        refuse_unsound_fields(self, ("collateral_value", "margin_rate"), signed=False)


class PairRow(msgspec.Struct, frozen=True):
    """One pair (get-tradable-asset-pairs). Fees are rows of a 30-day volume in USD and percent; a maker's may be negative."""

    altname: str
    base: str = ""
    quote: str = ""
    wsname: str | None = None
    aclass_base: str = ""
    aclass_quote: str = ""
    lot: str = ""
    cost_decimals: int = 0
    pair_decimals: int = 0
    lot_decimals: int = 0
    lot_multiplier: int = 1
    leverage_buy: tuple[int, ...] = ()
    leverage_sell: tuple[int, ...] = ()
    fees: tuple[tuple[Decimal, Decimal], ...] = ()
    fees_maker: tuple[tuple[Decimal, Decimal], ...] = ()
    fee_volume_currency: str = ""
    margin_call: Decimal | None = None
    margin_stop: Decimal | None = None
    ordermin: Decimal | None = None
    costmin: Decimal | None = None
    tick_size: Decimal | None = None
    status: str = "online"
    long_position_limit: Decimal | None = None
    short_position_limit: Decimal | None = None
    execution_venue: str | None = None

    def __post_init__(self) -> None:
        refuse_unsound_fields(self, _PAIR_SIZES, signed=False)
        for tier in self.fees + self.fees_maker:
            if not all(number.is_finite() for number in tier):
                raise ValueError("fees: a tier is not a finite number")


def read_assets(body: bytes | str) -> dict[str, AssetRow]:
    """`Assets`: by the exchange's id."""
    return read_result(body, dict[str, AssetRow])


def read_pair_rows(body: bytes | str) -> dict[str, PairRow]:
    """`AssetPairs`: by the exchange's id. With `info` other than `info` most fields are left out by the exchange."""
    return read_result(body, dict[str, PairRow])
