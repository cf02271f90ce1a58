"""The live view as a picture: a pure function from a snapshot and a size to exactly that many lines."""

from collections import deque
from collections.abc import Iterable, Sequence

import attrs
from rich.text import Text

from seawall.console.tables import (
    align,
    cut,
    external_rows,
    order_rows,
    position_rows,
    printable,
    profit_text,
    profits,
    quote_rows,
    share,
    tree_rows,
)
from seawall.engine.snapshot import EngineSnapshot, LeaseLine

__all__ = ["Trails", "picture"]

_MODE_STYLES = {"running": "bold green", "reducing": "bold yellow", "halted": "bold red", "stopping": "bold magenta"}
_SILENT_S = 1.5
_SPARKS = "▁▂▃▄▅▆▇█"
_NARROW = 60


@attrs.define(eq=False)
class Trails:
    """The middle prices of late, one a second for each symbol, for the small curve beside a quote."""

    every_s: float = 1.0
    limit: int = 120
    _points: dict[str, deque[float]] = attrs.field(init=False, factory=dict)
    _next_s: float = attrs.field(init=False, default=0.0)

    def add(self, snapshot: EngineSnapshot) -> None:
        """Take the prices of a snapshot, unless the last were taken just before. Floats: these are for drawing only."""
        if snapshot.up_s < self._next_s:
            return
        self._next_s = snapshot.up_s + self.every_s
        for quote in snapshot.quotes:
            if quote.bid is not None and quote.ask is not None:
                points = self._points.setdefault(quote.symbol, deque(maxlen=self.limit))
                points.append(float(quote.bid + quote.ask) / 2)

    def curve(self, symbol: str, width: int) -> str:
        """The newest `width` points as block characters, from lowest to highest."""
        points = list(self._points.get(symbol, ()))[-max(0, width) :] if width > 0 else []
        if len(points) < 2:
            return ""
        low, high = min(points), max(points)
        if low == high:
            return _SPARKS[0] * len(points)
        return "".join(_SPARKS[round((point - low) / (high - low) * (len(_SPARKS) - 1))] for point in points)


def picture(snapshot: EngineSnapshot, width: int, height: int, trails: Trails, *, silent_s: float = 0.0) -> list[Text]:
    """The view in exactly `height` lines of `width` cells each.

    `silent_s` says how long ago the snapshot came, where that is long enough to be told.
    """
    news_height = max(2, (height - 3) // 3)
    body_height = height - 3 - news_height
    lines = [_header(snapshot, width, silent_s), _rule(snapshot.lease, width)]
    lines += _body(snapshot, width, body_height, trails)
    lines += _news(snapshot.news, width, news_height)
    lines += [Text("Ctrl+C stops in good order; once more stops now", "dim")]
    return [cut(line, width) for line in lines[: max(0, height)]]


def _header(snapshot: EngineSnapshot, width: int, silent_s: float) -> Text:
    left = Text.assemble(("seawall", "bold"), f"  {printable(snapshot.name)} on {printable(snapshot.venue)}")
    mode = Text(printable(snapshot.mode), _MODE_STYLES.get(snapshot.mode.lower(), "bold"))
    right = Text.assemble(mode, f"  up {_duration_text(snapshot.up_s)}")
    if silent_s >= _SILENT_S:
        right = Text.assemble((f"no picture for {silent_s:.0f} s  ", "bold yellow"), right)
    return _apart(left, right, width)


def _rule(lease: LeaseLine | None, width: int) -> Text:
    """The line below the header, with what there is to say of the lease in it."""
    if lease is None:
        return Text("─" * width, "dim")
    account = printable(lease.account)
    if not lease.epoch:
        said = Text(f" account {account}: waiting for its lease ", "yellow")
    elif lease.doubt is not None:
        said = Text(f" account {account}: LEASE IN DOUBT, nothing but cancels: {printable(lease.doubt)} ", "bold red")
    else:
        said = Text(f" account {account}: leased, {lease.epoch}. taking, by {printable(lease.holder)} ", "dim")
    rule = Text.assemble(("──", "dim"), said)
    return Text.assemble(rule, ("─" * max(0, width - rule.cell_len), "dim"))


def _body(snapshot: EngineSnapshot, width: int, height: int, trails: Trails) -> list[Text]:
    if width < _NARROW:  # one column: the tree goes
        return _filled(_facts(snapshot, width, height, trails), width, height)
    tree_width = min(48, max(24, width * 3 // 10))
    facts_width = width - tree_width - 3
    facts = _filled(_facts(snapshot, facts_width, height, trails), facts_width, height)
    tree = [_title("tasks"), *tree_rows(snapshot.tree, max(1, height - 1))]
    bar = Text(" │ ", "dim")
    return [left + bar + right for left, right in zip(facts, _filled(tree, tree_width, height), strict=True)]


def _facts(snapshot: EngineSnapshot, width: int, height: int, trails: Trails) -> list[Text]:
    total = Text("  ").join(profit_text(profit, asset) for asset, profit in sorted(profits(snapshot.positions).items()))
    wide = width > 90
    orders = [*order_rows(snapshot.orders, with_id=wide), *external_rows(snapshot.external_orders, with_id=wide)]
    sections = (
        (_title("quotes"), _quotes(snapshot, width, trails)),
        (_title("orders"), align(orders, {2, 4}, width)),
        (_apart(_title("positions"), total, width), align(list(position_rows(snapshot.positions)), {1, 3, 4}, width)),
    )
    wants = [max(1, len(rows)) for _title, rows in sections]
    lines: list[Text] = []
    for (title, rows), count in zip(sections, share(height - 2 * len(sections) + 1, wants), strict=True):
        lines += [title, *_fit(rows or [Text("none", "dim")], count), Text()]
    return lines


def _quotes(snapshot: EngineSnapshot, width: int, trails: Trails) -> list[Text]:
    lines = align(list(quote_rows(snapshot.quotes)), {1, 2, 3}, width)
    used = max((len(line.plain.rstrip()) for line in lines), default=0)
    room = width - used - 2
    if room < 5:
        return lines
    curves = (Text(trails.curve(quote.symbol, room), "blue") for quote in snapshot.quotes)
    return [cut(line, used) + Text("  ") + curve for line, curve in zip(lines, curves, strict=True)]


def _news(news: Sequence[str], width: int, height: int) -> list[Text]:
    rows = [Text(printable(text)) for text in news[-(height - 1) :]]
    for row in rows:
        row.stylize("dim", 0, 8)  # the time of day
    title = Text.assemble(_title("what just happened "), ("─" * width, "dim"))
    title.truncate(width, overflow="crop")
    return _filled([title, *rows], width, height)


def _fit(rows: Sequence[Text], count: int) -> list[Text]:
    if len(rows) <= count:
        return list(rows)
    kept = max(0, count - 1)
    return [*rows[:kept], Text(f"… {len(rows) - kept} more", "dim")][:count]


def _filled(lines: Iterable[Text], width: int, height: int) -> list[Text]:
    fitted = [cut(line, width) for line in lines][: max(0, height)]
    return fitted + [Text(" " * width)] * (height - len(fitted))


def _title(text: str) -> Text:
    return Text(text, "bold blue")


def _apart(left: Text, right: Text, width: int) -> Text:
    """Both on one line, at its two ends; where they do not fit, the left one is cut."""
    room = width - right.cell_len - 1
    return cut(left, room) + Text(" ") + right if room > 0 else cut(right, width)


def _duration_text(seconds: float) -> str:
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    return f"{f'{days}d ' if days else ''}{hour:02}:{minute:02}:{second:02}"
