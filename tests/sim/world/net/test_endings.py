"""How connections end, are broken, and fall silent."""

from collections.abc import Awaitable, Callable
from random import Random

import pytest
import trio
from support.netlab import Lab, Pair

from seawall.sim.world.hosts import HostDied
from seawall.sim.world.net.link import WINDOW_BYTES


async def silent(stream: trio.SocketStream, for_s: float = 3_000.0) -> bool:
    """Whether nothing at all comes for that long."""
    with trio.move_on_after(for_s) as scope:
        await stream.receive_some()
    return scope.cancelled_caught


def test_who_closes_is_read_to_the_end(lab: Lab) -> None:
    async def main() -> None:
        pair = await lab.pair()
        await pair.theirs.send_all(b"bye")
        await pair.theirs.aclose()
        assert await pair.ours.receive_some() == b"bye"
        assert await pair.ours.receive_some() == b""

    lab.run(main)
    assert lab.kinds() == ["connect", "accepted", "closed"]
    assert lab.told("closed") == ["connection 1 by kraken, which has sent 3 bytes"]


def test_what_is_sent_to_a_closed_socket_is_answered_with_a_reset(lab: Lab) -> None:
    async def main() -> None:
        pair = await lab.pair()
        await pair.theirs.aclose()
        await pair.ours.send_all(b"anybody?")
        assert await pair.ours.receive_some() == b""
        await trio.sleep(0.015)
        with pytest.raises(trio.BrokenResourceError, match="reset"):
            await pair.ours.send_all(b"hello?")

    lab.run(main)


def test_who_closes_without_having_read_resets(lab: Lab) -> None:
    async def main() -> None:
        pair = await lab.pair()
        await pair.ours.send_all(b"read me")
        await trio.sleep(0.05)
        await pair.theirs.aclose()
        with pytest.raises(trio.BrokenResourceError, match="reset"):
            await pair.ours.receive_some()

    lab.run(main)


def test_who_closes_before_something_arrives_resets_when_it_does(lab: Lab) -> None:
    async def main() -> float:
        pair = await lab.pair()
        began_s = lab.now_s
        await pair.ours.send_all(b"on its way")
        await pair.theirs.aclose()
        assert await pair.ours.receive_some() == b""
        assert lab.now_s - began_s == pytest.approx(0.01)
        await trio.sleep(0.02)
        with pytest.raises(trio.BrokenResourceError):
            await pair.ours.send_all(b"more")
        return lab.now_s

    lab.run(main)


def test_half_a_connection_may_be_closed(lab: Lab) -> None:
    async def main() -> None:
        pair = await lab.pair()
        await pair.ours.send_eof()
        assert await pair.theirs.receive_some() == b""
        await pair.theirs.send_all(b"still here")
        assert await pair.ours.receive_some() == b"still here"
        with pytest.raises(trio.ClosedResourceError):
            await pair.ours.send_all(b"no")

    lab.run(main)


def test_a_reset_ends_both_sides_where_they_wait(lab: Lab) -> None:
    async def read(stream: trio.SocketStream) -> None:
        with pytest.raises(trio.BrokenResourceError, match="reset"):
            await stream.receive_some()

    async def write(stream: trio.SocketStream) -> None:
        with pytest.raises(trio.BrokenResourceError, match="reset"):
            await stream.send_all(bytes(2 * WINDOW_BYTES))

    async def main() -> None:
        pair = await lab.pair()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(read, pair.ours)
            nursery.start_soon(write, pair.ours)
            nursery.start_soon(read, pair.theirs)
            nursery.start_soon(write, pair.theirs)
            await trio.sleep(0.005)
            assert lab.network.reset("trader", "kraken") == 1

    lab.run(main)
    assert lab.network.statistics().resets == 1
    assert lab.told("reset") == ["connection 1, trader to kraken"]


def test_some_connections_may_be_chosen_by_chance(lab: Lab) -> None:
    async def main() -> tuple[int, int, int]:
        for port in range(1, 41):
            await lab.pair(port=port)
        await lab.pair("trader", "elsewhere")
        some = lab.network.reset("kraken", rng=Random(7), share=0.5)
        return some, lab.network.reset("elsewhere", "kraken"), lab.network.reset("elsewhere")

    some, none, one = lab.run(main)
    assert 10 < some < 30
    assert (none, one) == (0, 1)


