from collections.abc import Mapping

import httpx
import pytest
from support.kraken_server import ORDER, Stage, failed, ok
from trio.testing import MockClock

from seawall.model.errors import NotSent, OutcomeUnknown


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
            await venue.place(ORDER, lambda: None)
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


async def test_cancels_by_rest_are_one_call_each(rest_only: Stage, autojump_clock: MockClock) -> None:
    def cancel(params: Mapping[str, str]) -> httpx.Response:
        return ok({"count": 1}) if params["cl_ord_id"] == "a" else failed("EOrder:Unknown order")

    rest_only.server.rest["CancelOrder"] = cancel
    async with rest_only.venue() as venue:
        outcomes = await venue.cancel(["a", "b"])
        assert [(outcome.accepted, outcome.reason) for outcome in outcomes] == [(True, None), (False, "EOrder:Unknown order")]
