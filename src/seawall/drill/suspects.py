"""Lines of a strategy's source that reach for what a world cannot give the same way twice.

Most of that is stood in for or refused while a run lasts, wherever it comes from. What is left cannot be seen from outside: a
clock that is asked in C, a name that was bound before the world began. So the source is read, where a run did not go the same way
again. These are suspects: what they say is worth a look, and no proof.
"""

import ast
from collections.abc import Iterator
from typing import Final

import attrs

__all__ = ["Suspect", "suspects"]

_CLOCKS: Final = {
    "datetime.now": "asks for the time of day",
    "datetime.utcnow": "asks for the time of day",
    "datetime.today": "asks for the time of day",
    "date.today": "asks for the day",
    "uuid.uuid1": "makes an id out of the time and the machine",
}
_MODULES: Final = {
    "threading": "threads run when the machine likes",
    "multiprocessing": "other processes are not part of the world",
    "subprocess": "other processes are not part of the world",
    "concurrent": "threads run when the machine likes",
    "asyncio": "its loop has a clock of its own",
    "socket": "the real network is not part of the world",
    "requests": "the real network is not part of the world",
    "urllib": "the real network is not part of the world",
}
_BOUND_EARLY: Final = {"time", "random", "os"}
_AT_IMPORT: Final = {"Random", "random.Random", "default_rng", "numpy.random.default_rng", "np.random.default_rng"}
_EARLY: Final = "draws its seed when the module is imported, before there is a world; seed it, or make it where it is used"
_SET: Final = "takes the members of a set in an order that may differ"


@attrs.frozen
class Suspect:
    """One place: `line` counts from 1."""

    line: int
    code: str
    why: str


def suspects(source: str) -> list[Suspect]:
    """Those of one module, from top to bottom. Raises SyntaxError for what is no Python."""
    tree = ast.parse(source)
    found = [Suspect(node.lineno, ast.unparse(node), why) for node, why in _places(tree)]
    return sorted(set(found), key=lambda suspect: (suspect.line, suspect.code))


def _places(tree: ast.Module) -> Iterator[tuple[ast.stmt | ast.expr, str]]:
    for statement in tree.body:
        if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield from _made_early(statement)
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from ((node, _MODULES[root]) for root in (name.name.split(".")[0] for name in names) if root in _MODULES)
            case ast.ImportFrom(module=str(module)):
                yield from _imported(node, module.split(".")[0])
            case ast.Call(func=ast.Attribute() as function):
                why = _CLOCKS.get(".".join(ast.unparse(function).split(".")[-2:]))
                if why is not None:
                    yield node, why
            case ast.For(iter=ast.Set() | ast.Call(func=ast.Name(id="set" | "frozenset")) as over):
                yield over, _SET


def _imported(node: ast.ImportFrom, root: str) -> Iterator[tuple[ast.ImportFrom, str]]:
    if root in _MODULES:
        yield node, _MODULES[root]
    if root in _BOUND_EARLY:
        yield node, f"binds the real one before a world can stand in for it: import {root}, and ask it when it is needed"


def _made_early(statement: ast.stmt) -> Iterator[tuple[ast.Call, str]]:
    for node in ast.walk(statement):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in _AT_IMPORT and not node.args:
            yield (
                node,
                "draws its seed when the module is imported, before there is a world; seed it, or make it where it is used",
            )
