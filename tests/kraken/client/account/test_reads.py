from collections.abc import Mapping
from decimal import Decimal

import httpx
import pytest
import trio
from support.kraken_server import Stage, ok
from trio.testing import MockClock

from seawall.kraken.client import FrameUnknown
from seawall.model.errors import Unavailable


async def test_balances_leave_out_what_is_zero(rest_only: Stage, autojump_clock: MockClock) -> None:
    async with rest_only.venue() as venue:
        (row,) = await venue.balances()
        assert (row.asset, row.free) == ("USD", Decimal("990.5"))


async def test_finding_an_order_asks_open_orders_first_and_tells_when(rest_only: Stage, autojump_clock: MockClock) -> None:
    closed = {
        "O1": {
            "status": "canceled",
            "opentm": 1795410000.1,
            "closetm": 1795410001.5,
            "cl_ord_id": "order1",
            "descr": {"pair": "XBTUSD", "type": "buy", "ordertype": "limit", "price": "45000.1", "price2": "0"},
            "vol": "0.01",
            "vol_exec": "0.004",
            "cost": "180.0",
            "fee": "0.45",
            "reason": "User requested",
        }
    }
    rest_only.server.rest["ClosedOrders"] = lambda _params: ok({"closed": closed, "count": 1})
    async with rest_only.venue() as venue:
        (report,), asked_at_ns = await venue.find_order("order1")
        assert (report.order_id, str(report.status), report.filled_qty) == ("O1", "canceled", Decimal("0.004"))
        assert asked_at_ns <= venue.now_ns() - 500_000_000, "a clock known to the second is believed to the second"
        names = [name for name, _ in rest_only.server.rest_requests]
        assert names.index("OpenOrders") < names.index("ClosedOrders")


async def test_a_status_that_is_new_hides_no_open_order_and_is_told(rest_only: Stage, autojump_clock: MockClock) -> None:
    odd = {
        "status": "hibernating",
        "opentm": 1795410000.1,
        "cl_ord_id": "order1",
        "descr": {"pair": "XBTUSD", "type": "buy", "ordertype": "limit", "price": "45000.1", "price2": "0"},
        "vol": "0.01",
        "vol_exec": "0",
        "cost": "0",
        "fee": "0",
    }
    rest_only.server.rest["OpenOrders"] = lambda _params: ok({"open": {"O1": odd}})
    async with rest_only.venue() as venue:
        (report,), _ = await venue.find_order("order1")
        assert (report.order_id, str(report.status)) == ("O1", "open")
        words = [(notice.what, notice.value) for notice in rest_only.notices if isinstance(notice, FrameUnknown)]
        assert words == [("order status", "hibernating")]


class History:
    """Fills a second apart, fifty on a page; each page that was asked for is noted."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.asked: list[int] = []

    def __call__(self, params: Mapping[str, str]) -> httpx.Response:
        begin = int(params.get("ofs", 0))
        self.asked.append(begin // 50)
        rows = {
            f"T{number}": {
                "ordertxid": "O1",
                "pair": "XXBTZUSD",
                "time": 1795410000 + number,
                "type": "buy",
                "ordertype": "limit",
                "price": "45000.1",
                "cost": "4.5",
                "fee": "0.01",
                "vol": "0.0001",
                "maker": True,
            }
            for number in range(self.count - begin, max(self.count - begin - 50, 0), -1)
        }
        return ok({"trades": rows, "count": self.count})


BEFORE_ALL_NS = 1_795_410_000_000_000_000


async def test_fills_come_from_all_pages_oldest_first(rest_only: Stage, autojump_clock: MockClock) -> None:
    rest_only.server.rest["TradesHistory"] = history = History(70)
    async with rest_only.venue() as venue:
        fills = await venue.fills_since(BEFORE_ALL_NS + 10_000_000_000)
        assert [fill.exec_id for fill in fills] == [f"T{number}" for number in range(11, 71)]
        assert fills[0].symbol == "BTC/USD"
        assert history.asked == [0, 1]


async def test_a_reading_that_was_interrupted_goes_on_where_it_was(rest_only: Stage, autojump_clock: MockClock) -> None:
    rest_only.server.rest["TradesHistory"] = history = History(320)
    async with rest_only.venue() as venue:
        with trio.fail_after(1), pytest.raises(Unavailable):
            await venue.fills_since(BEFORE_ALL_NS)
        assert history.asked == [0, 1, 2], "the rate counter has no room for more"
        history.asked.clear()
        history.count += 3

        fills = await venue.fills_since(BEFORE_ALL_NS)
        assert [fill.exec_id for fill in fills] == [f"T{number}" for number in range(1, 324)]
        assert history.asked == [3, 4, 5, 6, 0]

        assert await venue.fills_since(BEFORE_ALL_NS) == fills, "an answer is not kept: what is asked for is asked for"
        assert history.asked[5:] == [0, 1, 2, 3, 4, 5, 6]
