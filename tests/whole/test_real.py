"""The most telling cases of `seawall ordeal`, as `seawall ordeal` runs them: real processes, real sockets, real signals."""

from pathlib import Path

import pytest

from seawall.drill.real import CASES, Outcome, run_case

TELLING = (
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


@pytest.mark.timeout(430)
@pytest.mark.parametrize("name", TELLING)
async def test_an_engine_loses_doubles_and_leaves_nothing(tmp_path: Path, name: str) -> None:
    result = await run_case(CASES[name], 1, tmp_path)

    told = "\n".join([*result.wrong, *result.story])
    if result.outcome is Outcome.SKIPPED:
        pytest.skip(told)
    assert result.outcome is Outcome.HELD, told
    assert result.orders > 0
    assert result.fills > 0
