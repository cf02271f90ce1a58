"""Single orders on show: whoever applies every message has the book of the exchange, order by order."""

import json
import zlib
from contextlib import suppress
from decimal import Decimal
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.sim import BUY, SELL, SYMBOL, Stage, make_stage

from seawall.model.orders import Side
from seawall.sim.exchange.events import LevelChange
from seawall.sim.exchange.orders import OrderChange
from seawall.sim.exchange.refusal import ApiError
from seawall.sim.feeds.level3 import LEVEL3_DEPTHS, Level3Feed, queues
from seawall.sim.feeds.topics import Topic, Topics

Row = dict[str, Any]


@attrs.define(eq=False)
class Reader:
    """Follows the channel as its page says, with a text of its own for the checksum. Number tokens stay text."""

    depth: int
    sides: dict[str, dict[str, Row]] = attrs.field(factory=lambda: {"bids": {}, "asks": {}})
    frames: list[Row] = attrs.field(factory=list)

    def send(self, frame: str) -> None:
        decoded = json.loads(frame, parse_float=str)
        self.frames.append(decoded)
        [row] = decoded["data"]
        for name, orders in self.sides.items():
            if decoded["type"] == "snapshot":
                orders.clear()
            for change in row[name]:
                self._apply(orders, change, decoded["type"])
            self._cut(name)
        assert row["checksum"] == self.checksum()

    def prices(self, name: str) -> list[str]:
        """Best first."""
        found = {order["limit_price"] for order in self.sides[name].values()}
        return sorted(found, key=Decimal, reverse=name == "bids")

    def queue(self, name: str, price: str) -> list[Row]:
        return [order for order in self.sides[name].values() if order["limit_price"] == price]

    def checksum(self) -> int:
        text = ""
        for name in ("asks", "bids"):
            for price in self.prices(name)[:10]:
                for order in self.queue(name, price):
                    for key in ("limit_price", "order_qty"):
                        text += order[key].replace(".", "").lstrip("0")
        return zlib.crc32(text.encode())

    def _apply(self, orders: dict[str, Row], change: Row, kind: str) -> None:
        event, order_id = change.get("event", "add"), change["order_id"]
        assert (event == "add") is (order_id not in orders), (kind, change)
        if event == "delete":
            del orders[order_id]
        else:
            orders[order_id] = change

    def _cut(self, name: str) -> None:
        for price in self.prices(name)[self.depth :]:
            for order in self.queue(name, price):
                del self.sides[name][order["order_id"]]

    def told(self) -> list[tuple[str, str, str]]:
        """The events of the last message, as (event, price, quantity)."""
        [row] = self.frames[-1]["data"]
        return [(change["event"], change["limit_price"], change["order_qty"]) for change in row["bids"] + row["asks"]]


def follow(stage: Stage, depth: int = 10) -> Reader:
    feed = Level3Feed(stage.exchange, Topics(), served=True)
    reader = Reader(depth)
    feed.topics.add(Topic("level3", SYMBOL, depth), reader)
    reader.send(feed.snapshot(SYMBOL, depth))
    return reader


def shown(stage: Stage, side: Side, depth: int) -> list[tuple[str, str, str]]:
    market = stage.exchange.market(SYMBOL)
    levels = queues(market.pair, market.book, side, depth)
    return [(order.order_id, order.price, order.qty) for queue in levels.values() for order in queue.values()]


def held(reader: Reader, name: str) -> list[tuple[str, str, str]]:
    return [
        (order["order_id"], order["limit_price"], order["order_qty"])
        for price in reader.prices(name)
        for order in reader.queue(name, price)
    ]


def test_the_snapshot_has_every_order_in_queue_order(stage: Stage) -> None:
    stage.crowd(BUY, "1", "99.0")
    order = stage.place(stage.order(BUY, "2", "99.0"))
    stage.crowd(BUY, "3", "99.0")

    reader = follow(stage)

    bids = list(reader.sides["bids"].values())
    assert [row["order_qty"] for row in bids] == ["1.00000000", "2.00000000", "3.00000000"]
    assert bids[1]["order_id"] == order.order_id
    assert [len(row["timestamp"]) for row in bids] == [30, 30, 30]
    assert sorted(row["timestamp"] for row in bids) == [row["timestamp"] for row in bids]


def test_a_fill_in_part_modifies_and_the_rest_deletes(stage: Stage) -> None:
    stage.crowd(SELL, "2", "100.0")
    reader = follow(stage)

    stage.take(BUY, "0.5")
    assert reader.told() == [("modify", "100.0", "1.50000000")]
    stage.take(BUY, "1.5")

    assert reader.told() == [("delete", "100.0", "1.50000000")]
    assert reader.sides["asks"] == {}


def test_less_quantity_keeps_the_place_and_more_goes_to_the_back(stage: Stage) -> None:
    order = stage.place(stage.order(BUY, "2", "99.0"))
    stage.crowd(BUY, "1", "99.0")
    reader = follow(stage)

    stage.exchange.amend_order(order, OrderChange(qty=Decimal(1)))
    assert reader.told() == [("modify", "99.0", "1.00000000")]
    assert held(reader, "bids")[0][0] == order.order_id
    stage.exchange.amend_order(order, OrderChange(qty=Decimal(3)))

    assert reader.told() == [("delete", "99.0", "1.00000000"), ("add", "99.0", "3.00000000")]
    assert held(reader, "bids")[-1][0] == order.order_id


