"""The arrows between rooms, held: who may import whom, and who must stay pure."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "src" / "seawall"

DIALECT = "kraken.dialect"
MAY_IMPORT: dict[str, set[str]] = {
    "model": set(),
    "resilience": set(),
    DIALECT: {"model"},
    "kraken": {"model", "resilience", DIALECT},
    "journal": {"model"},
    "engine": {"model", "resilience"},
    "sim": {"model", "resilience", DIALECT},
    "console": {"model", "engine"},
    "drill": {"model", "resilience", "engine", "kraken", DIALECT, "sim", "journal", "config"},
    "config": {"model", "resilience", "engine", "kraken", DIALECT, "sim", "journal"},
    "cli": {"model", "resilience", "engine", "kraken", DIALECT, "sim", "journal", "config", "console", "drill", "strategies"},
    "strategies": set(),
}
"""A room may import itself and these. Strategies see the public face alone: the package root."""

PURE = ("model", DIALECT)
NEEDS_A_LOOP_OR_A_NETWORK = {"trio", "trio_websocket", "httpx", "asyncio", "socket", "ssl"}
OWNERS: dict[str, set[str]] = {
    "time.time_ns": {
        "cli.cancel_all",
        "cli.session",
        "config.compose",
        "drill.real.other_clock",
        "drill.real.stage",
        "engine.news",
        "kraken.client.api.opening",
        "kraken.client.opening",
        "sim.assembly",
    },
    "time.time": {"drill.real.other_clock"},
    "time.monotonic": {"cli.sweeping", "console.view_process"},
    "time.process_time": {"sim.world.world"},
    "os.urandom": {"kraken.client.wire.masking"},
    "random.SystemRandom": {"journal.journal", "journal.lease"},
    "random.seed": {"sim.world.guard"},
    "random.getstate": {"sim.world.guard"},
    "random.setstate": {"sim.world.guard"},
    "Random()": {"kraken.client.opening"},
    "import threading": {"cli.last_resort", "console.writer", "drill.worker", "journal.journal", "sim.world.guard"},
    "import _thread": {"sim.world.guard"},
}
"""Who may ask the machine itself: who owns a clock or a source of chance, and hands it on. Everybody else is handed one:
durations from trio's clock, time of day from a callable, chance from a `Random`, names from a counter or that `Random`.
"""
NAMES_THEM_ALL = "sim.world.informer"
"""Which calls none: it watches for those who do."""
MACHINE = {"time", "random", "secrets", "uuid", "threading", "_thread", "asyncio", "multiprocessing", "concurrent"}
HARMLESS = {"random.Random"}
OF_THE_DAY = {"now", "utcnow", "today"}


def asked_of_the_machine(tree: ast.Module) -> set[str]:
    """What a module takes from the machine's clocks, chance and threads, however it is spelled; as keys of `OWNERS`."""
    found: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Import(names) if roots := {alias.name.split(".")[0] for alias in names} & MACHINE - {"time", "random"}:
                found |= {f"import {root}" for root in roots}
            case ast.ImportFrom(module=str(package), names=names) if (root := package.split(".")[0]) in MACHINE:
                if root in {"time", "random"}:
                    found |= {f"{package}.{alias.name}" for alias in names}
                else:
                    found.add(f"import {root}")
            case ast.Attribute(ast.Name("time" | "random" as package), name):
                found.add(f"{package}.{name}")
            case ast.Attribute(ast.Name("os"), "urandom"):
                found.add("os.urandom")
            case ast.Attribute(value, name) if name in OF_THE_DAY and ast.unparse(value).split(".")[-1] in {"datetime", "date"}:
                found.add(f"datetime.{name}")
            case ast.Call(ast.Name("Random") | ast.Attribute(attr="Random"), [], []):
                found.add("Random()")
    return found - HARMLESS


def module_of(path: Path) -> str:
    return ".".join(("seawall", *path.relative_to(ROOT).with_suffix("").parts)).removesuffix(".__init__")


MODULES = {module_of(path): path for path in sorted(ROOT.rglob("*.py"))}


def imported(source: str) -> set[str]:
    """Every module named by an import, wherever in the file it stands."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide the arrow"
            package = node.module or ""
            inner = (f"{package}.{alias.name}" for alias in node.names)
            names.update(name if name in MODULES else package for name in inner)
    return names


def room_of(module: str) -> str:
    """The room of a module of ours: `seawall.kraken.dialect.books.book` is in `kraken.dialect`."""
    parts = module.split(".")[1:]
    return DIALECT if parts[:2] == ["kraken", "dialect"] else parts[0]


def files_of(room: str) -> list[Path]:
    folder = ROOT.joinpath(*room.split("."))
    return [path for name, path in MODULES.items() if name != "seawall" and room_of(name) == room and folder in path.parents]


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_arrows_point_one_way(room: str) -> None:
    assert files_of(room), f"no files in {room}"
    for path in files_of(room):
        ours = {name for name in imported(path.read_text()) if name.split(".")[0] == "seawall"}
        rooms = {room_of(name) for name in ours if name != "seawall"}

        assert rooms - {room} <= MAY_IMPORT[room], path
        assert "seawall" not in ours or room == "strategies", f"{path} imports the package root"


@pytest.mark.parametrize("room", PURE)
def test_pure_rooms_need_no_loop_and_no_network(room: str) -> None:
    for path in files_of(room):
        roots = {name.split(".")[0] for name in imported(path.read_text())}

        assert not roots & NEEDS_A_LOOP_OR_A_NETWORK, path


def test_every_room_is_named_above() -> None:
    folders = {path.name for path in ROOT.iterdir() if path.is_dir() and path.name != "__pycache__"}

    assert folders == {room for room in MAY_IMPORT if "." not in room}


def test_httpx_is_imported_by_one_module_of_the_client() -> None:
    users = [path.name for path in sorted((ROOT / "kraken").rglob("*.py")) if "httpx" in imported(path.read_text())]

    assert len(users) == 1


def test_nobody_asks_the_machine_for_time_or_ids_behind_the_owners_back() -> None:
    asked = {name.removeprefix("seawall."): asked_of_the_machine(ast.parse(path.read_text())) for name, path in MODULES.items()}
    askers = {what: {name for name, whats in asked.items() if what in whats} for what in set().union(*asked.values())}

    strangers = {what: names - OWNERS.get(what, set()) - {NAMES_THEM_ALL} for what, names in askers.items()}

    assert {what: names for what, names in strangers.items() if names} == {}


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("import time\ntime.time()", "time.time"),
        ("from time import monotonic", "time.monotonic"),
        ("from datetime import datetime\ndatetime.now()", "datetime.now"),
        ("import datetime\ndatetime.datetime.utcnow()", "datetime.utcnow"),
        ("import random\nrandom.choice(x)", "random.choice"),
        ("from random import Random\nRandom()", "Random()"),
        ("import concurrent.futures", "import concurrent"),
        ("from uuid import uuid4", "import uuid"),
    ],
)
def test_a_question_to_the_machine_is_seen(text: str, what: str) -> None:
    assert asked_of_the_machine(ast.parse(text)) == {what}


def test_no_module_is_in_an_import_cycle() -> None:
    arrows = {name: imported(path.read_text()) & MODULES.keys() for name, path in MODULES.items() if name != "seawall"}
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " -> ".join([*trail, name])
        if name not in done:
            for target in sorted(arrows.get(name, set())):
                visit(target, (*trail, name))
            done.add(name)

    for name in sorted(arrows):
        visit(name, ())
