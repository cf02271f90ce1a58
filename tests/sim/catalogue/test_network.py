"""What faults of the network do to a plain client."""

from collections.abc import Awaitable, Callable

import pytest
import trio
from support.theatre import Theatre, once, play

from seawall.sim.catalogue import RunningPlan
from seawall.sim.catalogue.network import NETWORK

Check = Callable[[Theatre, trio.SocketStream], Awaitable[None]]

INSTRUMENTS = '{"method":"subscribe","params":{"channel":"instrument"}}'
PING = '{"method":"ping"}'


def masked(text: str) -> bytes:
    data = text.encode()
    return bytes((0x81, 0x80 | len(data))) + bytes(4) + data


async def ask(stream: trio.SocketStream, text: str, within_s: float) -> bytes:
    """Ask on an open socket; what came, in one read; b"" at the end, and after so long."""
    await stream.send_all(masked(text))
    with trio.move_on_after(within_s):
        return bytes(await stream.receive_some(65_536))
    return b"nothing"


async def ping_for_ever(stream: trio.SocketStream) -> None:
    while True:
        await ask(stream, PING, 5)


async def timed(ask_for: Callable[[], Awaitable[str]]) -> tuple[str, float]:
    began_s = trio.current_time()
    return await ask_for(), trio.current_time() - began_s


async def open_sockets_are_reset(theatre: Theatre, stream: trio.SocketStream) -> None:
    with pytest.raises(trio.BrokenResourceError):
        await ping_for_ever(stream)


async def open_sockets_end_in_a_message(theatre: Theatre, stream: trio.SocketStream) -> None:
    heard = b""
    with trio.fail_after(100):
        while data := await ask(stream, INSTRUMENTS, 5):
            heard += data
    assert not heard.endswith(b"}")


async def open_sockets_are_silent_for_ever(theatre: Theatre, stream: trio.SocketStream) -> None:
    await trio.sleep(60)
    assert await _silent_or_reset(stream)
    assert await theatre.get() == "ok"


async def _silent_or_reset(stream: trio.SocketStream) -> bool:
    try:
        return await ask(stream, PING, 100) == b"nothing"
    except trio.BrokenResourceError:
        return True


async def open_sockets_are_lost_here_alone(theatre: Theatre, stream: trio.SocketStream) -> None:
    with pytest.raises(trio.BrokenResourceError):
        await ping_for_ever(stream)
    await trio.aclose_forcefully(stream)
    await trio.sleep(10)
    assert theatre.world.network.open_sockets("kraken") > theatre.world.network.open_sockets("trader")


async def nothing_arrives_and_then_all_of_it(theatre: Theatre, stream: trio.SocketStream) -> None:
    assert await theatre.get(within_s=30) == "nothing"
    assert await ask(stream, PING, 30) == b"nothing"
    theatre.stage.heal()
    assert b"pong" in await theatre.hears(stream, 5)


async def used_sockets_are_silent_even_afterwards(theatre: Theatre, stream: trio.SocketStream) -> None:
    assert await ask(stream, PING, 30) == b"nothing"
    theatre.stage.heal()
    assert await ask(stream, PING, 30) == b"nothing"
    assert await theatre.get() == "ok"


async def new_connections_wait_and_old_ones_live(theatre: Theatre, stream: trio.SocketStream) -> None:
    # One of them may be among those that were reset first.
    assert await theatre.shake_hands(30) == "nothing"
    link = theatre.stage.both_ways[0]
    assert (link.unheard, link.lost, link.stalled) == (True, False, False)
    theatre.stage.heal()
    assert await theatre.shake_hands() == "ok"


async def connections_are_refused(theatre: Theatre, stream: trio.SocketStream) -> None:
    assert await theatre.get() == "refused to connect"
    assert theatre.world.network.statistics().refused > 0


async def connections_are_closed_unread(theatre: Theatre, stream: trio.SocketStream) -> None:
    assert await theatre.get() == "cut"
    assert await theatre.shake_hands() != "ok"
    assert await ask(stream, PING, 5) == b""


async def names_are_not_found(theatre: Theatre, stream: trio.SocketStream) -> None:
    assert await theatre.get() == "refused to connect"
    assert "name failed" in theatre.world.trace.counts


async def names_take_long(theatre: Theatre, stream: trio.SocketStream) -> None:
    said, took_s = await timed(lambda: theatre.get(within_s=60))
    assert said == "ok"
    assert took_s >= 3.0


async def answers_take_long(theatre: Theatre, stream: trio.SocketStream) -> None:
    assert (await timed(theatre.get))[1] >= 0.4


async def answers_take_now_more_now_less(theatre: Theatre, stream: trio.SocketStream) -> None:
    took_s = [(await timed(theatre.get))[1] for _ in range(8)]
    assert max(took_s) - min(took_s) > 0.02


async def long_answers_take_long(theatre: Theatre, stream: trio.SocketStream) -> None:
    shorter, longer = (await timed(theatre.get))[1], (await timed(lambda: theatre.get("AssetPairs", 600)))[1]
    assert longer > shorter + 0.02


async def bytes_come_one_by_one(theatre: Theatre, stream: trio.SocketStream) -> None:
    assert len(await ask(stream, INSTRUMENTS, 5)) == 1
    assert await theatre.get() == "ok"


async def pieces_are_small(theatre: Theatre, stream: trio.SocketStream) -> None:
    most = theatre.stage.both_ways[0].pieces
    assert most is not None
    assert len(await ask(stream, INSTRUMENTS, 5)) <= most


async def stops_and_goes_on(theatre: Theatre, stream: trio.SocketStream) -> None:
    seen = []
    for _ in range(40):
        seen.append(theatre.stage.both_ways[1].stalled)
        await trio.sleep(0.5)
    assert {True, False} == set(seen)
    assert await theatre.get(within_s=60) == "ok"


CHECKS: dict[str, Check] = {
    "reset": open_sockets_are_reset,
    "fin-mid-message": open_sockets_end_in_a_message,
    "corruption": open_sockets_are_reset,
    "half-open": open_sockets_are_silent_for_ever,
    "half-open-there": open_sockets_are_lost_here_alone,
    "stall": nothing_arrives_and_then_all_of_it,
    "stall-one-way": nothing_arrives_and_then_all_of_it,
    "nat-drop": used_sockets_are_silent_even_afterwards,
    "loss-one-way": used_sockets_are_silent_even_afterwards,
    "syn-loss": new_connections_wait_and_old_ones_live,
    "refused": connections_are_refused,
    "turned-away": connections_are_closed_unread,
    "dns-fails": names_are_not_found,
    "dns-slow": names_take_long,
    "latency": answers_take_long,
    "jitter": answers_take_now_more_now_less,
    "narrow-line": long_answers_take_long,
    "single-bytes": bytes_come_one_by_one,
    "odd-pieces": pieces_are_small,
    "stutter": stops_and_goes_on,
}


def test_every_fault_has_its_test() -> None:
    assert set(CHECKS) == {kind.name for kind in NETWORK}


@pytest.mark.parametrize("name", CHECKS)
def test_what_it_does(name: str) -> None:
    async def main(theatre: Theatre) -> None:
        stream = await theatre.raw(theatre.sim.addresses.public)
        await theatre.hears(stream, 0.5)
        async with trio.open_nursery() as nursery:
            running = RunningPlan(theatre.stage, (once(name),))
            nursery.start_soon(running.run)
            await trio.sleep(0.1)
            await CHECKS[name](theatre, stream)
            running.heal()
        await trio.aclose_forcefully(stream)
        await theatre.works()

    play(main)
