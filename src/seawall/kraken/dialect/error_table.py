"""Every error string that Kraken documents or was seen to send, and what to do about it: data, read by `errors`.

Source: docs.kraken.com/api/docs/guides/spot-errors, and for strings that only the WebSocket sends the pages of its methods.
A row covers every string that begins with its prefix, as the exchange adds details freely; the longest prefix wins.
"""

from enum import Enum
from typing import Final

import attrs

from seawall.model.errors import Advice

__all__ = ["ROWS", "UNLISTED", "Family", "Row"]


class Family(Enum):
    """What an error means for the request that met it."""

    REFUSED = "refused"
    """The exchange looked at the order or the request and said no."""
    DENIED = "denied"
    """Key, signature, permission or account: a person must act."""
    SESSION = "session"
    """The WebSocket token is stale: get a new one and subscribe again."""
    BUSY = "busy"
    """The exchange is overloaded, down or counts too many requests; a read may be repeated after a pause."""
    LIMITED = "limited"
    """A counter is above its cap: nothing was done, and nothing will be until it has decayed."""
    UNKNOWN = "unknown"
    """Whether anything was done must be found out."""
    GONE = "gone"
    """The order that was meant is not open."""
    NOTHING_TO_DO = "nothing to do"
    """The state asked for is the state that is."""


@attrs.frozen
class Row:
    """One prefix: what it means, what to do, and how long to wait first (seconds) where that is known.

    `doubtful` says that a placement met by it may have been carried out all the same.
    """

    prefix: str
    family: Family
    advice: Advice
    retry_after_s: float | None = None
    doubtful: bool = False


def _rows(family: Family, advice: Advice, *prefixes: str, wait_s: float | None = None, doubtful: bool = False) -> tuple[Row, ...]:
    return tuple(Row(prefix, family, advice, wait_s, doubtful) for prefix in prefixes)


# The waits are ours where the page gives none. REST counters fall by 0.33 to 1 a second and each further call holds them up, so
# 15 s leave room for a few calls; the engine's fall by 1 to 3.75, so 10 s do; a lockout lasts about 15 minutes and each try
# renews it; modes of the market change within minutes and are told by the status channel anyway.
ROWS: Final[tuple[Row, ...]] = (
    *_rows(
        Family.DENIED,
        "give up",
        "EAPI:Invalid key",
        "EAPI:Invalid signature",
        "EGeneral:Permission denied",
        "EAuth:Account temporary disabled",
        "EAuth:Account unconfirmed",
        "ETrade:Locked",
        "ETrade:User Locked",
        "EAccount:Invalid permissions",
    ),
    *_rows(Family.DENIED, "wait", "EGeneral:Temporary lockout", wait_s=900.0),
    *_rows(Family.DENIED, "retry", "EAPI:Invalid nonce"),
    *_rows(Family.SESSION, "retry", "EAPI:Invalid token", "ESession:Invalid session", "Token(s) not found"),
    *_rows(Family.LIMITED, "wait", "EAPI:Rate limit exceeded", wait_s=15.0),
    *_rows(Family.LIMITED, "wait", "EGeneral:Too many requests", "Exceeded msg rate", wait_s=5.0),
    *_rows(Family.LIMITED, "wait", "EService:Throttled", wait_s=5.0),
    *_rows(Family.LIMITED, "wait", "EAuth:Rate limit exceeded", "EAuth:Too many requests", wait_s=60.0),
    *_rows(Family.LIMITED, "wait", "EOrder:Rate limit exceeded", "EOrder:Domain rate limit exceeded", wait_s=10.0),
    *_rows(Family.BUSY, "retry", "EService:Unavailable", "EService:Busy", "EGeneral:Internal error", doubtful=True),
    *_rows(Family.UNKNOWN, "ask", "EService:Timeout", "EService:Deadline elapsed", doubtful=True),
    *_rows(Family.UNKNOWN, "ask", "EGeneral:Invalid arguments:cl_ord_id not unique", doubtful=True),
    # Said when the position closes while the order is being matched: a part of it may have been filled.
    *_rows(Family.UNKNOWN, "ask", "EOrder:Reduce only:Position is closed", doubtful=True),
    *_rows(Family.GONE, "ask", "EOrder:Unknown order", "EOrder:Invalid order"),
    *_rows(Family.NOTHING_TO_DO, "give up", "EOrder:No amendable parameters specified"),
    *_rows(
        Family.REFUSED,
        "wait",
        "EService:Market in cancel_only mode",
        "EService:Market in post_only mode",
        "EService:Market in limit_only mode",
        "EOrder:Insufficient margin",
        wait_s=30.0,
    ),
    *_rows(
        Family.REFUSED,
        "give up",
        "EAPI:Bad request",
        "EAPI:Feature disabled",
        "EGeneral:Invalid arguments",
        "EGeneral:Invalid arguments:cl_ord_id",
        "EGeneral:Invalid arguments:Index unavailable",
        "EGeneral:Unknown method",
        "EQuery:Unknown asset pair",
        "EQuery:Unknown asset",
        "EQuery:Invalid asset pair",
        "EOrder:Insufficient funds",
        "EOrder:Order minimum not met",
        "EOrder:Cost minimum not met",
        "EOrder:Tick size check failed",
        "EOrder:Invalid price",
        "EOrder:Invalid limit price",
        "EOrder:Post only order",
        "EOrder:Orders limit exceeded",
        "EOrder:Scheduled orders limit exceeded",
        "EOrder:Positions limit exceeded",
        "EOrder:Margin allowance exceeded",
        "EOrder:Margin level too low",
        "EOrder:Margin position size exceeded",
        "EOrder:Cannot open position",
        "EOrder:Cannot open opposing position",
        "EOrder:Reduce only:No position exists",
        "EOrder:Reduce only:Non-PC",
        "EOrder:Unknown position",
        "ETrade:Invalid request",
        "EBM:limit exceeded:CAL",
        "EFunding:",
        "Currency pair not supported",
        "Unsupported field",
        "Unsupported event",
        "Symbol(s) not found",
        "Cash_order_qty field must be a number_float",
        "Limit_price field must be a number_float",
        "Subscription name invalid",
        "Subscription depth not supported",
        "Already subscribed",
        "Malformed request",
    ),
    # Strings of these categories that are not listed above: still a no, said by the part that checks requests.
    *_rows(Family.REFUSED, "give up", "EOrder:", "EQuery:", "EAPI:", "ETrade:", "EBM:"),
    *_rows(Family.DENIED, "give up", "EAuth:", "EAccount:"),
    *_rows(Family.SESSION, "retry", "ESession:"),
    *_rows(Family.BUSY, "retry", "EService:", doubtful=True),
)

UNLISTED: Final = Row("", Family.UNKNOWN, "ask", doubtful=True)
"""For a string that no row covers: nothing is known, so nothing is concluded."""
