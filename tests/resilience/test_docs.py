"""The manual's picture and table of the breaker are those in the code."""

import ast
import re
from pathlib import Path

import seawall.resilience
from seawall.resilience.breaker_states import IMPOSSIBLE, NEXT, BreakerCause, BreakerState

MANUAL = Path(__file__).parents[2] / "docs" / "resilience.md"
OPERATORS = {BreakerCause.FORCED_OPEN, BreakerCause.DISABLED, BreakerCause.RESET}


def table() -> str:
    """`NEXT` as a Markdown table: states down, causes across."""
    rows = [f"| | {' | '.join(cause.value for cause in BreakerCause)} |", "| --- " * (len(BreakerCause) + 1) + "|"]
    for state, following in NEXT.items():
        cells = ["–" if (after := following[cause]) is IMPOSSIBLE else after.value for cause in BreakerCause]
        rows.append(f"| **{state.value}** | {' | '.join(cells)} |")
    return "\n".join(rows)


def diagram() -> str:
    """What moves a breaker that no operator has touched, as a mermaid diagram."""
    touched = {BreakerState.FORCED_OPEN, BreakerState.DISABLED}
    arrows = [
        f"    {state.name.lower()} --> {after.name.lower()}: {cause.value}"
        for state, following in NEXT.items()
        for cause, after in following.items()
        if after is not IMPOSSIBLE and state not in touched and cause not in OPERATORS
    ]
    return "\n".join(["stateDiagram-v2", "    [*] --> closed", *arrows])


def test_the_manual_has_the_table_of_the_code() -> None:
    assert table() in MANUAL.read_text(encoding="utf-8"), f"docs/resilience.md needs this table:\n{table()}"


def test_the_manual_has_the_diagram_of_the_code() -> None:
    assert diagram() in MANUAL.read_text(encoding="utf-8"), f"docs/resilience.md needs this diagram:\n{diagram()}"


def test_the_manual_names_only_what_exists() -> None:
    """Its code parses, and imports public names."""
    blocks = re.findall(r"```python\n(.*?)```", MANUAL.read_text(encoding="utf-8"), re.DOTALL)
    trees = [compile(block, str(MANUAL), "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT) for block in blocks]
    imported = {
        alias.name
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "seawall.resilience"
        for alias in node.names
    }

    assert len(blocks) == 3
    assert {"Breaker", "Reconnect", "retry"} <= imported <= set(seawall.resilience.__all__)


def test_the_room_imports_nothing_of_ours() -> None:
    package = Path(seawall.resilience.__file__).parent
    imported = {
        node.module
        for path in sorted(package.glob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("seawall")
    }

    assert imported
    assert all(module is not None and module.startswith("seawall.resilience.") for module in imported)


def test_the_manual_names_tests_that_exist() -> None:
    index = MANUAL.read_text(encoding="utf-8").partition("## What the usual breaker gets wrong")[2]
    named = [name for line in index.splitlines() if line.startswith("|") for name in re.findall(r"`(\w+)`", line)]
    written = {
        node.name
        for path in sorted(Path(__file__).parent.glob("test_*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }

    assert len(named) >= 27
    assert set(named) <= written, f"not written: {sorted(set(named) - written)}"
