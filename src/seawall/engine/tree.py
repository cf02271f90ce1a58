"""The task tree as data: trio keeps it, this reads it."""

from collections.abc import Iterable

import trio

from seawall.engine.snapshot import TreeNode

__all__ = ["tasks_of", "tree_of"]


def tree_of(name: str, nurseries: Iterable[trio.Nursery]) -> TreeNode:
    """The tasks of some nurseries under one name, with all that hangs below them, in order of their names."""
    tasks = [task for nursery in nurseries for task in nursery.child_tasks]
    return TreeNode(name, tuple(sorted((_node(task) for task in tasks), key=lambda node: node.name)))


def tasks_of(node: TreeNode) -> tuple[str, ...]:
    """The name of every task below a node, parents before children."""
    return tuple(name for child in node.children for name in (child.name, *tasks_of(child)))


def _node(task: trio.lowlevel.Task) -> TreeNode:
    return tree_of(task.name, task.child_nurseries)
