"""Tasks, orders, positions and quotes as rows of text: pure functions, shared by the live view and by one-shot output."""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Context, Decimal

from rich.cells import cell_len
from rich.text import Text

from seawall.engine.news import clock_text
from seawall.engine.snapshot import ExternalLine, OrderLine, PositionLine, QuoteLine, TreeNode

__all__ = [
    "Row",
    "align",
    "cut",
    "external_rows",
    "number_text",
    "order_rows",
    "position_rows",
    "printable",
    "profit_text",
    "profits",
    "quote_rows",
    "share",
    "tree_rows",
]

Row = tuple[Text, ...]

_STALE_S = 5.0
_STATE_STYLES = {"open": "green", "in doubt": "bold yellow"}
_NARROWEST = 4
# An average price has as many digits as its division gave; nobody reads more than nine.
_SHOWN = Context(prec=9).plus


def printable(text: str) -> str:
    """The text in one line, without anything a terminal would obey."""
    return "".join(character if character.isprintable() else "·" for character in text)


def number_text(number: Decimal | None) -> str:
    """All digits that matter, without an exponent or trailing zeros; a dash for None."""
    if number is None:
        return "-"
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def profit_text(profit: Decimal, asset: str) -> Text:
    """A profit with its sign, green or red; four places while it is small."""
    style = "" if profit == 0 else "green" if profit > 0 else "red"
    return Text(f"{profit:+,.{2 if abs(profit) >= 1 else 4}f} {printable(asset)}", style)


def profits(positions: Iterable[PositionLine]) -> dict[str, Decimal]:
    """Realized and open profit of all positions, for each quote asset."""
    totals: dict[str, Decimal] = {}
    for position in positions:
        totals[position.quote] = totals.get(position.quote, Decimal(0)) + _profit(position)
    return totals


def quote_rows(quotes: Iterable[QuoteLine]) -> Iterator[Row]:
    """Symbol, bid, ask, and how old they are or why they are not to be trusted."""
    for quote in quotes:
        if not quote.verified:
            age = Text("resync", "yellow")
        else:
            age = Text(_age_text(quote.age_s), "yellow" if quote.age_s > _STALE_S else "dim")
        prices = (Text("-" if price is None else format(price, "f")) for price in (quote.bid, quote.ask))
        yield (Text(printable(quote.symbol), "bold"), *prices, age)


def order_rows(orders: Iterable[OrderLine], *, with_id: bool = False) -> Iterator[Row]:
    """Owner, side, quantity (filled of asked), symbol, price, state, and on request the client order id."""
    for order in orders:
        qty = number_text(order.qty) if not order.filled_qty else f"{number_text(order.filled_qty)}/{number_text(order.qty)}"
        price = "market" if order.limit_price is None else format(order.limit_price, "f")
        row = (
            Text(printable(order.owner)),
            Text(printable(order.side), "cyan" if order.side == "buy" else "magenta"),
            Text(qty),
            Text(printable(order.symbol), "bold"),
            Text(price),
            _state(order),
        )
        yield (*row, Text(printable(order.client_order_id), "dim")) if with_id else row


def external_rows(orders: Iterable[ExternalLine], *, with_id: bool = False) -> Iterator[Row]:
    """Open orders that are not ours, in the columns of `order_rows`; a dash for what the exchange did not tell."""
    for order in orders:
        side = order.side or "-"
        row = (
            Text("external", "yellow"),
            Text(printable(side), "cyan" if side == "buy" else "magenta"),
            Text(number_text(order.qty)),
            Text(printable(order.symbol or "-"), "bold"),
            Text("-" if order.limit_price is None else format(order.limit_price, "f")),
            Text("not ours", "yellow"),
        )
        yield (*row, Text(printable(order.order_id), "dim")) if with_id else row


def position_rows(positions: Iterable[PositionLine]) -> Iterator[Row]:
    """Owner, quantity, symbol, average price of entry, profit (realized and open, fees included)."""
    for position in positions:
        yield (
            Text(printable(position.owner)),
            Text(number_text(position.qty)),
            Text(printable(position.symbol), "bold"),
            Text(number_text(None if position.average_price is None else _SHOWN(position.average_price)), "dim"),
            profit_text(_profit(position), position.quote),
        )


