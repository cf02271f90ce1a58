"""Subscribing and unsubscribing: one answer for each symbol (docs.kraken.com/api/docs/websocket-v2/book and its neighbours)."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeVar

import attrs

from seawall.sim.exchange.refusal import ApiError, invalid
from seawall.sim.feeds.candles import INTERVALS
from seawall.sim.feeds.frames import Json as Written
from seawall.sim.feeds.level3 import LEVEL3_DEPTHS, Level3Feed
from seawall.sim.feeds.private import PrivateFeed, PrivateSubscription
from seawall.sim.feeds.public import DEPTHS, PublicFeed
from seawall.sim.feeds.topics import Subscriber, Topic
from seawall.sim.server.fields import Json
from seawall.sim.server.trading import Outcome

__all__ = ["LEVEL3", "PRIVATE_CHANNELS", "Feeds", "subscribe", "unsubscribe"]

PRIVATE_CHANNELS: Final = frozenset({"executions", "balances"})
LEVEL3: Final = "level3"
BY_SYMBOL: Final = frozenset({"book", "trade", "ticker", "ohlc", LEVEL3})

DEPRECATED: Final = (
    "cancel_reason is deprecated, use reason",
    "stop_price is deprecated, use triggers.price",
    "trigger is deprecated use triggers.reference",
    "triggered_price is deprecated use triggers.last_price",
)

Option = TypeVar("Option", int, str)

Answer = tuple[Outcome, Callable[[], None] | None]
"""An answer, and what sends the snapshot that follows it."""


@attrs.frozen
class Feeds:
    """The feeds that can be followed."""

    public: PublicFeed
    private: PrivateFeed
    level3: Level3Feed
    refusal_of: Callable[[str, str], str | None] = lambda _channel, _symbol: None
    """Says for a channel and a symbol which error a subscription gets, for faults; None when it is taken."""


def subscribe(feeds: Feeds, who: Subscriber, fields: Json) -> Iterator[Answer]:
    """Subscribe; raises `ApiError` for what is wrong with the request as a whole."""
    channel = fields.text("channel")
    if channel in PRIVATE_CHANNELS:
        yield _subscribe_private(feeds, who, channel, fields)
    elif channel == "instrument":
        yield _subscribe_instruments(feeds, who, fields)
    else:
        for symbol, topic in _topics(channel, fields):
            yield _subscribe_symbol(feeds, who, symbol, topic, fields)


def unsubscribe(feeds: Feeds, who: Subscriber, fields: Json) -> Iterator[Answer]:
    """Unsubscribe; raises `ApiError` for what is wrong with the request as a whole."""
    channel = fields.text("channel")
    if channel in PRIVATE_CHANNELS:
        yield _ended(feeds.private.unsubscribe(who, channel), {"channel": channel}), None
    elif channel == "instrument":
        yield _ended(feeds.public.topics.remove(Topic("instrument"), who), {"channel": channel}), None
    else:
        for symbol, topic in _topics(channel, fields):
            yield _ended(feeds.public.topics.remove(topic, who), _result(topic) | {"symbol": symbol}), None


def _ended(known: bool, result: dict[str, Written]) -> Outcome:
    return Outcome(result) if known else Outcome(error="Subscription Not Found", beside=result)


def _topics(channel: str | None, fields: Json) -> Iterator[tuple[str, Topic]]:
    symbols = fields.texts("symbol")
    if channel not in BY_SYMBOL:
        raise ApiError("Symbol(s) not found" if channel in {"status", "heartbeat"} else "Subscription name invalid")
    if not symbols:
        raise ApiError("Symbol(s) not found")
    option = _option(channel, fields)
    for symbol in symbols:
        yield symbol, Topic(channel, symbol, option)


def _option(channel: str, fields: Json) -> int | str:
    """What tells the subscriptions of one channel and symbol apart."""
    match channel:
        case "book" | "level3":
            depths = DEPTHS if channel == "book" else LEVEL3_DEPTHS
            return _one_of(fields.integer("depth") or depths[0], depths, "Subscription depth not supported")
        case "ohlc":
            return _one_of(fields.integer("interval") or 1, INTERVALS, "Subscription ohlc interval not supported")
        case "ticker":
            return _one_of(fields.text("event_trigger") or "trades", ("trades", "bbo"), invalid("event_trigger").text)
        case _:
            return 0


def _one_of(option: Option, options: Sequence[Option], error: str) -> Option:
    if option not in options:
        raise ApiError(error)
    return option


def _result(topic: Topic) -> dict[str, Written]:
    option_name = {"book": "depth", LEVEL3: "depth", "ohlc": "interval", "ticker": "event_trigger"}.get(topic.channel)
    return {"channel": topic.channel} | ({} if option_name is None else {option_name: topic.option})


def _subscribe_symbol(feeds: Feeds, who: Subscriber, symbol: str, topic: Topic, fields: Json) -> Answer:
    feed = feeds.public
    if symbol not in feed.exchange.pairs:
        return Outcome(error=f"Currency pair not supported {symbol}", beside={"symbol": symbol}), None
    if (error := feeds.refusal_of(topic.channel, symbol)) is not None:
        return Outcome(error=error, beside={"symbol": symbol}), None
    if topic.channel == LEVEL3 and (refusal := _refusal_of_level3(feeds.level3, who, topic)) is not None:
        return Outcome(error=refusal, beside={"symbol": symbol}), None
    if not feed.topics.add(topic, who):
        return Outcome(error="Already subscribed", beside={"symbol": symbol}), None
    snapshot = fields.flag("snapshot")
    wanted = topic.channel != "trade" if snapshot is None else snapshot
    result = _result(topic) | {"snapshot": wanted, "symbol": symbol}
    if topic.channel == "ohlc":
        result["warnings"] = ["timestamp is deprecated, use interval_begin"]

    def send() -> None:
        # Asked for even when no snapshot is wanted: it starts the view of this depth.
        frame = _snapshot(feeds, topic)
        if wanted:
            who.send(frame)

    return Outcome(result), send


def _snapshot(feeds: Feeds, topic: Topic) -> str:
    symbol, option = topic.symbol, topic.option
    match topic.channel:
        case "book":
            return feeds.public.book_snapshot(symbol, int(option))
        case "level3":
            return feeds.level3.snapshot(symbol, int(option))
        case "trade":
            return feeds.public.trades_snapshot(symbol)
        case "ticker":
            return feeds.public.ticker(symbol, "snapshot")
        case _:
            return feeds.public.candles_snapshot(symbol, int(option))


def _refusal_of_level3(feed: Level3Feed, who: Subscriber, topic: Topic) -> str | None:
    """Why a connection may not follow single orders; None when it may. One depth of a symbol at a time."""
    try:
        feed.check(topic.symbol)
        if any(feed.topics.has(Topic(LEVEL3, topic.symbol, depth), who) for depth in LEVEL3_DEPTHS):
            return "Already subscribed"
        feed.charge(who, int(topic.option))
    except ApiError as error:
        return error.text
    return None


def _subscribe_instruments(feeds: Feeds, who: Subscriber, fields: Json) -> Answer:
    if not feeds.public.topics.add(Topic("instrument"), who):
        return Outcome(error="Already subscribed"), None
    wanted = fields.flag("snapshot") is not False
    result: dict[str, Written] = {
        "channel": "instrument",
        "snapshot": wanted,
        "warnings": ["tick_size is deprecated, use price_increment"],
    }
    return Outcome(result), (lambda: who.send(feeds.public.instruments())) if wanted else None


def _subscribe_private(feeds: Feeds, who: Subscriber, channel: str, fields: Json) -> Answer:
    if (error := feeds.refusal_of(channel, "")) is not None:
        return Outcome(error=error), None
    if feeds.private.of(who, channel) is not None:
        return Outcome(error="Already subscribed"), None
    users = fields.text("users")
    if users not in {None, "all"}:
        raise invalid("users")
    if channel == "executions":
        return _subscribe_executions(feeds, who, fields)
    # A master account's view of all users starts without a snapshot.
    wanted = fields.flag("snapshot") is not False and users is None
    result: dict[str, Written] = {"channel": channel, "snapshot": wanted}

    def send() -> None:
        feeds.private.subscribe(PrivateSubscription(channel, who), snapshot=wanted)

    return Outcome(result), send


def _subscribe_executions(feeds: Feeds, who: Subscriber, fields: Json) -> Answer:
    """`snapshot` and `snapshot_trades` are what the two switches were called before
    (docs.kraken.com/api/docs/websocket-v2/executions).
    """
    everyone = fields.text("users") == "all"
    orders = _first_said(fields, ("snap_orders", "snapshot"), default=True)
    fills = _first_said(fields, ("snap_trades", "snapshot_trades", "snapshot"), default=False)
    subscription = PrivateSubscription("executions", who, fields.flag("order_status") is not False)
    subscription.ratecounter = fields.flag("ratecounter") or False
    result: dict[str, Written] = {
        "channel": "executions",
        "maxratecount": int(feeds.public.exchange.limits.engine.threshold),
        "snap_orders": orders,
        "snap_trades": fills,
        "warnings": list(DEPRECATED),
    }
    for name in ("order_status", "ratecounter", "rebased"):
        said = fields.flag(name)
        if said is not None:
            result[name] = said

    def send() -> None:
        feeds.private.subscribe(subscription, snap_orders=orders, snap_fills=fills, snapshot=not everyone)

    return Outcome(result), send


def _first_said(fields: Json, names: Sequence[str], *, default: bool) -> bool:
    """The first of several switches that was set."""
    said = (fields.flag(name) for name in names)
    return next((flag for flag in said if flag is not None), default)
