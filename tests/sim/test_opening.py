"""Opening and closing the simulator."""

import socket
import ssl
from collections.abc import Callable
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path

import attrs
import pytest
import trio
import trustme
from support.sim_client import QUIET, open_client
from trio.testing import MockClock

from seawall.model.orders import Side
from seawall.sim import LevelChange, MarketInput, SimSettings, open_sim
from seawall.sim.opening import Clockwork


@pytest.fixture
def tls(tmp_path: Path) -> tuple[SimSettings, ssl.SSLContext]:
    """Settings with a certificate for this machine, and a context that trusts it."""
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    chain, key = tmp_path / "chain.pem", tmp_path / "key.pem"
    for part in certificate.cert_chain_pems:
        part.write_to_path(chain, append=True)
    certificate.private_key_pem.write_to_path(key)
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return attrs.evolve(QUIET, certificate=chain, key=key), context


async def test_all_addresses_may_speak_tls(tls: tuple[SimSettings, ssl.SSLContext]) -> None:
    settings, context = tls
    async with open_client(settings, context) as client:
        assert client.sim.addresses.rest.startswith("https://")
        assert client.sim.addresses.public.startswith("wss://")
        assert (await client.result("Balance"))["ZUSD"] == "10000.0000"
        async with client.private_wire() as wire:
            assert (await wire.subscribe("balances"))["sequence"] == 1


async def test_a_client_that_speaks_no_tls_disturbs_nobody(tls: tuple[SimSettings, ssl.SSLContext]) -> None:
    settings, context = tls
    async with open_client(settings, context) as client:
        port = int(client.sim.addresses.rest.rpartition(":")[2])
        stream = await trio.open_tcp_stream("127.0.0.1", port)
        async with stream:
            await stream.send_all(b"GET / HTTP/1.1\r\n\r\n")
            with trio.move_on_after(2):
                while await stream.receive_some():
                    pass
        assert (await client.public("Time"))["error"] == []


