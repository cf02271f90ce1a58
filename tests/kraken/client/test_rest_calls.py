from collections.abc import Mapping
from decimal import Decimal

import attrs
import httpx
import pytest
import trio
import trio.testing
from support.kraken_server import SECRET, Stage, failed, ok
from trio.testing import MockClock

from seawall.kraken.client import Credentials, NonceRefused
from seawall.model.errors import ExchangeError, NotSent, OutcomeUnknown, RefusedByExchange, Unavailable
from seawall.model.orders import Side
from seawall.model.reports import PlaceOrder

ORDER = PlaceOrder(
    client_order_id="order1",
    symbol="BTC/USD",
    side=Side.BUY,
    order_type="limit",
    qty=Decimal("0.01"),
    limit_price=Decimal("45000.1"),
    trigger_price=None,
    time_in_force="gtc",
    post_only=False,
    deadline_ns=1_795_410_005_000_000_000,
)


def nothing() -> None:
    pass


@pytest.fixture
def rest_only(stage: Stage) -> Stage:
    """A stage whose sockets are never reached, so that everything goes by REST."""
    stage.server.refuse_dials = 10**6
    return stage


async def test_the_clock_is_the_exchanges_once_it_was_heard(rest_only: Stage, autojump_clock: MockClock) -> None:
    async with rest_only.venue() as venue:
        # Time is cut to whole seconds, so the middle of the second is the best guess
        assert venue.now_ns() == 1_795_410_000_500_000_000
        before_ns = venue.now_ns()
        await trio.sleep(2)
        assert venue.now_ns() - before_ns == 2_000_000_000


async def test_balances_leave_out_what_is_zero(rest_only: Stage, autojump_clock: MockClock) -> None:
    async with rest_only.venue() as venue:
        (row,) = await venue.balances()
        assert (row.asset, row.free) == ("USD", Decimal("990.5"))


async def test_every_private_call_is_signed_with_a_rising_nonce(rest_only: Stage, autojump_clock: MockClock) -> None:
    async with rest_only.venue() as venue:
        for _ in range(3):
            await venue.balances()
        nonces = [int(params["nonce"]) for params in rest_only.server.called("BalanceEx")]
        assert nonces == sorted(set(nonces))


async def test_a_read_is_repeated_when_the_exchange_is_busy(rest_only: Stage, autojump_clock: MockClock) -> None:
    answers = [failed("EService:Busy"), httpx.Response(502, text="<html>"), ok({})]
    rest_only.server.rest["BalanceEx"] = lambda _params: answers.pop(0)
    async with rest_only.venue() as venue:
        assert await venue.balances() == ()
        assert not answers


async def test_a_read_that_fails_every_time_is_unavailable(rest_only: Stage, autojump_clock: MockClock) -> None:
    rest_only.server.rest["BalanceEx"] = lambda _params: httpx.Response(502, text="<html>")
    async with rest_only.venue() as venue:
        with pytest.raises(Unavailable, match="502"):
            await venue.balances()


async def test_half_an_answer_to_a_read_is_unavailable(rest_only: Stage, autojump_clock: MockClock) -> None:
    rest_only.server.rest["BalanceEx"] = lambda _params: httpx.Response(200, text='{"error":[],"resu')
    async with rest_only.venue() as venue:
        with pytest.raises(Unavailable, match="BalanceEx"):
            await venue.balances()


async def test_an_invalid_nonce_is_signed_anew_once(rest_only: Stage, autojump_clock: MockClock) -> None:
    answers = [failed("EAPI:Invalid nonce"), ok({})]
    rest_only.server.rest["BalanceEx"] = lambda _params: answers.pop(0)
    async with rest_only.venue() as venue:
        assert await venue.balances() == ()
        first, second = rest_only.server.called("BalanceEx")
        assert int(first["nonce"]) < int(second["nonce"])
        assert NonceRefused("BalanceEx", repeated=True) in rest_only.notices


async def test_a_placement_with_an_invalid_nonce_is_refused_and_not_repeated(rest_only: Stage, autojump_clock: MockClock) -> None:
    rest_only.server.rest["AddOrder"] = lambda _params: failed("EAPI:Invalid nonce")
    async with rest_only.venue() as venue:
        with pytest.raises(RefusedByExchange, match="nonce"):
            await venue.place(ORDER, nothing)
        assert len(rest_only.server.called("AddOrder")) == 1


async def test_an_order_goes_by_rest_while_the_socket_is_down(rest_only: Stage, autojump_clock: MockClock) -> None:
    rest_only.server.rest["AddOrder"] = lambda _params: ok({"descr": {"order": "buy"}, "txid": ["O1"]})
    sent: list[int] = []
    async with rest_only.venue() as venue:
        acknowledged = await venue.place(ORDER, lambda: sent.append(len(rest_only.server.called("AddOrder"))))
        assert acknowledged.order_id == "O1"
        assert sent == [0], "told before it left"
        (params,) = rest_only.server.called("AddOrder")
        assert (params["pair"], params["cl_ord_id"], params["price"]) == ("XBTUSD", "order1", "45000.1")


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(502, text="<html>"),
        httpx.Response(429),
        failed("EService:Timeout"),
        failed("EGeneral:Internal error"),
        httpx.Response(200, text="{"),
        ok({}),
    ],
)
async def test_a_placement_without_a_clear_answer_is_unknown_and_sent_once(
    rest_only: Stage, autojump_clock: MockClock, answer: httpx.Response
) -> None:
    rest_only.server.rest["AddOrder"] = lambda _params: answer
    async with rest_only.venue() as venue:
        with pytest.raises(OutcomeUnknown):
            await venue.place(ORDER, nothing)
        assert len(rest_only.server.called("AddOrder")) == 1


