"""What faults of REST, and of the answers to orders, do to a plain client."""

import pytest
import trio
from support.theatre import Theatre, once, play

from seawall.sim.catalogue import RunningPlan
from seawall.sim.catalogue.rest import ORDERS, REST

Outcome = tuple[str, bool]

TRIES = 8

PLACES: dict[str, set[Outcome]] = {
    "rest-hang-before": {("nothing", False)},
    "rest-hang-after": {("nothing", True)},
    "rest-cut-before": {("cut", False)},
    "rest-cut-after": {("cut", True)},
    "rest-500-after": {("HTTP 500", True)},
    "rest-502": {("HTTP 502", True), ("HTTP 502", False)},
    "rest-503": {("HTTP 503", False)},
    "rest-429": {("HTTP 429", False)},
    "rest-half-body": {("cut", True)},
    "rest-slow-body": {("nothing", True)},
    "rest-truncated-json": {("not JSON", True)},
    "rest-garbage": {("not JSON", True), ("not JSON", False)},
    "rest-rate-limit": {("EAPI:Rate limit exceeded", False)},
    "rest-busy": {("EService:Busy", False), ("EService:Unavailable", False)},
    "rest-internal-error": {
        (error, placed) for error in ("EGeneral:Internal error", "EService:Timeout") for placed in (True, False)
    },
}
"""What comes of an order in place of ("ok", True)."""

ON_SOCKETS: dict[str, set[Outcome]] = {
    "order-lost": {("nothing", False)},
    "order-answer-lost": {("nothing", True)},
    "order-answer-cut": {("cut", True)},
    "order-answer-half": {("cut", True)},
    "order-answer-garbage": {("not JSON", True)},
    "order-busy": {(f"EService:{word}", placed) for word in ("Busy", "Unavailable", "Timeout") for placed in (True, False)},
    "order-rate-limit": {("EOrder:Rate limit exceeded", False)},
}


def test_every_fault_has_its_test() -> None:
    assert {*PLACES, "rest-late", "rest-hangs-up"} == {kind.name for kind in REST}
    assert {*ON_SOCKETS, "order-late"} == {kind.name for kind in ORDERS}


@pytest.mark.parametrize("name", PLACES)
def test_what_comes_of_an_order_over_rest(name: str) -> None:
    async def main(theatre: Theatre) -> set[Outcome]:
        async with trio.open_nursery() as nursery:
            running = RunningPlan(theatre.stage, (once(name),))
            nursery.start_soon(running.run)
            await trio.sleep(0.1)
            outcomes = {await theatre.place() for _ in range(TRIES)}
            running.heal()
        return outcomes

    outcomes = play(main)

    assert outcomes & PLACES[name]
    assert outcomes <= PLACES[name] | {("ok", True)}


@pytest.mark.parametrize("name", ON_SOCKETS)
def test_what_comes_of_an_order_over_a_socket(name: str) -> None:
    async def main(theatre: Theatre) -> set[Outcome]:
        async with trio.open_nursery() as nursery:
            running = RunningPlan(theatre.stage, (once(name),))
            nursery.start_soon(running.run)
            await trio.sleep(0.1)
            outcomes = {await theatre.place_on_socket() for _ in range(TRIES)}
            assert await theatre.place() == ("ok", True)
            running.heal()
        return outcomes

    outcomes = play(main)

    assert outcomes & ON_SOCKETS[name]
    assert outcomes <= ON_SOCKETS[name] | {("ok", True)}


@pytest.mark.parametrize("name", ["rest-late", "order-late"])
def test_requests_are_late(name: str) -> None:
    async def main(theatre: Theatre) -> list[float]:
        took_s = []
        async with trio.open_nursery() as nursery:
            running = RunningPlan(theatre.stage, (once(name),))
            nursery.start_soon(running.run)
            await trio.sleep(0.1)
            for _ in range(TRIES):
                began_s = trio.current_time()
                place = theatre.place if name == "rest-late" else theatre.place_on_socket
                # What is too late for the exchange's own patience is refused, and placed by nobody.
                assert await place() in {("ok", True), ("EService:Deadline elapsed", False)}
                took_s.append(trio.current_time() - began_s)
            running.heal()
        return took_s

    took_s = play(main)

    assert max(took_s) > 2.0
    assert max(took_s) < 21.0


def test_rest_connections_end_behind_an_answer_that_did_not_say_so() -> None:
    async def main(theatre: Theatre) -> None:
        assert await theatre.get() == "ok"
        before = theatre.world.network.statistics().connections
        async with trio.open_nursery() as nursery:
            running = RunningPlan(theatre.stage, (once("rest-hangs-up"),))
            nursery.start_soon(running.run)
            await trio.sleep(0.1)
            for _ in range(3):
                assert await theatre.get() == "ok"
                await trio.sleep(1)
            running.heal()
        assert theatre.world.network.statistics().connections >= before + 2

    play(main)
