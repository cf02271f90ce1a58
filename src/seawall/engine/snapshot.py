"""What the engine shows of itself: a frozen picture, cheap to take, safe to hand to another process."""

from decimal import Decimal

import attrs

__all__ = ["EngineSnapshot", "LeaseLine", "OrderLine", "PositionLine", "QuoteLine", "TreeNode"]


@attrs.frozen
class TreeNode:
    """One task of the tree, with those it owns."""

    name: str
    children: tuple["TreeNode", ...] = ()


@attrs.frozen
class QuoteLine:
    """The touch of one symbol; `age_s` since its bytes arrived; `verified` false while the book is being resynced."""

    symbol: str
    bid: Decimal | None
    ask: Decimal | None
    age_s: float
    verified: bool


@attrs.frozen
class OrderLine:
    """One order that has not ended.

    `uncertain` says what is not known of it (whether it was placed, amended, cancelled) because an answer was lost, and
    `uncertain_since_ns` since when, nanoseconds since the epoch; None where all is known.
    """

    client_order_id: str
    owner: str
    symbol: str
    side: str
    qty: Decimal
    filled_qty: Decimal
    limit_price: Decimal | None
    state: str
    uncertain: str | None = None
    uncertain_since_ns: int | None = None


@attrs.frozen
class ExternalLine:
    """One open order of the account that is not ours, as far as the exchange has told it."""

    order_id: str
    symbol: str | None
    side: str | None
    qty: Decimal | None
    filled_qty: Decimal | None
    limit_price: Decimal | None


@attrs.frozen
class PositionLine:
    """One strategy's position in one symbol; profit in `quote`, fees included."""

    owner: str
    symbol: str
    qty: Decimal
    average_price: Decimal | None
    quote: str
    realized: Decimal
    open_profit: Decimal | None


@attrs.frozen
class LeaseLine:
    """The lease of the account; `doubt` says why it may not be this engine's, None when it is. Epoch 0: not taken yet."""

    account: str
    holder: str
    epoch: int
    doubt: str | None


@attrs.frozen
class EngineSnapshot:
    """The engine at one instant; `news` is the newest lines of what happened, oldest first.

    `external_orders` are open orders that are not ours; `external_fills` how many executions of such orders were told since
    the start.
    """

    name: str
    venue: str
    mode: str
    up_s: float
    tree: TreeNode
    quotes: tuple[QuoteLine, ...]
    orders: tuple[OrderLine, ...]
    positions: tuple[PositionLine, ...]
    news: tuple[str, ...]
    external_orders: tuple[ExternalLine, ...] = ()
    external_fills: int = 0
    lease: LeaseLine | None = None
    """None where nobody else can have the account."""
