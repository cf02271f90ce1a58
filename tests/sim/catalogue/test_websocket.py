"""What faults of WebSockets do to a plain client."""

from collections.abc import Awaitable, Callable

import pytest
import trio
from support.sim_client import Frame
from support.theatre import LIMIT, Theatre, once, play
from trio_websocket import ConnectionClosed

from seawall.sim.catalogue import RunningPlan
from seawall.sim.catalogue.websocket import WEBSOCKET
from seawall.sim.server.raw import raw_head

Check = Callable[[Theatre], Awaitable[None]]

THROWN: dict[str, tuple[bytes, ...]] = {
    "ws-garbage": (b"CloudFlare WebSocket proxy restarting", b"\x81\x01{", b"\x81\x01\x00", b"NaN,,"),
    "ws-not-utf8": (b'{"channel":"\xff\xfe"}',),
    "ws-binary": (b"\x82\x40",),
    "ws-oversize": (raw_head(16 * 2**20),),
    "ws-unfinished": (b'\x01\x0b{"channel":',),
    "ws-fin-in-frame": (b'{"channel":"book"',),
    "ws-pings": (b"\x89\x0dare you there" * 300,),
}

ON_THE_WAY: dict[str, Callable[[list[int]], bool]] = {
    "ws-duplicate": lambda numbers: len(set(numbers)) < len(numbers),
    "ws-reorder": lambda numbers: numbers != sorted(numbers),
    "ws-gap": lambda numbers: numbers == sorted(set(numbers)) and numbers != list(range(numbers[0], numbers[-1] + 1)),
}
"""What can be said of the numbers of a private channel."""


async def executions(theatre: Theatre, count: int = 60) -> list[int]:
    """The numbers of what a private channel says, while orders are placed through another."""
    numbers: list[int] = []
    async with theatre.wire(private=True) as wire, trio.open_nursery() as nursery:
        await wire.subscribe("executions")

        async def read() -> None:
            while True:
                numbers.append((await wire.channel("executions"))["sequence"])

        nursery.start_soon(read)
        async with theatre.wire(private=True) as other:
            for _ in range(count):
                await other.ask("add_order", **LIMIT | {"order_qty": 0.01})
                await trio.sleep(0.5)
        await trio.sleep(2)
        nursery.cancel_scope.cancel()
    return numbers


async def a_channel_comes_in_bursts(theatre: Theatre) -> None:
    (channel,) = theatre.sim.faults.frames.held
    assert channel in {"executions", "book", "balances", "ticker"}
    theatre.sim.faults.frames.held.add("executions")
    gaps_s = []
    async with theatre.wire(private=True) as wire, theatre.wire(private=True) as other:
        await wire.send("subscribe", channel="executions")
        await wire.channel("executions")
        for _ in range(6):
            began_s = trio.current_time()
            await other.ask("add_order", **LIMIT)
            answered_s = trio.current_time()
            assert answered_s - began_s < 1
            await wire.channel("executions")
            gaps_s.append(trio.current_time() - answered_s)
    assert max(gaps_s) > 0.5


async def frames_of_strange_kinds_come(theatre: Theatre) -> None:
    stream = await theatre.raw(theatre.sim.addresses.public)
    heard = await theatre.hears(stream, 120)
    assert sum(word in heard for word in (b"moonphase", b"merge", b"reboot", b"blessed", b"\x81\x02[]", b"\x81\x04null")) >= 3


async def checksums_are_wrong(theatre: Theatre) -> None:
    spoilt = theatre.sim.faults._checksums
    await trio.sleep(30)
    (symbol,) = spoilt
    assert list(theatre.sim.faults.mangle_book(symbol, '{"checksum":1}')) == ['{"checksum":2}']
    assert "wrong checksum" in theatre.facts[-1].text


async def sockets_end(theatre: Theatre) -> None:
    async with theatre.wire() as wire:
        await wire.send("subscribe", None, channel="instrument")
        with pytest.raises(ConnectionClosed):
            await wire.drain()


async def no_byte_comes(theatre: Theatre) -> None:
    (door,) = theatre.sim.faults.silent
    said = await theatre.shake_hands(30), await theatre.place_on_socket()
    assert said == (("nothing", ("ok", True)) if door == "public" else ("ok", ("nothing", False)))


async def one_channel_is_silent(theatre: Theatre) -> None:
    frames = theatre.sim.faults.frames
    ((channel, symbol),) = frames.muted
    frames.muted.add(("executions", None))
    assert await theatre.place_on_socket() == ("ok", True)
    async with theatre.wire(private=True) as wire:
        await wire.send("subscribe", channel="executions")
        assert (await wire.answer("subscribe"))["success"]
        await wire.send("add_order", **LIMIT)
        assert (await wire.next(lambda frame: frame.get("channel") not in {"heartbeat", "status"}))["method"] == "add_order"
    assert (symbol is None) == (channel in {"executions", "balances"})


