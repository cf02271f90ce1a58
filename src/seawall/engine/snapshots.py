"""Taking the picture that views draw."""

import trio

from seawall.engine.assembly import Assembly
from seawall.engine.feed import Feed
from seawall.engine.news import News
from seawall.engine.order_table import Order
from seawall.engine.portfolio import Portfolio, Position
from seawall.engine.snapshot import EngineSnapshot, ExternalLine, OrderLine, PositionLine, QuoteLine, TreeNode
from seawall.engine.tree import tree_of
from seawall.model.reports import OrderReport

__all__ = ["snapshot_of"]

_NEWS_LINES = 20


def snapshot_of(
    name: str, assembly: Assembly | None, nursery: trio.Nursery | None, news: News, mode: str, up_s: float
) -> EngineSnapshot:
    """The engine at this instant; with no assembly yet, it is still starting."""
    tree = TreeNode(name) if nursery is None else tree_of(name, nursery.parent_task.child_nurseries)
    lines = tuple(news.lines(_NEWS_LINES))
    if assembly is None:
        return EngineSnapshot(name, "", mode, up_s, tree, (), (), (), lines)
    foundation = assembly.foundation
    portfolio = foundation.blotter.portfolio
    return EngineSnapshot(
        name=name,
        venue=assembly.venue.name,
        mode=mode,
        up_s=up_s,
        tree=tree,
        quotes=tuple(_quote_line(foundation.feed, symbol) for symbol in foundation.feed.symbols()),
        orders=tuple(_order_line(order) for order in foundation.blotter.table.live()),
        positions=tuple(_position_line(portfolio, foundation.feed, position) for position in portfolio.positions()),
        news=lines,
        external_orders=tuple(_external_line(report) for report in foundation.blotter.externals.orders()),
        external_fills=foundation.blotter.externals.fill_count,
    )


def _quote_line(feed: Feed, symbol: str) -> QuoteLine:
    quote = feed.quote(symbol)
    return QuoteLine(
        symbol=symbol,
        bid=None if quote is None else quote.bid,
        ask=None if quote is None else quote.ask,
        age_s=feed.age_s(symbol),
        verified=feed.is_verified(symbol),
    )


def _order_line(order: Order) -> OrderLine:
    return OrderLine(
        client_order_id=order.client_order_id,
        owner=order.owner,
        symbol=order.symbol,
        side=order.side,
        qty=order.qty,
        filled_qty=order.filled_qty,
        limit_price=order.limit_price,
        state=order.state,
        uncertain=order.uncertain,
        uncertain_since_ns=order.uncertain_since_ns,
    )


def _external_line(report: OrderReport) -> ExternalLine:
    return ExternalLine(
        order_id=report.order_id,
        symbol=report.symbol,
        side=report.side,
        qty=report.qty,
        filled_qty=report.filled_qty,
        limit_price=report.limit_price,
    )


def _position_line(portfolio: Portfolio, feed: Feed, position: Position) -> PositionLine:
    quote = feed.quote(position.symbol)
    mark = None if quote is None else (quote.bid if position.qty > 0 else quote.ask)
    return PositionLine(
        owner=position.owner,
        symbol=position.symbol,
        qty=position.qty,
        average_price=position.average_price,
        quote=position.quote,
        realized=position.realized,
        open_profit=None if mark is None or position.is_flat else portfolio.open_profit(position, mark),
    )
