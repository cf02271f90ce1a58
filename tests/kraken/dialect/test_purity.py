"""The dialect is bytes in, values out: nothing in it can reach a clock, a socket, a task or another room."""

import ast
from pathlib import Path

import pytest

import seawall.kraken.dialect

# The command in the folder `fuzz` reads files and writes to a terminal; no module here imports it, which is checked below.
ROOM = Path(seawall.kraken.dialect.__file__).parent
MODULES = sorted(module for module in ROOM.rglob("*.py") if ROOM / "fuzz" not in module.parents)
OURS = ("seawall.model.", "seawall.kraken.dialect")
LIBRARIES = {"attrs", "msgspec"}
STANDARD = {
    "base64",
    "binascii",
    "bisect",
    "collections.abc",
    "datetime",
    "decimal",
    "enum",
    "functools",
    "hashlib",
    "hmac",
    "itertools",
    "operator",
    "re",
    "typing",
    "urllib.parse",
    "zlib",
}


def imported(module: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            names.add(str(node.module))
    return names


@pytest.mark.parametrize("module", MODULES, ids=lambda module: str(module.relative_to(ROOM)))
def test_a_module_imports_only_what_is_pure(module: Path) -> None:
    assert {name for name in imported(module) - STANDARD - LIBRARIES if not name.startswith(OURS)} == set()


def test_every_folder_of_the_room_is_looked_at() -> None:
    assert {module.parent.name for module in MODULES} >= {"dialect", "books", "rest", "socket"}


def test_the_clock_of_datetime_is_not_read() -> None:
    assert [module.name for module in MODULES if ".now(" in module.read_text() or ".utcnow(" in module.read_text()] == []


def test_nothing_imports_the_command() -> None:
    assert [module.name for module in MODULES if any(".fuzz" in name for name in imported(module))] == []
