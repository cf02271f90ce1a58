"""Whole engines in worlds where everything breaks: a few seeds each time, and every run that ever found something.

Many more are run by `.ci/run` and by `seawall simulate`.
"""

import attrs
import pytest

from seawall.drill.run import run
from seawall.drill.spec import RunSpec, Verdict
from seawall.sim.catalogue import Planned


@attrs.frozen
class Found:
    """A run that found something, and what it was."""

    name: str
    story: str
    seed: int
    length_s: float
    faults: str

    @property
    def spec(self) -> RunSpec:
        """The run."""
        return RunSpec(self.seed, self.length_s, tuple(Planned.read(word) for word in self.faults.split()))


FOUND = (
    Found(
        "questions-starve-each-other",
        "Eight orders in doubt asked for themselves at once. Each question, being of several calls, used up the rate budget that "
        "another needed to be answered: none ever was, minutes after the exchange was well again.",
        23,
        300.0,
        "order-late@53.1+112.5#923457 rest-429@125.5+2#738726 ws-closed-at-once@126.3+56.6#692789 rest-429@132.4+1.9#354330 "
        "order-late@209.6+90.4#210470 rest-429@237.5+5#373562 ws-gap@253+2.6#746244",
    ),
    Found(
        "overdue-in-maintenance",
        "The simulated exchange's clockwork span, and time stood still, when its dead man's switch was overdue in maintenance.",
        1,
        600.0,
        "maintenance@293.9+52.5#82511 disk-read-only@349.8+18.4#302513 suspended@378.4+24.8#227604 maintenance@422.3+42.1#469078 "
        "maintenance@471.2+10.2#158482 exchange-restart@528.4+71.6#55727 ws-closed@532.9+38.6#911973",
    ),
    Found(
        "cancelled-names-an-address",
        "An order that was cancelled before it was sent had the address of an object for a reason, in the journal too.",
        14,
        300.0,
        "disk-stalled@200+60#1 disk-slow@230+40#2",
    ),
    Found(
        "locked-out",
        "A key that another program used as well stayed locked out for a quarter of an hour, in a world that was healed.",
        24,
        300.0,
        "nonce-used@142.8+78#1 disk-read-only@165.3+6#2 turned-away@174.1+3.4#3 nonce-used@230+60#4",
    ),
)


def broken(verdict: Verdict) -> list[str]:
    return [f"{violation.invariant}: {violation.detail}" for violation in verdict.violations]


@pytest.mark.parametrize("seed", range(1, 5))
def test_a_swarm_of_faults_breaks_no_promise(seed: int) -> None:
    verdict = run(RunSpec(seed, 240.0))

    assert broken(verdict) == []
    assert verdict.statistics.faults > 0
    assert verdict.statistics.orders > 0


@pytest.mark.parametrize("found", FOUND, ids=lambda found: found.name)
def test_what_was_found_once_stays_mended(found: Found) -> None:
    assert broken(run(found.spec)) == []


@pytest.mark.parametrize("point", [40, 150, 400, 900])
def test_an_engine_that_is_killed_somewhere_comes_back_and_keeps_its_promises(point: int) -> None:
    verdict = run(RunSpec(7, 120.0, (), kill_at=point))

    assert broken(verdict) == []
    assert (verdict.statistics.kills, verdict.statistics.starts) == (1, 2)
