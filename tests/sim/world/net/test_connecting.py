"""Names, connections that come about, and those that do not."""

import errno
import socket

import pytest
import trio
from support.netlab import Lab

from seawall.sim.world.hosts import HostDied


async def door(lab: Lab, backlog: int | None = None) -> trio.SocketListener:
    """An open port of the exchange."""
    with lab.boot("kraken").living():
        return (await trio.open_tcp_listeners(443, host="0.0.0.0", backlog=backlog))[0]


def test_a_connection_takes_a_round_trip(lab: Lab) -> None:
    lab.network.link("trader", "kraken").latency_s = 0.03
    lab.network.link("kraken", "trader").latency_s = 0.05

    async def main() -> float:
        await door(lab)
        with lab.boot("trader").living():
            await trio.open_tcp_stream(lab.network.ip("kraken"), 443)
        return lab.now_s

    assert lab.run(main) == pytest.approx(0.08)
    assert lab.told("connect") == ["trader:32768 to kraken:443"]


def test_a_machine_is_found_by_its_names(lab: Lab) -> None:
    lab.network.name("api.example", "kraken")

    async def main() -> None:
        await door(lab)
        with lab.boot("trader").living():
            for name in ("kraken", "kraken.world", "KRAKEN.world", "api.example"):
                before_s = lab.now_s
                stream = await trio.open_tcp_stream(name, 443)
                assert stream.socket.getpeername() == (lab.network.ip("kraken"), 443)
                assert lab.now_s - before_s == pytest.approx(0.025)
            assert await trio.socket.getnameinfo((lab.network.ip("kraken"), 443), 0) == ("kraken", "443")

    lab.run(main)


def test_a_name_that_nobody_has_is_an_error(lab: Lab) -> None:
    async def main() -> None:
        with lab.boot("trader").living(), pytest.raises(socket.gaierror) as caught:
            await trio.open_tcp_stream("kraken.example", 443)
        assert caught.value.errno == socket.EAI_NONAME

    lab.run(main)


def test_names_may_fail_for_a_while(lab: Lab) -> None:
    async def main() -> None:
        await door(lab)
        lab.network.names_fail = True
        with lab.boot("trader").living():
            with pytest.raises(socket.gaierror) as caught:
                await trio.open_tcp_stream("kraken.world", 443)
            assert caught.value.errno == socket.EAI_AGAIN
            await trio.open_tcp_stream(lab.network.ip("kraken"), 443)
            lab.network.heal()
            await trio.open_tcp_stream("kraken.world", 443)

    lab.run(main)
    assert lab.told("name failed") == ["trader cannot look up kraken.world"]


def test_a_port_where_nobody_listens_refuses(lab: Lab) -> None:
    async def main() -> float:
        lab.boot("kraken")
        lab.network.ip("kraken")
        with lab.boot("trader").living(), trio.socket.socket() as ours, pytest.raises(ConnectionRefusedError):
            await ours.connect((lab.network.ip("kraken"), 443))
        return lab.now_s

    assert lab.run(main) == pytest.approx(0.02)
    assert lab.network.statistics().refused == 1
    assert lab.kinds() == ["connect", "refused"]


def test_a_machine_may_refuse_whoever_listens(lab: Lab) -> None:
    async def main() -> None:
        await door(lab)
        with lab.boot("trader").living():
            lab.network.refuse("kraken")
            with pytest.raises(OSError, match="all attempts to connect"):
                await trio.open_tcp_stream("kraken", 443)
            lab.network.refuse("kraken", refused=False)
            await trio.open_tcp_stream("kraken", 443)

    lab.run(main)


def test_an_address_that_no_machine_has_is_not_reached(lab: Lab) -> None:
    async def main() -> None:
        with lab.boot("trader").living(), trio.socket.socket() as ours, pytest.raises(OSError, match="No route") as caught:
            await ours.connect(("10.9.9.9", 443))
        assert caught.value.errno == errno.EHOSTUNREACH

    lab.run(main)


@pytest.mark.parametrize("knob", ["lost", "unheard", "stalled"])
@pytest.mark.parametrize("way", [("trader", "kraken"), ("kraken", "trader")])
def test_a_lost_packet_is_sent_again_until_the_line_is_well(lab: Lab, knob: str, way: tuple[str, str]) -> None:
    link = lab.network.link(*way)
    setattr(link, knob, True)

    async def heal() -> None:
        await trio.sleep(5)
        link.heal()

    async def main() -> float:
        await door(lab)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(heal)
            with lab.boot("trader").living():
                await trio.open_tcp_stream(lab.network.ip("kraken"), 443)
        return lab.now_s

    # Linux tries after 1, 3 and 7 seconds; the line is well after 5
    assert lab.run(main) == pytest.approx(7.02)


def test_a_line_that_stays_silent_costs_two_minutes(lab: Lab) -> None:
    lab.network.link("trader", "kraken").lost = True

    async def main() -> float:
        await door(lab)
        with lab.boot("trader").living(), trio.socket.socket() as ours, pytest.raises(TimeoutError):
            await ours.connect((lab.network.ip("kraken"), 443))
        return lab.now_s

    assert lab.run(main) == pytest.approx(127)
    assert lab.kinds() == ["connect", "timed out"]


