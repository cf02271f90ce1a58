from collections.abc import Callable
from decimal import Decimal

import pytest

from seawall.engine.snapshot import EngineSnapshot, OrderLine, PositionLine, QuoteLine, TreeNode

TakeSnapshot = Callable[..., EngineSnapshot]


def tree(name: str, *children: TreeNode) -> TreeNode:
    return TreeNode(name, children)


TREE = tree(
    "engine",
    tree("journal"),
    tree("venue session", tree("public socket", tree("reader"), tree("keepalive")), tree("private socket", tree("reader"))),
    tree("desk", tree("dead man's switch"), tree("reconcile")),
    tree("monitors", tree("heartbeat"), tree("balances"), tree("risk"), tree("exits")),
    tree("strategies", tree("cross"), tree("grid")),
)


def make_snapshot(
    *, up_s: float = 83.0, mode: str = "RUNNING", orders: int = 3, price: str = "64000.10", news: tuple[str, ...] | None = None
) -> EngineSnapshot:
    bid = Decimal(price)
    return EngineSnapshot(
        name="demo",
        venue="sim",
        mode=mode,
        up_s=up_s,
        tree=TREE,
        quotes=(
            QuoteLine("BTC/USD", bid, bid + Decimal("0.10"), 0.24, verified=True),
            QuoteLine("ETH/USD", Decimal("2501.45"), Decimal("2501.46"), 7.06, verified=True),
            QuoteLine("SOL/EUR", None, None, 0.3, verified=False),
        ),
        orders=tuple(
            OrderLine(
                f"sw-{number:04}",
                "a-strategy-with-a-long-name" if number % 2 else "grid",
                "BTC/USD",
                "buy" if number % 2 else "sell",
                Decimal("0.00100000"),
                Decimal("0.0005") if number == 1 else Decimal(0),
                None if number == 2 else bid + number,
                "in doubt" if number == 2 else "open",
            )
            for number in range(orders)
        ),
        positions=(
            PositionLine(
                "grid",
                "BTC/USD",
                Decimal("0.0020"),
                Decimal("64000.12345678901234567890"),
                "USD",
                Decimal("1.2"),
                Decimal("-3.4567"),
            ),
            PositionLine("cross", "ETH/EUR", Decimal("-0.1"), None, "EUR", Decimal(0), None),
        ),
        news=tuple(f"05:06:{number:02} order sw-{number:04} filled" for number in range(30)) if news is None else news,
    )


@pytest.fixture
def snapshot() -> TakeSnapshot:
    """Makes snapshots of an engine that has been busy."""
    return make_snapshot
