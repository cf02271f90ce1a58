import ast
from pathlib import Path

import attrs

import seawall.console.levels
from seawall.console.levels import LEVELS, level_of
from seawall.engine.facts import event_name

PACKAGE = Path(seawall.console.levels.__file__).parents[1]


@attrs.frozen
class BookLost:
    symbol: str


@attrs.frozen
class SomethingElse:
    pass


def test_the_table_decides_and_what_it_does_not_name_is_info() -> None:
    assert level_of(BookLost("BTC/USD")) == "warning"
    assert level_of(SomethingElse()) == "info"


def test_every_event_of_the_table_is_a_notice_that_exists() -> None:
    classes = (
        node.name
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(), str(path)))
        if isinstance(node, ast.ClassDef)
    )
    events = {event_name(type(name, (), {})()) for name in classes}
    assert sorted(LEVELS.keys() - events) == []
