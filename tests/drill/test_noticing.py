import re

from seawall.console.levels import LEVELS
from seawall.drill.noticing import TROUBLE, is_about_trouble
from seawall.sim.world.trace import Fact


def event_of(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def test_trouble_is_what_a_person_would_be_warned_of_but_for_retries() -> None:
    assert {event_of(name) for name in TROUBLE} - LEVELS.keys() == {"retry_scheduled"}
    assert {LEVELS.get(event_of(name)) for name in TROUBLE} <= {"warning", "error", None}


def test_what_strategies_do_of_themselves_is_no_word_about_the_world() -> None:
    assert is_about_trouble(Fact(1.0, "desk", "LinkLost", "private socket lost"))
    assert is_about_trouble(Fact(1.0, "host", "process", "trader: engine started, life 2"))
    assert not is_about_trouble(Fact(1.0, "desk", "OrderPlanned", "buy 1"))
    assert not is_about_trouble(Fact(1.0, "desk", "StrategyFailed", "mine failed"))
    assert not is_about_trouble(Fact(1.0, "faults", "fault begun", "reset"))
