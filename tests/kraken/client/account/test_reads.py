from collections.abc import Mapping
from decimal import Decimal

import httpx
from support.kraken_server import Stage, ok
from trio.testing import MockClock

from seawall.kraken.client import FrameUnknown


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


async def test_fills_come_from_all_pages_oldest_first(rest_only: Stage, autojump_clock: MockClock) -> None:
    def history(params: Mapping[str, str]) -> httpx.Response:
        begin = int(params.get("ofs", 0))
        rows = {
            f"T{number}": {
                "ordertxid": "O1",
                "pair": "XXBTZUSD",
                "time": 1795410100 - number,
                "type": "buy",
                "ordertype": "limit",
                "price": "45000.1",
                "cost": "4.5",
                "fee": "0.01",
                "vol": "0.0001",
                "maker": True,
            }
            for number in range(begin, min(begin + 50, 70))
        }
        return ok({"trades": rows, "count": 70})

    rest_only.server.rest["TradesHistory"] = history
    async with rest_only.venue() as venue:
        fills = await venue.fills_since(1_795_410_040_000_000_000)
        assert [fill.exec_id for fill in fills] == [f"T{number}" for number in range(59, -1, -1)]
        assert fills[0].symbol == "BTC/USD"
