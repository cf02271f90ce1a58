from seawall.drill.oracle.evidence import Spell
from seawall.drill.spells import FaultSpells
from seawall.sim.world.trace import Fact


def test_spells_last_from_their_beginning_to_their_end() -> None:
    spells = FaultSpells()
    told = [
        (1.0, "fault begun", "ws-closed: sockets end"),
        (2.0, "fault struck", "ws-closed: 1 socket ended"),
        (3.0, "fault begun", "clock-jump: by 2 s"),
        (4.0, "fault begun", "ws-closed: sockets end"),
        (5.0, "fault ended", "ws-closed is over"),
        (6.0, "fault ended", "ws-closed is over"),
        (7.0, "fault ended", "never-begun is over"),
    ]
    names = [spells.heard(Fact(at_s, "faults", kind, text)) for at_s, kind, text in told]

    assert names == ["ws-closed", None, "clock-jump", "ws-closed", "ws-closed", "ws-closed", "never-begun"]
    assert spells.all(9.0) == [Spell("ws-closed", 1.0, 5.0), Spell("ws-closed", 4.0, 6.0), Spell("clock-jump", 3.0, 9.0)]


def test_other_lanes_have_no_faults() -> None:
    spells = FaultSpells()
    assert spells.heard(Fact(1.0, "desk", "fault begun", "ws-closed: sockets end")) is None
    assert spells.all(9.0) == []
