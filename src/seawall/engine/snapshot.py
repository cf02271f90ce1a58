"""What the engine shows of itself: a frozen picture, cheap to take, safe to hand to another process."""

from decimal import Decimal

import attrs

__all__ = ["EngineSnapshot", "OrderLine", "PositionLine", "QuoteLine", "TreeNode"]


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
    """One order that has not ended."""

    client_order_id: str
    owner: str
    symbol: str
    side: str
    qty: Decimal
    filled_qty: Decimal
    limit_price: Decimal | None
    state: str


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
class EngineSnapshot:
    """The engine at one instant; `news` is the newest lines of what happened, oldest first."""

    name: str
    venue: str
    mode: str
    up_s: float
    tree: TreeNode
    quotes: tuple[QuoteLine, ...]
    orders: tuple[OrderLine, ...]
    positions: tuple[PositionLine, ...]
    news: tuple[str, ...]
