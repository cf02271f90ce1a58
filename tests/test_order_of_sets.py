"""Nothing happens in the order of a set: it is another one in each process, and with it all that follows."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "src" / "seawall"

ORDER_IS_LOST = {"any", "all", "sum", "min", "max", "len", "set", "frozenset", "sorted", "Counter"}
"""What comes out of these does not depend on the order of what goes in."""
ORDER_IS_KEPT = {"list", "tuple", "iter", "next", "enumerate", "zip", "map", "filter", "reversed", "deque", "extend", "join"}
MAKES_SETS = {"union", "intersection", "difference", "symmetric_difference"}


def is_set_type(annotation: ast.expr | None) -> bool:
    if isinstance(annotation, ast.BinOp):
        return is_set_type(annotation.left) or is_set_type(annotation.right)
    if isinstance(annotation, ast.Subscript):
        name = ast.unparse(annotation.value)
        inner = annotation.slice
        return is_set_type(inner) if name in {"Final", "ClassVar", "Final[set]"} else is_set_type(annotation.value)
    return annotation is not None and ast.unparse(annotation) in {"set", "frozenset", "AbstractSet", "MutableSet"}


class Sets:
    """Which expressions of a module are sets, as far as its own text says. Names count in their function only."""

    def __init__(self, tree: ast.Module) -> None:
        self.scopes = dict(_scopes(tree, None))
        self.names: set[tuple[ast.AST | None, str]] = set()
        self.attributes: set[str] = set()
        self.functions: set[str] = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.AnnAssign) and is_set_type(node.annotation):
                self._add(node.target)
            elif isinstance(node, ast.arg) and is_set_type(node.annotation):
                self.names.add((self.scopes[node], node.arg))
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and is_set_type(node.returns):
                (self.attributes if _is_property(node) else self.functions).add(node.name)
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign) and self.has(node.value):
                for target in node.targets:
                    self._add(target)

    def _add(self, target: ast.expr) -> None:
        if isinstance(target, ast.Name):
            self.names.add((self.scopes[target], target.id))
            self.attributes.add(target.id)  # where it is a field of a class
        elif isinstance(target, ast.Attribute):
            self.attributes.add(target.attr)

    def has(self, node: ast.expr) -> bool:
        match node:
            case ast.Set() | ast.SetComp():
                return True
            case ast.BinOp(left, ast.BitOr() | ast.BitAnd() | ast.Sub() | ast.BitXor(), right):
                return self.has(left) or self.has(right)
            case ast.IfExp(_, body, orelse):
                return self.has(body) or self.has(orelse)
            case ast.Call(function):
                name = _last(function)
                return name in {"set", "frozenset"} | MAKES_SETS or name in self.functions
            case ast.Attribute():
                return node.attr in self.attributes
            case ast.Name():
                return any((scope, node.id) in self.names for scope in (self.scopes[node], None))
        return False


def _scopes(node: ast.AST, scope: ast.AST | None) -> Iterator[tuple[ast.AST, ast.AST | None]]:
    """The innermost function around every node; None for those that stand in the module."""
    for child in ast.iter_child_nodes(node):
        yield child, scope
        yield from _scopes(child, child if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) else scope)


def _last(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _is_property(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any(_last(decorator) in {"property", "cached_property"} for decorator in node.decorator_list)


def walked(tree: ast.Module) -> Iterator[ast.expr]:
    """Every expression whose order shows in what comes of it."""
    harmless = {
        argument
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and _last(node.func) in ORDER_IS_LOST
        for argument in node.args
    }
    for node in ast.walk(tree):
        match node:
            case ast.For(iter=one):
                yield one
            case ast.ListComp(generators=loops) | ast.GeneratorExp(generators=loops) | ast.DictComp(generators=loops):
                if node not in harmless:
                    yield from (loop.iter for loop in loops)
            case ast.Call(function, arguments) if _last(function) in ORDER_IS_KEPT and node not in harmless:
                yield from arguments
            case ast.Starred(one) if isinstance(node.ctx, ast.Load):
                yield one


def found_in(source: str) -> list[str]:
    tree = ast.parse(source)
    sets = Sets(tree)
    return [f"line {one.lineno}: {ast.unparse(one)}" for one in walked(tree) if sets.has(one)]


@pytest.mark.parametrize(
    "text",
    [
        "for x in {1, 2}: pass",
        "held: set[str] = f()\nfor x in held: pass",
        "class A:\n    _held: set[str] = f()\n    def g(self): return [x for x in self._held]",
        "def f(names: frozenset[str] | None): return tuple(names)",
        "def f() -> set[int]: ...\nlist(f())",
        "', '.join({x for x in y})",
        "known = set(rows)\nx = [*known]",
        "next(iter(known - {1}))",
    ],
)
def test_a_loop_over_a_set_is_seen(text: str) -> None:
    assert found_in(text)


@pytest.mark.parametrize(
    "text",
    [
        "held: set[str] = f()\nsorted(held), len(held), 'x' in held, any(x for x in held), max(held)",
        "held: dict[str, None] = {}\nfor x in held: pass",
        "{x for x in set(y)}",
        "for x in sorted({1, 2}): pass",
    ],
)
def test_what_forgets_the_order_may_look_at_sets(text: str) -> None:
    assert not found_in(text)


@pytest.mark.parametrize("path", sorted(ROOT.rglob("*.py")), ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_goes_through_a_set_in_its_order(path: Path) -> None:
    assert found_in(path.read_text()) == []
