from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.text import Text

from seawall.console.tables import (
    align,
    cut,
    external_rows,
    number_text,
    order_rows,
    position_rows,
    printable,
    profit_text,
    profits,
    quote_rows,
    share,
    tree_rows,
)
from seawall.engine.snapshot import EngineSnapshot, ExternalLine, OrderLine, TreeNode


def plain(lines: list[Text]) -> list[str]:
    return [line.plain.rstrip() for line in lines]


def test_the_whole_tree_is_drawn_when_there_is_room() -> None:
    tree = TreeNode(
        "engine", (TreeNode("desk", (TreeNode("reconcile"),)), TreeNode("strategies", (TreeNode("a"), TreeNode("b"))))
    )
    assert plain(tree_rows(tree)) == ["engine", "├─ desk", "│  └─ reconcile", "└─ strategies", "   ├─ a", "   └─ b"]


@pytest.mark.parametrize(
    ("most", "lines"),
    [
        (5, ["engine", "├─ desk", "│  └─ reconcile", "└─ strategies (+1)", "   └─ a"]),
        (3, ["engine", "├─ desk (+1)", "└─ strategies (+2)"]),
        (2, ["engine (+3)", "└─ desk (+1)"]),
        (1, ["engine (+5)"]),
    ],
)
def test_without_room_the_deepest_tasks_are_folded_first_and_counted(most: int, lines: list[str]) -> None:
    tree = TreeNode(
        "engine", (TreeNode("desk", (TreeNode("reconcile"),)), TreeNode("strategies", (TreeNode("a"), TreeNode("b"))))
    )
    assert plain(tree_rows(tree, most)) == lines


def test_folding_leaves_each_branch_its_part() -> None:
    tree = TreeNode("engine", (TreeNode("monitors", tuple(map(TreeNode, "abcd"))), TreeNode("strategies", (TreeNode("grid"),))))
    assert plain(tree_rows(tree, 6)) == ["engine", "├─ monitors (+2)", "│  ├─ a", "│  └─ b", "└─ strategies", "   └─ grid"]


def test_tasks_of_equal_names_are_all_drawn() -> None:
    assert len(tree_rows(TreeNode("engine", (TreeNode("reader"), TreeNode("reader"))))) == 3


def test_orders_quotes_and_positions_as_rows(snapshot: Callable[..., EngineSnapshot]) -> None:
    picture = snapshot()
    assert plain(align(list(order_rows(picture.orders, with_id=True)), {2, 4}, 100)) == [
        "grid                         sell         0.001  BTC/USD  64000.10  open      sw-0000",
        "a-strategy-with-a-long-name  buy   0.0005/0.001  BTC/USD  64001.10  open      sw-0001",
        "grid                         sell         0.001  BTC/USD    market  in doubt  sw-0002",
    ]
    assert plain(align(list(quote_rows(picture.quotes)), {1, 2, 3}, 60)) == [
        "BTC/USD  64000.10  64000.20    0.2s",
        "ETH/USD   2501.45   2501.46    7.1s",
        "SOL/EUR         -         -  resync",
    ]
    assert plain(align(list(position_rows(picture.positions)), {1, 3, 4}, 60)) == [
        "grid   0.002  BTC/USD  64000.1235    -2.26 USD",
        "cross   -0.1  ETH/EUR           -  +0.0000 EUR",
    ]


def test_the_flexible_column_gives_way_first(snapshot: Callable[..., EngineSnapshot]) -> None:
    lines = plain(align(list(order_rows(snapshot().orders)), {2, 4}, 54))
    assert lines[1] == "a-st…  buy   0.0005/0.001  BTC/USD  64001.10  open"


def test_profits_are_summed_for_each_quote_asset(snapshot: Callable[..., EngineSnapshot]) -> None:
    assert profits(snapshot().positions) == {"USD": Decimal("-2.2567"), "EUR": Decimal(0)}


@pytest.mark.parametrize(
    ("profit", "text", "style"),
    [("1234.567", "+1,234.57 USD", "green"), ("-0.12345", "-0.1234 USD", "red"), ("0", "+0.0000 USD", "")],
)
def test_profits_have_sign_and_colour(profit: str, text: str, style: str) -> None:
    shown = profit_text(Decimal(profit), "USD")
    assert (shown.plain, shown.style) == (text, style)


@pytest.mark.parametrize(("number", "text"), [("0.00100000", "0.001"), ("1E+3", "1000"), ("100", "100"), (None, "-")])
def test_numbers_keep_the_digits_that_matter(number: str | None, text: str) -> None:
    assert number_text(None if number is None else Decimal(number)) == text


def test_nothing_a_terminal_would_obey_gets_through() -> None:
    assert printable("a\x1b[2J\tb\nc\x9b") == "a·[2J·b·c·"


@pytest.mark.parametrize(
    ("room", "wants", "given_"),
    [
        (9, [3, 7, 2], [3, 4, 2]),
        (100, [3, 7, 2], [3, 7, 2]),
        (2, [3, 7, 2], [1, 1, 0]),
        (0, [1, 1], [0, 0]),
        (-3, [1], [0]),
        (5, [], []),
    ],
)
def test_room_is_shared_fairly(room: int, wants: list[int], given_: list[int]) -> None:
    assert share(room, wants) == given_


def test_no_rows_are_no_lines() -> None:
    assert align([], {1}, 80) == []


@given(st.text(), st.integers(0, 60))
def test_cut_lines_have_exactly_their_width(text: str, width: int) -> None:
    assert cell_len(cut(Text(printable(text)), width).plain) == width


def test_an_order_that_is_not_certain_says_what_and_since_when() -> None:
    order = OrderLine("s1", "me", "BTC/USD", "buy", Decimal(1), Decimal(0), None, "in doubt", "in doubt: the socket closed", 0)
    amended = OrderLine("s2", "me", "BTC/USD", "buy", Decimal(1), Decimal(0), None, "open", "the answer to an amend was lost")

    first, second = order_rows([order, amended])
    assert first[-1].plain == "in doubt since 00:00:00, the socket closed"
    assert second[-1].plain == "the answer to an amend was lost"


def test_orders_of_other_hands_stand_in_the_same_columns() -> None:
    told = ExternalLine("X1", "BTC/USD", "sell", Decimal("1.50"), None, Decimal("64000.10"))
    untold = ExternalLine("X2", None, None, None, None, None)

    first, second = external_rows([told, untold])
    assert [cell.plain for cell in first] == ["external", "sell", "1.5", "BTC/USD", "64000.10", "not ours"]
    assert [cell.plain for cell in second] == ["external", "-", "-", "-", "-", "not ours"]
    (with_id,) = external_rows([told], with_id=True)
    assert with_id[-1].plain == "X1"
