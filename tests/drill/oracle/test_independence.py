"""The oracle has eyes of its own: it shares no code with what it judges."""

import ast
from pathlib import Path

import pytest

import seawall.drill.oracle

ROOT = Path(seawall.drill.oracle.__file__).parent
MODULES = [*sorted(ROOT.glob("*.py")), ROOT.parent / "told.py"]
ALLOWED = (
    "seawall.model.",
    "seawall.sim.",
    "seawall.journal",
    "seawall.drill.oracle",
    "seawall.drill.told",
    "seawall.drill.spec",
)
"""Records and tables of the journal are a format; the rest is the world, and the words everybody uses."""


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return {name for name in names if name.startswith("seawall")}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_nothing_of_the_engine_or_its_client_is_imported(path: Path) -> None:
    strangers = {name for name in imported(path) if not name.startswith(ALLOWED)}

    assert strangers == set()


def test_of_the_journal_only_its_tables_and_records_are_used() -> None:
    used = {name for path in MODULES for name in imported(path) if name.startswith("seawall.journal")}

    assert used == {"seawall.journal", "seawall.journal.tables"}
    assert "from seawall.journal import records" in (ROOT / "journal_rows.py").read_text()
