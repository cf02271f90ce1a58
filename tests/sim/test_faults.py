"""The switches that make the exchange misbehave."""

import json
from decimal import Decimal

import attrs
import httpx
import pytest
import trio
from support.sim import make_stage
from support.sim_client import QUIET, Frame, open_client
from trio_websocket import ConnectionClosed

from seawall.kraken.dialect.bad import ChecksumMismatch
from seawall.kraken.dialect.books.book import KrakenBook
from seawall.kraken.dialect.socket.frames import decode
from seawall.kraken.dialect.socket.market_frames import BookFrame
from seawall.kraken.dialect.times import to_rfc3339
from seawall.sim import Answered, Door, Faults

ORDER = {"pair": "XBTUSD", "type": "buy", "ordertype": "limit", "volume": "1", "price": "90.0", "cl_ord_id": "mine"}
LIMIT: Frame = {
    "symbol": "BTC/USD",
    "side": "buy",
    "order_type": "limit",
    "order_qty": 1,
    "limit_price": 90,
    "cl_ord_id": "mine",
}


@pytest.mark.parametrize("carried_out", [True, False])
async def test_an_answer_over_rest_is_lost_once(*, carried_out: bool) -> None:
    async with open_client() as client:
        client.sim.faults.next_answer("add_order", Answered.NOTHING, carried_out=carried_out)
        with trio.move_on_after(0.2) as waiting:
            await client.post("AddOrder", **ORDER)

        assert waiting.cancelled_caught
        assert len(client.sim.exchange.open_orders()) == carried_out
        assert (await client.private("AddOrder", **ORDER | {"cl_ord_id": "next"}))["error"] == []


@pytest.mark.parametrize("carried_out", [True, False])
async def test_an_answer_over_the_socket_is_lost_once(*, carried_out: bool) -> None:
    async with open_client() as client, client.private_wire() as wire:
        client.sim.faults.next_answer("AddOrder", Answered.NOTHING, carried_out=carried_out)
        await wire.send("add_order", 1, **LIMIT)
        answer = await wire.ask("add_order", 2, **LIMIT | {"cl_ord_id": "next"})

    assert answer["req_id"] == 2
    assert len(client.sim.exchange.open_orders()) == 1 + carried_out
    assert len(client.sim.requests.of("add_order")) == 2


@pytest.mark.parametrize(
    ("answered", "status", "body"),
    [
        (Answered.BAD_GATEWAY, 502, "502 Bad Gateway"),
        (Answered.GARBAGE, 200, "not JSON"),
        (Answered.REFUSED, 200, "EService:Busy"),
    ],
)
async def test_an_order_is_placed_behind_a_bad_answer(answered: Answered, status: int, body: str) -> None:
    async with open_client() as client:
        client.sim.faults.next_answer("AddOrder", answered)
        answer = await client.post("AddOrder", **ORDER)

        assert answer.status_code == status
        assert body in answer.text
        assert len(client.sim.exchange.open_orders()) == 1


async def test_a_connection_is_cut_in_place_of_an_answer() -> None:
    async with open_client() as client:
        client.sim.faults.next_answer("AddOrder", Answered.CUT)
        with pytest.raises(httpx.RemoteProtocolError):
            await client.post("AddOrder", **ORDER)

        async with client.private_wire() as wire:
            client.sim.faults.next_answer("cancel_all", Answered.CUT)
            await wire.send("cancel_all")
            with pytest.raises(ConnectionClosed):
                await wire.drain()

        assert client.sim.exchange.open_orders() == ()


@pytest.mark.parametrize("answered", [Answered.BAD_GATEWAY, Answered.GARBAGE])
async def test_a_frame_that_is_not_json_comes_in_place_of_an_answer(answered: Answered) -> None:
    async with open_client() as client, client.private_wire() as wire:
        await wire.next()
        client.sim.faults.next_answer("add_order", answered)
        await wire.send("add_order", **LIMIT)
        assert await wire.text() == "CloudFlare WebSocket proxy restarting"

        if answered is Answered.BAD_GATEWAY:
            with pytest.raises(ConnectionClosed):
                await wire.text()
        else:
            assert (await wire.ask("ping", 1))["req_id"] == 1


