"""What the pages name exists: functions, files, tests, links; and their Python compiles."""

import ast
import importlib
import re
from pathlib import Path

import pytest

from seawall.cli.main import app

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]

FENCED = re.compile(r"^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE)
IN_BACKTICKS = re.compile(r"`([^`\n]+)`")
DOTTED = re.compile(r"seawall(\.\w+)+")
FILE = re.compile(r"[\w./-]+\.(py|toml|md)")
TEST = re.compile(r"test_\w+")
LINK = re.compile(r"\[[^\]]*\]\((?!https?:)([^)#\s]+)(#[^)]*)?\)")
COMMAND = re.compile(r"^(?:\S*/)?seawall ([a-z][\w-]*)")

EVERY_TEST = {
    name
    for path in (ROOT / "tests").rglob("test_*.py")
    for name in re.findall(r"^(?:async )?def (test_\w+)", path.read_text(), re.MULTILINE)
}


def prose(page: Path) -> str:
    return FENCED.sub("", page.read_text())


def named(page: Path, pattern: re.Pattern[str]) -> list[str]:
    """What stands in backticks in the text of a page, and looks like that as a whole."""
    return [text for text in IN_BACKTICKS.findall(prose(page)) if pattern.fullmatch(text)]


def found(dotted: str) -> object:
    """The module, class or attribute of that name. Raises AttributeError when there is none."""
    parts = dotted.split(".")
    for length in range(len(parts), 0, -1):
        try:
            thing: object = importlib.import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        for part in parts[length:]:
            thing = getattr(thing, part)
        return thing
    raise AttributeError(dotted)


def each(pattern: re.Pattern[str]) -> list[tuple[Path, str]]:
    return [(page, text) for page in PAGES for text in dict.fromkeys(named(page, pattern))]


def label(value: object) -> str:
    return value.name if isinstance(value, Path) else str(value)


@pytest.mark.parametrize(("page", "dotted"), each(DOTTED), ids=label)
def test_what_is_named_with_its_module_exists(page: Path, dotted: str) -> None:
    found(dotted)


def test_a_name_that_does_not_exist_is_noticed() -> None:
    for wrong in ("seawall.engine.desk.Desk.plaice", "seawall.enigne", "seawall.model.orders.limit_by"):
        with pytest.raises(AttributeError):
            found(wrong)


@pytest.mark.parametrize(("page", "path"), each(FILE), ids=label)
def test_files_that_are_named_are_there(page: Path, path: str) -> None:
    if "/" in path:
        assert (ROOT / path).is_file()
    else:  # a module of the package, a file beside the page, or a name that a user chooses
        known = {file.name for folder in ("src", "docs", "examples", "tests") for file in (ROOT / folder).rglob("*.*")}
        chosen = {"seawall.toml", "my_strategies.py", "grid.py"}
        assert path in known | chosen | {file.name for file in ROOT.iterdir()}


@pytest.mark.parametrize(("page", "test"), each(TEST), ids=label)
def test_tests_that_are_named_exist(page: Path, test: str) -> None:
    assert test in EVERY_TEST


@pytest.mark.parametrize("page", PAGES, ids=label)
def test_links_inside_the_repository_lead_somewhere(page: Path) -> None:
    for target, _ in LINK.findall(page.read_text()):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=label)
def test_python_on_the_pages_compiles(page: Path) -> None:
    for block in FENCED.finditer(page.read_text()):
        if block["language"] == "python":
            compile(block["text"], page.name, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


def test_commands_on_the_pages_exist() -> None:
    blocks = [block for page in PAGES for block in FENCED.finditer(page.read_text())]
    lines = [line for block in blocks if block["language"] in {"", "sh", "text"} for line in block["text"].splitlines()]
    parts = [part.strip().removeprefix("$ ") for line in lines for part in line.split("&&")]
    commands = {match[1] for part in parts if (match := COMMAND.match(part)) is not None}

    assert commands >= {"demo", "run", "sim", "config"}
    for command in commands:
        assert command in app
