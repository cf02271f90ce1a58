"""The task tree, read from trio's own."""

import trio
from trio.testing import wait_all_tasks_blocked

from seawall.engine.snapshot import TreeNode
from seawall.engine.tree import tasks_of, tree_of


async def parent() -> None:
    async with trio.open_nursery() as nursery:
        nursery.start_soon(trio.sleep_forever, name="younger")
        nursery.start_soon(trio.sleep_forever, name="elder")


async def test_tasks_hang_below_their_parents_in_order_of_their_names() -> None:
    async with trio.open_nursery() as nursery:
        nursery.start_soon(parent, name="parent")
        nursery.start_soon(trio.sleep_forever, name="alone")
        await wait_all_tasks_blocked()
        tree = tree_of("mine", [nursery])
        nursery.cancel_scope.cancel()

    assert tree == TreeNode("mine", (TreeNode("alone"), TreeNode("parent", (TreeNode("elder"), TreeNode("younger")))))
    assert tasks_of(tree) == ("alone", "parent", "elder", "younger")


async def test_a_task_that_has_ended_is_not_in_it() -> None:
    async with trio.open_nursery() as nursery:
        nursery.start_soon(trio.lowlevel.checkpoint, name="brief")
        await wait_all_tasks_blocked()

        assert tasks_of(tree_of("mine", [nursery])) == ()