def test_a_message_ends_in_its_middle(lab: Lab) -> None:
    async def main() -> bytes:
        pair = await lab.pair()
        assert lab.network.cut_short("kraken", "trader", rng=Random(3)) == 1
        await pair.theirs.send_all(b"x" * 500)
        await pair.ours.send_all(b"the other way is fine")
        assert await pair.theirs.receive_some() == b"the other way is fine"
        received = bytearray()
        while chunk := await pair.ours.receive_some():
            received += chunk
        return bytes(received)

    assert 0 < len(lab.run(main)) < 200
    assert lab.kinds()[-1] == "cut short"


def test_half_open_is_silent_until_the_survivor_speaks(lab: Lab) -> None:
    async def main() -> None:
        pair = await lab.pair()
        assert lab.network.half_open("kraken") == 1
        with pytest.raises(trio.BrokenResourceError):
            await pair.theirs.receive_some()
        await pair.theirs.aclose()
        assert await silent(pair.ours)
        await pair.ours.send_all(b"still there?")
        with pytest.raises(trio.BrokenResourceError):
            await pair.ours.receive_some()

    lab.run(main)


def test_a_connection_that_was_used_while_lost_stays_silent_for_ever(lab: Lab) -> None:
    async def main() -> None:
        used, unused = await lab.pair(port=1), await lab.pair(port=2)
        link = lab.network.link("trader", "kraken")
        link.lost = True
        await used.ours.send_all(b"lost")
        lab.network.heal()
        await used.ours.send_all(b"lost too")
        await used.theirs.send_all(b"and so is the way back")
        async with trio.open_nursery() as nursery:
            nursery.start_soon(silent, used.theirs)
            assert await silent(used.ours)
        await used.ours.aclose()
        await used.theirs.send_all(b"not even that it is closed comes back")
        assert await silent(used.theirs)
        await unused.ours.send_all(b"fine")
        assert await unused.theirs.receive_some() == b"fine"

    lab.run(main)


def test_a_stalled_line_delivers_afterwards(lab: Lab) -> None:
    async def main() -> float:
        pair = await lab.pair()
        link = lab.network.link("kraken", "trader")
        link.stalled = True
        await pair.theirs.send_all(b"late")
        assert await silent(pair.ours, 30)
        link.stalled = False
        before_s = lab.now_s
        assert await pair.ours.receive_some() == b"late"
        return lab.now_s - before_s

    assert lab.run(main) == pytest.approx(0.01)


def test_a_line_that_stalls_under_a_reader_holds_it_up(lab: Lab) -> None:
    async def main() -> float:
        pair = await lab.pair()
        link = lab.network.link("kraken", "trader")
        link.latency_s = 1.0
        await pair.theirs.send_all(b"held up")

        async def stall() -> None:
            await trio.sleep(0.5)
            link.stalled = True
            await trio.sleep(9.5)
            link.stalled = False

        async with trio.open_nursery() as nursery:
            nursery.start_soon(stall)
            began_s = lab.now_s
            await pair.ours.receive_some()
        return lab.now_s - began_s

    assert lab.run(main) == pytest.approx(11.0)


def test_a_reader_that_is_slow_holds_up_the_sender(lab: Lab) -> None:
    async def main() -> float:
        pair = await lab.pair()
        began_s = lab.now_s
        sent_s = began_s

        async def read() -> None:
            await trio.sleep(60)
            read = 0
            while read < 3 * WINDOW_BYTES:
                read += len(await pair.ours.receive_some())

        async with trio.open_nursery() as nursery:
            nursery.start_soon(read)
            await pair.theirs.send_all(bytes(3 * WINDOW_BYTES))
            sent_s = lab.now_s
        return sent_s - began_s

    assert lab.run(main) > 60
    assert lab.network.statistics().largest_unread == WINDOW_BYTES


