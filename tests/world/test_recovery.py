"""How soon after a long outage an engine is back: its pauses have grown by then."""

import pytest

from seawall.drill.run import run
from seawall.drill.spec import RunSpec
from seawall.sim.catalogue import Planned

OUTAGES = ("nat-drop", "turned-away", "dns-fails", "refused", "rest-502", "ws-upgrade-hangs")


@pytest.mark.parametrize("name", OUTAGES)
def test_after_nine_minutes_of_outage_it_trades_again_within_ninety_seconds(name: str) -> None:
    verdict = run(RunSpec(3, 600.0, (Planned(name, 30.0, 540.0, 1),)))

    assert [f"{violation.invariant}: {violation.detail}" for violation in verdict.violations] == []
    assert verdict.measures.recovered_s is not None