def test_a_full_backlog_answers_nobody(lab: Lab) -> None:
    async def main() -> float:
        listener = await door(lab, backlog=1)
        with lab.boot("trader").living():
            await trio.open_tcp_stream(lab.network.ip("kraken"), 443)
            with trio.move_on_after(0.5) as scope:
                await trio.open_tcp_stream(lab.network.ip("kraken"), 443)
            assert scope.cancelled_caught
            async with trio.open_nursery() as nursery:
                nursery.start_soon(trio.open_tcp_stream, lab.network.ip("kraken"), 443)
                await trio.sleep(0.5)
                await listener.accept()
        return lab.now_s

    assert lab.run(main) == pytest.approx(0.02 + 0.5 + 1.02)


def test_who_gives_up_leaves_nothing_open(lab: Lab) -> None:
    async def main() -> None:
        listener = await door(lab)
        with lab.boot("trader").living():
            with trio.move_on_after(0.015):
                await trio.open_tcp_stream(lab.network.ip("kraken"), 443)
            assert lab.network.open_sockets("trader") == 0
            theirs = await listener.accept()
            assert await theirs.receive_some() == b""

    lab.run(main)


def test_a_machine_reaches_itself_at_once(lab: Lab) -> None:
    async def main() -> None:
        with lab.boot("kraken").living():
            await trio.open_tcp_listeners(443, host="127.0.0.1")
            await trio.open_tcp_stream("127.0.0.1", 443)
            assert lab.now_s == 0.0
            with pytest.raises(OSError, match="all attempts"):
                await trio.open_tcp_stream(lab.network.ip("kraken"), 443)

    lab.run(main)


def test_a_closed_port_ends_who_waits_at_it(lab: Lab) -> None:
    async def main() -> None:
        listener = await door(lab)
        async with trio.open_nursery() as nursery:

            async def accept() -> None:
                with pytest.raises(trio.ClosedResourceError):
                    await listener.accept()

            nursery.start_soon(accept)
            await trio.sleep(1)
            await listener.aclose()

    lab.run(main)


@pytest.mark.parametrize("point", ["look up", "looked up", "connect", "connected"])
def test_a_process_may_die_at_each_step_of_connecting(lab: Lab, point: str) -> None:
    async def main() -> None:
        await door(lab)
        host = lab.boot("trader")
        host.machine.die_at = ["look up", "looked up", "connect", "connected"].index(point) + 1
        died: list[str] = []
        host.on_death.append(died.append)
        with host.living():
            await trio.open_tcp_stream("kraken", 443)
        assert died == [f"killed at {point}"]
        assert lab.network.open_sockets("trader") == 0
        with pytest.raises(HostDied):
            host.io("anything")

    lab.run(main)


def test_who_connects_without_caring_for_a_port_gets_one_after_another(lab: Lab) -> None:
    async def main() -> list[int]:
        with lab.boot("kraken").living():
            listeners = [(await trio.open_tcp_listeners(0, host="0.0.0.0"))[0] for _ in range(3)]
            lab.network._kernel.places._next_ports["kraken"] = 60_999
            listeners += [(await trio.open_tcp_listeners(0, host="0.0.0.0"))[0] for _ in range(2)]
        return [listener.socket.getsockname()[1] for listener in listeners]

    assert lab.run(main) == [32_768, 32_769, 32_770, 60_999, 32_771]


def test_two_sockets_bound_before_either_listens_are_not_both_opened(lab: Lab) -> None:
    async def main() -> None:
        host = lab.boot("kraken")
        first, second = lab.network._kernel.socket(host), lab.network._kernel.socket(host)
        await first.bind(("0.0.0.0", 80))
        await second.bind(("127.0.0.1", 80))
        first.listen()
        with pytest.raises(OSError, match="in use"):
            second.listen()

    lab.run(main)


def test_one_port_may_be_open_for_each_address_of_a_machine(lab: Lab) -> None:
    async def main() -> None:
        with lab.boot("kraken").living():
            inside = (await trio.open_tcp_listeners(80, host="127.0.0.1"))[0]
            outside = (await trio.open_tcp_listeners(80, host=lab.network.ip("kraken")))[0]
            await trio.open_tcp_stream("127.0.0.1", 80)
            await inside.accept()
            await inside.aclose()
            await trio.open_tcp_stream(lab.network.ip("kraken"), 80)
            await outside.accept()

    lab.run(main)


def test_connections_that_nobody_has_accepted_end_with_the_port(lab: Lab) -> None:
    async def main() -> None:
        listener = await door(lab)
        with lab.boot("trader").living():
            stream = await trio.open_tcp_stream(lab.network.ip("kraken"), 443)
            await listener.aclose()
            assert await stream.receive_some() == b""
            with pytest.raises(trio.ClosedResourceError):
                await listener.accept()

    lab.run(main)
