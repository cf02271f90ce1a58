"""The most telling cases of `seawall ordeal`: real processes, real sockets, real signals, a line and a disk of their own."""

from pathlib import Path
from typing import Final

import pytest
import trio

from seawall.drill.real import CASES, Outcome, Result, run_case

TELLING: Final = (
    "killed-in-doubt",
    "frozen-long",
    "stopped-unheard",
    "no-descriptors",
    "answers-lost",
    "resets",
    "lossy-line",
    "disk-full",
)
"""Something of everything. The others are for people, and take minutes together."""
AT_ONCE: Final = 4
"""Most of their time is waiting."""


async def all_of_them(directory: Path) -> dict[str, Result]:
    results: dict[str, Result] = {}
    places = trio.CapacityLimiter(AT_ONCE)

    async def run(name: str) -> None:
        async with places:
            (directory / name).mkdir()
            results[name] = await run_case(CASES[name], 1, directory / name)

    async with trio.open_nursery() as nursery:
        for name in TELLING:
            nursery.start_soon(run, name)
    return results


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Result]:
    return trio.run(all_of_them, tmp_path_factory.mktemp("ordeal"))


@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", TELLING)
def test_an_engine_loses_doubles_and_leaves_nothing(results: dict[str, Result], name: str) -> None:
    result = results[name]
    told = "\n".join([*result.wrong, *result.story])
    if result.outcome is Outcome.SKIPPED:
        pytest.skip(told)
    assert result.outcome is Outcome.HELD, told
    assert result.orders > 0
    assert result.fills > 0