def tree_rows(root: TreeNode, most: int | None = None) -> list[Text]:
    """The task tree, one row a task. With `most`, the deepest tasks are folded into `(+3)` behind their parent first."""
    shown = {id(root)}
    level = [root]
    while level:
        wants = [len(node.children) for node in level]
        given = wants if most is None else share(most - len(shown), wants)
        level = [child for node, count in zip(level, given, strict=True) for child in node.children[:count]]
        shown |= {id(node) for node in level}
    return list(_branches(root, "", "", shown))


def share(room: int, wants: Sequence[int]) -> list[int]:
    """How many rows each gets of `room`: what it wants where that fits, else a fair part and what others leave."""
    given = [0] * len(wants)
    while room > 0 and (hungry := [place for place, want in enumerate(wants) if given[place] < want]):
        for place in hungry[:room]:
            given[place] += 1
        room -= len(hungry[:room])
    return given


def align(rows: Sequence[Row], right: Iterable[int], width: int, flexible: int = 0) -> list[Text]:
    """Rows as lines of equal columns, two spaces apart; the columns in `right` are flush right.

    Where they are too wide, the `flexible` column shrinks first; what still does not fit is cut.
    """
    if not rows:
        return []
    widths = [max(cell_len(row[column].plain) for row in rows) for column in range(len(rows[0]))]
    excess = sum(widths) + 2 * (len(widths) - 1) - width
    if excess > 0:
        widths[flexible] = max(min(_NARROWEST, widths[flexible]), widths[flexible] - excess)
    at_right = frozenset(right)
    lines = []
    for row in rows:
        cells = [_cell(text, widths[column], at_right=column in at_right) for column, text in enumerate(row)]
        lines.append(cut(Text("  ").join(cells), width))
    return lines


def cut(line: Text, width: int) -> Text:
    """The line in exactly `width` cells: padded, or cut with an ellipsis."""
    fitted = line.copy()
    fitted.rstrip()
    fitted.truncate(max(0, width), overflow="ellipsis", pad=True)
    return fitted if width > 0 else Text()


def _cell(text: Text, width: int, *, at_right: bool) -> Text:
    if at_right and (missing := width - cell_len(text.plain)) > 0:
        return Text(" " * missing) + text
    return cut(text, width)


def _branches(node: TreeNode, lead: str, below: str, shown: set[int]) -> Iterator[Text]:
    children = [child for child in node.children if id(child) in shown]
    folded = _count(node) - _count_shown(node, shown)
    # What hides under a shown child is told there.
    folded -= sum(_count(child) - _count_shown(child, shown) for child in children)
    yield Text.assemble((lead, "dim"), printable(node.name), (f" (+{folded})" if folded else "", "dim"))
    for child in children:
        last = child is children[-1]
        yield from _branches(child, below + ("└─ " if last else "├─ "), below + ("   " if last else "│  "), shown)


def _count(node: TreeNode) -> int:
    return 1 + sum(map(_count, node.children))


def _count_shown(node: TreeNode, shown: set[int]) -> int:
    return (id(node) in shown) + sum(_count_shown(child, shown) for child in node.children)


def _state(order: OrderLine) -> Text:
    """The state, or what is not known of the order and since when (UTC)."""
    if order.uncertain is None:
        return Text(printable(order.state), _STATE_STYLES.get(order.state, "dim"))
    since = "" if order.uncertain_since_ns is None else f" since {clock_text(order.uncertain_since_ns)}"
    what, _, why = order.uncertain.partition(": ")
    return Text(printable(f"{what}{since}{f', {why}' if why else ''}"), _STATE_STYLES["in doubt"])


def _profit(position: PositionLine) -> Decimal:
    return position.realized + (position.open_profit or Decimal(0))


def _age_text(age_s: float) -> str:
    if age_s < 10:
        return f"{age_s:.1f}s"
    return f"{age_s:.0f}s" if age_s < 600 else f"{age_s / 60:.0f}m"