async def test_a_busy_exchange_says_so_on_the_socket() -> None:
    async with open_client() as client, client.private_wire() as wire:
        client.sim.faults.next_answer("add_order", Answered.REFUSED, carried_out=False)
        answer = await wire.ask("add_order", **LIMIT)

    assert answer["error"] == "EService:Busy"
    assert client.sim.exchange.orders == {}


async def test_a_request_that_is_late_meets_its_own_deadline() -> None:
    async with open_client() as client, client.private_wire() as wire:
        client.sim.faults.next_answer("add_order", Answered.AS_USUAL, delay_s=0.2)
        client.sim.faults.next_answer("add_order", Answered.AS_USUAL, delay_s=0.2)
        soon = client.sim.exchange.now_ns() + 100_000_000
        await wire.send("add_order", 1, **LIMIT | {"deadline": to_rfc3339(soon, 3)})
        await wire.send("add_order", 2, **LIMIT)
        answers = {answer["req_id"]: answer for answer in [await wire.answer("add_order") for _ in range(2)]}

    assert answers[1]["error"] == "EService:Deadline elapsed"
    assert answers[2]["success"]


def test_what_was_lost_cannot_be_answered_as_usual() -> None:
    with pytest.raises(ValueError, match="as usual"):
        Faults(make_stage().exchange).next_answer("AddOrder", Answered.AS_USUAL, carried_out=False)


async def test_silence_keeps_sockets_and_carries_out_what_comes_in() -> None:
    async with open_client() as client, client.private_wire() as wire:
        await wire.subscribe("executions")
        client.sim.faults.go_silent(Door.PRIVATE)
        await wire.send("add_order", **LIMIT)
        with trio.move_on_after(0.3) as silence:
            await wire.socket.get_message()
        assert silence.cancelled_caught
        assert len(client.sim.exchange.open_orders()) == 1
        assert (await client.public("Time"))["error"] == []

        client.sim.faults.speak()
        assert (await wire.ask("ping", 1))["req_id"] == 1
        await wire.send("cancel_all")
        # What was lost stays lost: the sequence shows it.
        assert (await wire.channel("executions"))["sequence"] == 4


async def test_a_silent_door_does_not_answer_a_handshake_either() -> None:
    async with open_client() as client:
        client.sim.faults.go_silent()
        with trio.move_on_after(0.2) as waiting:
            async with client.public_wire():
                raise AssertionError("the handshake was answered")
        assert waiting.cancelled_caught


async def test_sockets_are_closed_by_door_or_all_together() -> None:
    async with open_client() as client, client.public_wire() as public, client.private_wire() as private:
        await public.next()
        await private.next()
        assert client.sim.faults.close_sockets(Door.PUBLIC) == 1
        with pytest.raises(ConnectionClosed):
            await public.text()
        assert (await private.ask("ping"))["method"] == "pong"
        assert client.sim.faults.close_sockets() == 1


async def test_connections_can_be_refused_and_handshakes_answered_with_a_status() -> None:
    async with open_client() as client:
        faults, url = client.sim.faults, client.sim.addresses.public
        faults.refuse_connections = True
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
            await client.knock(url)
        faults.refuse_connections = False
        faults.handshake_status = 503

        assert await client.knock(url) == 503


async def test_a_spoilt_checksum_does_not_hold_and_the_next_one_does() -> None:
    async with open_client() as client, client.public_wire() as wire:
        book = KrakenBook("BTC/USD", 10)
        await wire.send("subscribe", channel="book", symbol=["BTC/USD"])

        async def apply_next() -> None:
            frame = decode(await wire.text())
            while not isinstance(frame, BookFrame):
                frame = decode(await wire.text())
            book.apply(frame.data[0], frame.type == "snapshot")

        await apply_next()
        best = book.best_bid()
        assert best is not None
        client.sim.faults.spoil_checksum("BTC/USD")
        bid = ORDER | {"price": str(best.price)}
        await client.result("AddOrder", **bid)
        with pytest.raises(ChecksumMismatch):
            await apply_next()
        await client.result("AddOrder", **bid | {"cl_ord_id": "next"})
        await apply_next()

    assert book.verified


async def test_private_frames_are_lost_or_doubled_with_their_number() -> None:
    async with open_client() as client, client.private_wire() as wire:
        await wire.subscribe("executions")
        client.sim.faults.lose_private()
        await wire.ask("add_order", **LIMIT)
        assert (await wire.channel("executions"))["sequence"] == 3

        client.sim.faults.double_private()
        await wire.send("cancel_all")
        assert [(await wire.channel("executions"))["sequence"] for _ in range(2)] == [4, 4]