@pytest.mark.parametrize("ending", [lambda pair: pair.there.die(), lambda pair: pair.there.die("killed at send")])
def test_a_killed_process_is_closed_by_its_system(lab: Lab, ending: Callable[[Pair], None]) -> None:
    async def main() -> None:
        pair = await lab.pair()
        await pair.theirs.send_all(b"last words")
        ending(pair)
        assert await pair.ours.receive_some() == b"last words"
        assert await pair.ours.receive_some() == b""
        with pytest.raises(HostDied):
            await pair.theirs.send_all(b"no more")
        with pytest.raises(HostDied):
            await pair.theirs.receive_some()
        with pytest.raises(HostDied):
            await pair.door.accept()
        with lab.boot("trader").living(), pytest.raises(OSError, match="attempts"):
            await trio.open_tcp_stream(lab.network.ip("kraken"), 443)
        assert lab.network.open_sockets("kraken") == 0

    lab.run(main)


def test_all_that_a_dead_process_waits_for_says_so(lab: Lab) -> None:
    async def dies(wait: Callable[[], Awaitable[object]], done: list[int]) -> None:
        with trio.move_on_after(100, shield=True), pytest.raises(HostDied):
            await wait()
        done.append(1)

    async def main() -> int:
        pair, done = await lab.pair(), list[int]()
        connecting = lab.network._kernel.socket(pair.there)
        await pair.theirs.send_all(bytes(WINDOW_BYTES))
        lab.network.link("kraken", "trader").unheard = True
        async with trio.open_nursery() as nursery:
            nursery.start_soon(dies, pair.theirs.receive_some, done)
            nursery.start_soon(dies, pair.theirs.wait_send_all_might_not_block, done)
            nursery.start_soon(dies, pair.door.accept, done)
            nursery.start_soon(dies, lambda: connecting.connect((lab.network.ip("trader"), 1)), done)
            await trio.sleep(1.5)
            assert not done
            pair.there.die()
        return sum(done)

    assert lab.run(main) == 4
    assert lab.now_s < 2


def test_a_power_cut_is_silence_and_a_reset_once_the_machine_is_back(lab: Lab) -> None:
    async def main() -> None:
        pair = await lab.pair()
        pair.there.die("power cut")
        await pair.ours.send_all(b"hello?")
        assert await silent(pair.ours)
        with lab.boot("trader").living(), trio.move_on_after(20) as scope:
            await trio.open_tcp_stream(lab.network.ip("kraken"), 443)
        assert scope.cancelled_caught
        with lab.boot("kraken").living():
            await trio.open_tcp_listeners(443, host="0.0.0.0")
        await pair.ours.send_all(b"and now?")
        with pytest.raises(trio.BrokenResourceError):
            await pair.ours.receive_some()
        with lab.boot("trader").living():
            await trio.open_tcp_stream(lab.network.ip("kraken"), 443)

    lab.run(main)


def test_the_network_may_end_a_process_itself(lab: Lab) -> None:
    async def main() -> None:
        first, second = await lab.pair(), await lab.pair("console", "market")
        lab.network.drop("kraken")
        lab.network.vanish("market")
        lab.network.vanish("nobody")
        assert not first.there.alive
        assert not second.there.alive
        assert await first.ours.receive_some() == b""
        assert await silent(second.ours)

    lab.run(main)


@pytest.mark.parametrize("point", range(1, 9))
def test_a_process_may_die_around_each_byte(lab: Lab, point: int) -> None:
    """Dead at any point, it has sent what left before, and nothing after."""

    async def talk(pair: Pair) -> None:
        with pair.here.living():
            for word in (b"one ", b"two ", b"three "):
                await pair.ours.send_all(word)
            await pair.ours.receive_some()
            await trio.sleep_forever()

    async def main() -> bytes:
        pair, heard = await lab.pair(), bytearray()
        machine = pair.here.machine
        machine.die_at = machine.io_points + point
        async with trio.open_nursery() as nursery:
            nursery.start_soon(talk, pair)
            await pair.theirs.send_all(b"echo")
            with trio.move_on_after(10) as patience:
                while chunk := await pair.theirs.receive_some():
                    heard += chunk
            assert patience.cancelled_caught == pair.here.alive == (point == 8)
            pair.here.die()
        return bytes(heard)

    # a point before and one after each send, one after the read, and one that never comes
    assert lab.run(main) == b"one two three "[: (0, 4, 4, 8, 8, 14, 14, 14)[point - 1]]
    assert lab.network.open_sockets("trader") == 0