async def test_closing_says_goodbye_and_leaves_no_task(recwarn: pytest.WarningsRecorder) -> None:
    before = trio.lowlevel.current_statistics().tasks_living
    async with open_sim(QUIET) as sim:
        stream = await trio.open_tcp_stream("127.0.0.1", int(sim.addresses.public.split(":")[2].split("/")[0]))
        await stream.send_all(
            b"GET /v2 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        received = bytearray()
        while b"online" not in received:
            received += await stream.receive_some()
    while chunk := await stream.receive_some():
        received += chunk
    await stream.aclose()

    # 0x88 starts a close frame, 1001 is "going away".
    assert b"\x88" in received
    assert (1001).to_bytes(2, "big") in received
    assert trio.lowlevel.current_statistics().tasks_living == before


async def test_a_client_that_reads_nothing_does_not_hold_up_the_end() -> None:
    settings = attrs.evolve(QUIET, events_per_s=2_000.0, close_s=0.3)
    with trio.fail_after(20):
        async with open_client(settings) as client, client.public_wire() as wire:
            for depth in (10, 25, 100, 500, 1000):
                await wire.send("subscribe", channel="book", symbol=["BTC/USD", "ETH/USD"], depth=depth)
            # trio-websocket stops reading when its queue of one message is full; the rest fills the stream.
            await trio.sleep(0.5)
            ending_s = trio.current_time()

    assert trio.current_time() - ending_s < 2


async def test_a_canceled_user_still_has_an_exchange_to_cancel_orders_at() -> None:
    canceled: list[object] = []
    with trio.CancelScope() as scope:
        async with open_client() as client:
            await client.result("AddOrder", pair="XBTUSD", type="buy", ordertype="limit", volume="1", price="90.0")
            try:
                scope.cancel()
                await trio.sleep_forever()
            finally:
                with trio.move_on_after(5, shield=True):
                    canceled.append(await client.result("CancelAll"))

    assert canceled == [{"count": 1}]


def four_free_ports() -> int:
    """The first of four ports in a row that are free, or were a moment ago."""
    for port in range(24_000, 60_000, 7):
        with ExitStack() as stack:
            try:
                for place in range(4):
                    probe = stack.enter_context(socket.socket())
                    probe.bind(("127.0.0.1", port + place))
            except OSError:
                continue
            return port
    raise AssertionError("no four free ports in a row")


async def test_ports_follow_each_other_from_the_one_that_was_asked_for() -> None:
    port = four_free_ports()
    async with open_sim(attrs.evolve(QUIET, port=port)) as sim:
        assert sim.addresses.rest == f"http://127.0.0.1:{port}"
        assert sim.addresses.public == f"ws://127.0.0.1:{port + 1}/v2"
        assert sim.addresses.private == f"ws://127.0.0.1:{port + 2}/v2"
        assert sim.addresses.level3 == f"ws://127.0.0.1:{port + 3}/v2"


@pytest.mark.parametrize("taken", [0, 1, 2, 3])
async def test_a_port_that_is_taken_is_an_error_and_leaves_no_door_open(taken: int) -> None:
    port = four_free_ports()
    with socket.socket() as other:
        other.bind(("127.0.0.1", port + taken))
        other.listen()
        with pytest.raises(OSError, match="in use"):
            async with open_sim(attrs.evolve(QUIET, port=port)):
                raise AssertionError("two listeners on one port")


@attrs.define(eq=False)
class Handmade:
    """A source that says one level when told to, and then ends."""

    say: trio.Event = attrs.field(factory=trio.Event)

    def prepare(self, market: MarketInput) -> None:
        levels = [LevelChange(Side.SELL, Decimal("101.0"), Decimal(1))]
        market.change_book("BTC/USD", levels, snapshot=True, at_ns=market.exchange.now_ns())

    async def run(self, market: MarketInput) -> None:
        await self.say.wait()
        levels = [LevelChange(Side.SELL, Decimal("100.5"), Decimal(2))]
        market.change_book("BTC/USD", levels, snapshot=False, at_ns=market.exchange.now_ns())
        market.print_trade("BTC/USD", Side.BUY, Decimal("100.5"), Decimal(3))


async def test_any_source_can_feed_the_market() -> None:
    source = Handmade()
    with trio.fail_after(10):
        async with open_sim(QUIET, source) as sim:
            source.say.set()
            await trio.testing.wait_all_tasks_blocked()

            assert sim.market.feed.shown("BTC/USD").asks(10) == [("100.5", "2"), ("101.0", "1")]
            assert sim.exchange.statistics().trades_printed == 1


@attrs.define(eq=False)
class Broken:
    """A source with a bug."""

    def prepare(self, market: MarketInput) -> None:
        """Nothing to prepare."""

    async def run(self, market: MarketInput) -> None:
        raise ZeroDivisionError(f"a bug in a source of {market}")


async def test_a_source_that_fails_ends_the_simulator_loudly() -> None:
    with pytest.RaisesGroup(ZeroDivisionError, flatten_subgroups=True):
        async with open_sim(QUIET, Broken()):
            await trio.sleep_forever()


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        (lambda: SimSettings(certificate=Path("x")), "certificate, key"),
        (lambda: SimSettings(port=70_000), "port"),
        (lambda: SimSettings(speed=0.0), "speed"),
        (lambda: SimSettings(events_per_s=-1.0), "events_per_s"),
        (lambda: SimSettings(balances={"USD": "a lot"}), r"balances\.USD"),
    ],
)
def test_bad_settings_are_named(settings: Callable[[], SimSettings], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        settings()


async def test_a_simulator_can_be_looked_at() -> None:
    async with open_sim(QUIET) as sim:
        assert "orders_open=0" in repr(sim)
        assert sim.api_secret not in repr(sim)


@attrs.define(eq=False)
class _Overdue:
    """An exchange that has something to do, and cannot."""

    looks: int = 0

    def tick(self) -> None:
        self.looks += 1

    def next_due_ns(self) -> int:
        return 1

    def now_ns(self) -> int:
        return 2


async def test_what_is_overdue_and_cannot_be_done_is_looked_at_now_and_then(autojump_clock: MockClock) -> None:
    exchange = _Overdue()
    with trio.move_on_after(10):
        await Clockwork(exchange).run()

    assert 10 <= exchange.looks <= 12