async def test_rest_can_fail_as_a_whole() -> None:
    async with open_client() as client:
        client.sim.faults.rest_status = 503
        answer = await client.post("AddOrder", **ORDER)
        client.sim.faults.rest_status = None

        assert (answer.status_code, answer.headers["content-type"]) == (503, "text/html")
        assert (await client.result("OpenOrders"))["open"] == {}


async def test_reads_lag_behind_writes() -> None:
    async with open_client() as client:
        client.sim.faults.rest_lag_s = 5.0
        await client.result("AddOrder", **ORDER)
        assert (await client.result("OpenOrders"))["open"] == {}

        client.sim.faults.clock_offset_ns = 6 * 10**9
        assert len((await client.result("OpenOrders"))["open"]) == 1
        await client.result("CancelAll")
        assert len((await client.result("OpenOrders"))["open"]) == 1
        assert (await client.result("ClosedOrders"))["closed"] == {}


async def test_a_clock_can_jump() -> None:
    async with open_client(attrs.evolve(QUIET, now_ns=lambda: 10**18)) as client:
        client.sim.faults.clock_offset_ns = -(10**12)

        assert (await client.public("Time"))["result"]["unixtime"] == 10**9 - 1000


async def test_tokens_can_be_made_stale_while_their_socket_stays_open() -> None:
    async with open_client() as client, client.private_wire() as wire:
        await wire.subscribe("executions")
        client.sim.faults.expire_tokens()
        answer = await wire.ask("add_order", **LIMIT)

        assert answer["error"] == "EAPI:Invalid token"
        assert (await wire.ask("ping"))["method"] == "pong"


async def test_any_text_can_be_said_to_every_socket() -> None:
    async with open_client() as client, client.public_wire() as wire:
        await wire.next()
        client.sim.faults.say("\x00nonsense", Door.PRIVATE)
        client.sim.faults.say(json.dumps({"channel": "new", "price": 1.5}))

        assert await wire.next() == {"channel": "new", "price": Decimal("1.5")}


async def test_any_error_of_the_exchange_can_be_the_next_answer_on_both_transports() -> None:
    async with open_client() as client, client.private_wire() as wire:
        client.sim.faults.refuse_next("AddOrder", "EService:Throttled: 1741500000", times=2)
        client.sim.faults.refuse_next("Balance", "EAPI:Invalid nonce")
        client.sim.faults.refuse_next("add_order", "EService:Timeout", carried_out=True)
        refused = [await client.private("AddOrder", **ORDER), await wire.ask("add_order", **LIMIT)]
        placed = await wire.ask("add_order", **LIMIT)
        balances = [(await client.private("Balance"))["error"] for _ in range(2)]

    assert [refused[0]["error"], refused[1]["error"]] == [["EService:Throttled: 1741500000"], "EService:Throttled: 1741500000"]
    assert (placed["error"], len(client.sim.exchange.orders)) == ("EService:Timeout", 1)
    assert balances == [["EAPI:Invalid nonce"], []]


async def test_frames_and_answers_may_have_other_orders_of_keys_and_unknown_ones() -> None:
    async with open_client() as client, client.public_wire() as wire:
        client.sim.faults.unknown_fields = True
        await wire.send("subscribe", 1, channel="book", symbol=["BTC/USD"], depth=10)
        texts = [await wire.text() for _ in range(3)]
        answer = await client.public("Time")
        client.sim.faults.unknown_fields = False
        plain = await client.public("Time")

    snapshot = next(text for text in texts if '"snapshot","channel"' in text)
    assert snapshot.startswith('{"unheard_of":')
    assert '"price":100.' in snapshot or '"price":99.' in snapshot
    assert list(answer) == ["unheard_of", "result", "error"]
    assert list(plain) == ["error", "result"]


async def test_another_program_with_the_same_key_takes_nonces_away() -> None:
    async with open_client() as client:
        assert (await client.private("Balance"))["error"] == []
        client.sim.faults.use_nonce(1_000)

        assert (await client.private("Balance"))["error"] == ["EAPI:Invalid nonce"]