class _Refusing(httpx.AsyncBaseTransport):
    """Lets reads pass; placements meet a connection that cannot be made."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self.inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("AddOrder"):
            raise httpx.ConnectError("refused", request=request)
        return await self.inner.handle_async_request(request)


async def test_a_placement_that_met_no_connection_is_not_sent(rest_only: Stage, autojump_clock: MockClock) -> None:
    sent: list[int] = []
    rest_only.wrap = _Refusing
    async with rest_only.venue() as venue:
        with pytest.raises(NotSent):
            await venue.place(ORDER, lambda: sent.append(1))
        assert not sent


async def test_an_open_breaker_refuses_orders_and_lets_cancels_through(rest_only: Stage, autojump_clock: MockClock) -> None:
    rest_only.server.rest["AddOrder"] = lambda _params: failed("EService:Unavailable")
    rest_only.server.rest["CancelOrder"] = lambda _params: ok({"count": 1})
    async with rest_only.venue() as venue:
        for _ in range(5):
            with pytest.raises(OutcomeUnknown):
                await venue.place(ORDER, nothing)
        with pytest.raises(NotSent) as refused:
            await venue.place(ORDER, nothing)
        assert refused.value.advice == "wait"
        assert refused.value.retry_after_s is not None
        (outcome,) = await venue.cancel(["order1"])
        assert outcome.accepted


async def test_cancels_by_rest_are_one_call_each(rest_only: Stage, autojump_clock: MockClock) -> None:
    def cancel(params: Mapping[str, str]) -> httpx.Response:
        return ok({"count": 1}) if params["cl_ord_id"] == "a" else failed("EOrder:Unknown order")

    rest_only.server.rest["CancelOrder"] = cancel
    async with rest_only.venue() as venue:
        outcomes = await venue.cancel(["a", "b"])
        assert [(outcome.accepted, outcome.reason) for outcome in outcomes] == [(True, None), (False, "EOrder:Unknown order")]


async def test_a_slow_query_does_not_hold_up_a_cancel(rest_only: Stage, autojump_clock: MockClock) -> None:
    rest_only.server.rest["CancelOrder"] = lambda _params: ok({"count": 1})
    rest_only.server.slow_s = {"BalanceEx": 8.0}
    async with rest_only.venue() as venue, trio.open_nursery() as nursery:
        for _ in range(4):
            nursery.start_soon(venue.balances)
        await trio.testing.wait_all_tasks_blocked()
        began_s = trio.current_time()
        await venue.cancel(["a"])
        assert trio.current_time() - began_s == 0
        nursery.cancel_scope.cancel()


async def test_a_request_that_hangs_before_it_is_written_is_overtaken(rest_only: Stage, autojump_clock: MockClock) -> None:
    rest_only.server.rest["CancelOrder"] = lambda _params: ok({"count": 1})
    rest_only.server.stuck = {"BalanceEx"}
    async with rest_only.venue() as venue, trio.open_nursery() as nursery:
        nursery.start_soon(venue.balances)
        await trio.testing.wait_all_tasks_blocked()
        began_s = trio.current_time()
        await venue.cancel(["a"])
        assert trio.current_time() - began_s == pytest.approx(0.25)
        assert venue.statistics().rest.overtaken >= 1
        nursery.cancel_scope.cancel()


async def test_a_request_without_an_answer_is_cut_by_our_own_deadline(rest_only: Stage, autojump_clock: MockClock) -> None:
    rest_only.server.slow_s = {"AddOrder": 1e6}
    async with rest_only.venue() as venue:
        began_s = trio.current_time()
        with pytest.raises(OutcomeUnknown, match="no answer in time"):
            await venue.place(ORDER, nothing)
        assert trio.current_time() - began_s == pytest.approx(10)


async def test_a_caller_with_no_time_is_told_to_wait_instead_of_waiting(rest_only: Stage, autojump_clock: MockClock) -> None:
    async with rest_only.venue() as venue:
        for _ in range(13):  # all that the starter tier has at once, less what is kept for tokens
            await venue.balances()
        with trio.fail_after(1):
            with pytest.raises(Unavailable, match="too late") as refused:
                await venue.balances()
        assert refused.value.advice == "wait"


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


async def test_an_exchange_that_cannot_be_reached_at_the_start_is_unavailable(
    rest_only: Stage, autojump_clock: MockClock
) -> None:
    rest_only.server.rest["AssetPairs"] = lambda _params: httpx.Response(503)
    with pytest.raises(Unavailable):
        async with rest_only.venue():
            pytest.fail("it must not open")


async def test_other_noes_are_exchange_errors(rest_only: Stage, autojump_clock: MockClock) -> None:
    rest_only.server.rest["BalanceEx"] = lambda _params: failed("EGeneral:Invalid arguments")
    async with rest_only.venue() as venue:
        with pytest.raises(ExchangeError, match="Invalid arguments"):
            await venue.balances()


async def test_a_secret_that_is_no_base64_is_refused_without_showing_it(rest_only: Stage, autojump_clock: MockClock) -> None:
    settings = attrs.evolve(rest_only.settings, credentials=Credentials("key", "not base64!"))
    with pytest.raises(ValueError, match="not base64") as error:
        async with rest_only.venue(settings):
            pytest.fail("it must not open")
    assert "not base64!" not in str(error.value)
    assert SECRET not in repr(rest_only.settings)