def test_a_price_that_comes_into_view_is_told_with_all_its_orders(stage: Stage) -> None:
    for tenths in range(11):
        stage.crowd(SELL, "1", f"{Decimal(1000 + tenths) / 10}")
    stage.crowd(SELL, "2", "101.0")
    reader = follow(stage)

    stage.take(BUY, "1", "100.0")

    assert reader.told() == [
        ("delete", "100.0", "1.00000000"),
        ("add", "101.0", "1.00000000"),
        ("add", "101.0", "2.00000000"),
    ]


def test_nothing_is_said_of_a_price_that_is_pushed_out(stage: Stage) -> None:
    for tenths in range(1, 11):
        stage.crowd(SELL, "1", f"{Decimal(1000 + tenths) / 10}")
    reader = follow(stage)

    stage.crowd(SELL, "1", "100.0")

    assert reader.told() == [("add", "100.0", "1.00000000")]
    assert reader.prices("asks")[-1] == "100.9"


def test_what_is_out_of_view_is_not_told(stage: Stage) -> None:
    for tenths in range(11):
        stage.crowd(SELL, "1", f"{Decimal(1000 + tenths) / 10}")
    reader = follow(stage)

    stage.crowd(SELL, "1", "101.0")

    assert [frame["type"] for frame in reader.frames] == ["snapshot"]


def test_a_view_without_readers_is_made_anew(stage: Stage) -> None:
    feed = Level3Feed(stage.exchange, Topics(), served=True)
    topic = Topic("level3", SYMBOL, 10)
    first, second = Reader(10), Reader(10)
    feed.topics.add(topic, first)
    first.send(feed.snapshot(SYMBOL, 10))
    feed.topics.remove(topic, first)
    stage.crowd(SELL, "1", "100.0")

    feed.topics.add(topic, second)
    second.send(feed.snapshot(SYMBOL, 10))

    assert len(second.sides["asks"]) == 1
    assert len(first.frames) == 1


def test_a_market_of_levels_has_no_orders_to_show(stage: Stage) -> None:
    feed = Level3Feed(stage.exchange, Topics(), served=True)
    feed.check(SYMBOL)
    stage.exchange.apply_outside_book(SYMBOL, [LevelChange(SELL, Decimal(101), Decimal(1))], snapshot=True)

    with pytest.raises(ApiError, match="EAPI:Feature disabled:level3 needs single orders"):
        feed.check(SYMBOL)
    with pytest.raises(ApiError, match="EAPI:Feature disabled"):
        Level3Feed(make_stage().exchange, Topics(), served=False).check(SYMBOL)


def test_a_connection_has_a_budget_by_depth(stage: Stage) -> None:
    feed, reader = Level3Feed(stage.exchange, Topics(), served=True, budget_per_s=200), Reader(10)
    for _ in range(2):
        feed.charge(reader, 1000)
    with pytest.raises(ApiError, match="too fast"):
        feed.charge(reader, 10)

    stage.clock.advance(0.1)
    feed.charge(reader, 10)
    feed.leave(reader)
    feed.charge(reader, 1000)


sides = st.sampled_from([BUY, SELL])
prices = st.integers(980, 1020).map(lambda tenths: f"{Decimal(tenths) / 10}")
sizes = st.integers(1, 4_000).map(lambda thousandths: f"{Decimal(thousandths) / 1000}")
steps = st.one_of(
    st.tuples(st.just("crowd"), sides, sizes, prices),
    st.tuples(st.just("place"), sides, sizes, prices),
    st.tuples(st.just("take"), sides, sizes, prices),
    st.tuples(st.just("amend"), sides, sizes, prices),
    st.tuples(st.just("cancel"), sides, sizes, prices),
)


def perform(stage: Stage, step: tuple[str, Side, str, str]) -> None:
    what, side, qty, price = step
    orders = stage.exchange.open_orders()
    half = stage.exchange.market(SYMBOL).book.half(side.other)
    best = half.best()
    if what == "crowd" and (best is None or not half.reaches(best, Decimal(price))):
        stage.crowd(side, qty, price)
    elif what == "place":
        stage.place(stage.order(side, qty, price))
    elif what == "take":
        stage.take(side, qty, price)
    elif orders and what == "amend":
        stage.exchange.amend_order(orders[0], OrderChange(qty=Decimal(qty), limit_price=Decimal(price)))
    elif orders and what == "cancel":
        stage.exchange.cancel_order(orders[-1])


@settings(max_examples=100, deadline=None)
@given(st.lists(steps, max_size=60))
def test_whoever_follows_holds_the_book_of_the_exchange(story: list[tuple[str, Side, str, str]]) -> None:
    stage = make_stage(limits_enforced=False)
    readers = [follow(stage, depth) for depth in LEVEL3_DEPTHS]
    shallow = readers[0]

    for step in story:
        with suppress(ApiError):
            perform(stage, step)
        for reader in readers:
            assert held(reader, "bids") == shown(stage, BUY, reader.depth)
            assert held(reader, "asks") == shown(stage, SELL, reader.depth)
    assert len(shallow.prices("bids")) <= 10
