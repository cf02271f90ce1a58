"""A strategy that takes time or chance from the machine itself is told where."""

import inspect
import logging
import random
import sys
import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime
from os import urandom
from pathlib import Path
from time import monotonic, perf_counter, sleep, time

import pytest
import trio

from seawall.sim.world.guard import RealWorldTouched
from seawall.sim.world.informer import Informer
from seawall.sim.world.world import World, run_world

ASKS: dict[str, Callable[[], object]] = {
    "time.time()": time,
    "time.monotonic()": monotonic,
    "time.perf_counter()": perf_counter,
    "datetime.now()": lambda: datetime.now(UTC),
    "os.urandom()": lambda: urandom(1),
    "time.sleep()": lambda: sleep(0.0),
    "random.Random() without a seed": random.Random,
    "or seeded one with nothing": lambda: random.Random(1).seed(),
}


def watched(ask: Callable[[], object]) -> tuple[str, ...]:
    async def strategy(_: World) -> None:
        for _again in range(3):
            await trio.sleep(1)
            ask()

    return run_world(1, strategy, look_for_leaks=True).asked


@pytest.mark.parametrize("what", ASKS)
def test_each_place_is_told_once_with_file_and_line(what: str) -> None:
    [note] = watched(ASKS[what])

    assert what in note
    assert note.startswith(f"{Path(__file__)}:")


def test_the_line_is_that_of_the_call() -> None:
    def ask() -> object:
        return datetime.now(UTC)

    line = inspect.getsourcelines(ask)[1] + 1

    assert watched(ask) == (f"{__file__}:{line} in ask asked datetime.now() for the machine's own time",)


@pytest.mark.parametrize(
    "ask",
    [
        lambda: random.Random(7).random(),
        lambda: random.SystemRandom().random(),
        random.random,
        uuid.uuid4,
        date.today,
        lambda: logging.getLogger("a strategy").info("something"),
    ],
)
def test_what_the_world_answers_is_not_told(ask: Callable[[], object]) -> None:
    assert watched(ask) == ()


def test_nobody_is_watched_in_a_run_that_does_not_ask_for_it() -> None:
    async def strategy(_: World) -> None:
        await trio.lowlevel.checkpoint()
        time()

    assert run_world(1, strategy).asked == ()


def test_another_profiler_listens_again_afterwards() -> None:
    before, heard = sys.getprofile(), list[str]()

    def profiler(_frame: object, event: str, _argument: object) -> None:
        heard.append(event)

    sys.setprofile(profiler)
    try:
        with Informer().listening():
            pass
        assert sys.getprofile() is profiler
    finally:
        sys.setprofile(before)


def test_a_watched_run_is_the_same_run() -> None:
    async def main(_: World) -> None:
        async with trio.open_nursery() as nursery:
            for number in range(5):
                nursery.start_soon(trio.sleep, number % 2, name=f"task {number}")

    assert run_world(1, main).schedule_digest == run_world(1, main, look_for_leaks=True).schedule_digest


def test_a_module_that_keeps_the_clock_it_found_in_one_world_has_that_of_the_next() -> None:
    kept: list[Callable[[], float]] = []

    async def import_it(_: World) -> None:
        from time import monotonic as found  # noqa: PLC0415 - as a strategy's file does that is loaded in a run

        await trio.lowlevel.checkpoint()
        kept.append(found)

    async def ask(_: World) -> tuple[float, float]:
        await trio.sleep(12.5)
        return kept[0](), trio.current_time()

    run_world(1, import_it)
    asked, now_s = run_world(2, ask).value

    assert asked == now_s == 12.5
    assert kept[0]() > 0.0  # outside it is the machine's


def test_a_sleep_that_was_kept_refuses_in_each_world_and_sleeps_outside() -> None:
    kept: list[Callable[[float], None]] = []

    async def import_it(_: World) -> None:
        from time import sleep as found  # noqa: PLC0415 - as above

        await trio.lowlevel.checkpoint()
        kept.append(found)

    async def call(_: World) -> None:
        await trio.lowlevel.checkpoint()
        kept[0](0.0)

    run_world(1, import_it)
    kept[0](0.0)
    with pytest.RaisesGroup(RealWorldTouched):
        run_world(2, call)
