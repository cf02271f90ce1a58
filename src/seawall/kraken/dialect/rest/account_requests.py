"""Private REST calls that read the account as it is now: money, fees, the key, tokens (docs.kraken.com/api/docs/rest-api).

`rebase_multiplier` (`rebased` or `base`) matters to tokenised assets only. None leaves a parameter to the exchange's default.
"""

from collections.abc import Sequence
from typing import Final, Literal

from seawall.kraken.dialect.names import rest_asset_name
from seawall.kraken.dialect.order_words import refuse_other
from seawall.kraken.dialect.rest.call import RestRequest, listed, private, word

__all__ = [
    "Rebase",
    "api_key_info",
    "balance",
    "balance_ex",
    "level3",
    "trade_balance",
    "trade_volume",
    "websockets_token",
]

Rebase = Literal["rebased", "base"]
_LEVEL3_DEPTHS: Final = (0, 10, 25, 100, 250, 1000)


def websockets_token() -> RestRequest:
    """A token for the private WebSocket, to be used within 900 s (get-websockets-token)."""
    return private("GetWebSocketsToken")


def api_key_info(otp: str | None = None) -> RestRequest:
    """The key's own name, permissions and restrictions (get-api-key-info)."""
    return private("GetApiKeyInfo", otp=otp)


def balance(*, rebase_multiplier: Rebase | None = None) -> RestRequest:
    """Totals by asset (get-account-balance)."""
    return private("Balance", rebase_multiplier=rebase_multiplier)


def balance_ex(*, rebase_multiplier: Rebase | None = None) -> RestRequest:
    """Balances with what open orders hold (get-extended-balance)."""
    return private("BalanceEx", rebase_multiplier=rebase_multiplier)


def trade_balance(asset: str | None = None, *, rebase_multiplier: Rebase | None = None) -> RestRequest:
    """Equity and margin, in `asset` (get-trade-balance)."""
    return private("TradeBalance", asset=None if asset is None else rest_asset_name(asset), rebase_multiplier=rebase_multiplier)


def trade_volume(rest_names: Sequence[str] = (), *, rebase_multiplier: Rebase | None = None) -> RestRequest:
    """The account's volume of 30 days, and its own fees for these pairs (get-trade-volume)."""
    return private("TradeVolume", pair=listed(rest_names), rebase_multiplier=rebase_multiplier)


def level3(rest_name: str, depth: Literal[0, 10, 25, 100, 250, 1000] | None = None) -> RestRequest:
    """The book order by order; depth 0 is the whole of it (get-level-3-order-book). Raises ValueError for other depths."""
    refuse_other("depth", depth, _LEVEL3_DEPTHS)
    return private("Level3", pair=rest_name, depth=word(depth))