async def one_subscription_is_refused(theatre: Theatre) -> None:
    ((channel, symbol),) = theatre.sim.faults.refused_subscriptions
    private = channel == "executions"
    async with theatre.wire(private=private) as wire:
        symbols = [""] if private else sorted(theatre.sim.exchange.pairs)
        fields: Frame = {} if private else {"symbol": symbols}
        await wire.send("subscribe", None, channel=channel, **fields)
        answers = [await wire.answer("subscribe") for _ in symbols]
        other = await wire.ask("subscribe", channel="balances" if private else "instrument")
    assert [answer.get("error") for answer in answers].count("EService:Busy") == 1
    assert [answer.get("symbol", "") for answer in answers if "error" in answer] == [symbol]
    assert other["success"]


async def handshakes_get_no_answer(theatre: Theatre) -> None:
    assert await theatre.shake_hands(100) == "nothing"
    assert await theatre.get() == "ok"
    # Whoever gave up is forgotten, though nobody answered.
    await trio.sleep(1)
    assert theatre.world.network.open_sockets("kraken") == theatre.world.network.open_sockets("trader")


async def handshakes_get_429(theatre: Theatre) -> None:
    assert await theatre.client.knock(theatre.sim.addresses.public) == 429


async def handshakes_get_503(theatre: Theatre) -> None:
    assert await theatre.client.knock(theatre.sim.addresses.public) == 503


async def handshakes_are_answered_wrongly(theatre: Theatre) -> None:
    stream = await theatre.raw(theatre.sim.addresses.public)
    await trio.aclose_forcefully(stream)
    assert await theatre.shake_hands() != "ok"


async def sockets_are_closed_at_once(theatre: Theatre) -> None:
    stream = await theatre.raw(theatre.sim.addresses.public)
    assert await theatre.hears(stream, 30) == b"\x88\x02\x03\xe9"


async def goodbyes_get(theatre: Theatre) -> bytes:
    stream = await theatre.raw(theatre.sim.addresses.public)
    await theatre.hears(stream, 1)
    await stream.send_all(b"\x88\x82\0\0\0\0\x03\xe8")
    heard = await theatre.hears(stream, 30)
    with trio.move_on_after(10) as waiting:
        await stream.receive_some(1)
    assert waiting.cancelled_caught, "the connection ended"
    return heard


async def goodbyes_get_a_long_message(theatre: Theatre) -> None:
    assert (await goodbyes_get(theatre)).startswith(raw_head(16 * 2**20) + b"   ")


async def goodbyes_get_nothing(theatre: Theatre) -> None:
    assert await goodbyes_get(theatre) == b""


CHECKS: dict[str, Check] = {
    "ws-delay": a_channel_comes_in_bursts,
    "ws-news": frames_of_strange_kinds_come,
    "ws-checksum": checksums_are_wrong,
    "ws-closed": sockets_end,
    "ws-silent": no_byte_comes,
    "ws-silent-channel": one_channel_is_silent,
    "ws-partial-refusal": one_subscription_is_refused,
    "ws-upgrade-hangs": handshakes_get_no_answer,
    "ws-upgrade-429": handshakes_get_429,
    "ws-upgrade-503": handshakes_get_503,
    "ws-upgrade-wrong": handshakes_are_answered_wrongly,
    "ws-closed-at-once": sockets_are_closed_at_once,
    "ws-oversize-goodbye": goodbyes_get_a_long_message,
    "ws-no-goodbye": goodbyes_get_nothing,
}


def test_every_fault_has_its_test() -> None:
    assert {*CHECKS, *THROWN, *ON_THE_WAY} == {kind.name for kind in WEBSOCKET}


def while_it_lasts(name: str, check: Check) -> None:
    async def main(theatre: Theatre) -> None:
        async with trio.open_nursery() as nursery:
            running = RunningPlan(theatre.stage, (once(name),))
            nursery.start_soon(running.run)
            await trio.sleep(0.1)
            await check(theatre)
            running.heal()
        await theatre.works()

    play(main)


@pytest.mark.parametrize("name", CHECKS)
def test_what_it_does(name: str) -> None:
    while_it_lasts(name, CHECKS[name])


@pytest.mark.parametrize("name", THROWN)
def test_what_is_thrown_at_sockets(name: str) -> None:
    async def check(theatre: Theatre) -> None:
        heard = b""
        for url in (theatre.sim.addresses.public, theatre.sim.addresses.private):
            stream = await theatre.raw(url)
            heard += await theatre.hears(stream, 40)
            await trio.aclose_forcefully(stream)
        assert any(data in heard for data in THROWN[name])

    while_it_lasts(name, check)


@pytest.mark.parametrize("name", ON_THE_WAY)
def test_what_becomes_of_frames(name: str) -> None:
    async def check(theatre: Theatre) -> None:
        assert ON_THE_WAY[name](await executions(theatre, 250))

    while_it_lasts(name, check)
