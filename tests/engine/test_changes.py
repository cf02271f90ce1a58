"""Waiting for what another task changes in place."""

import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from seawall.engine.changes import Changes


async def test_a_pulse_wakes_everyone_who_waits_and_nobody_after(autojump_clock: MockClock) -> None:
    changes, woken = Changes(), list[int]()

    async def wait(number: int) -> None:
        await changes.wait()
        woken.append(number)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(wait, 1)
        nursery.start_soon(wait, 2)
        await wait_all_tasks_blocked()
        changes.pulse()
        nursery.start_soon(wait, 3)
        await wait_all_tasks_blocked()

        assert sorted(woken) == [1, 2]
        nursery.cancel_scope.cancel()


async def test_a_pulse_that_nobody_waited_for_is_not_kept(autojump_clock: MockClock) -> None:
    changes = Changes()
    changes.pulse()
    with trio.move_on_after(1) as waiting:
        await changes.wait()

    assert waiting.cancelled_caught


async def test_a_pulse_between_waking_and_looking_is_seen_by_looking(autojump_clock: MockClock) -> None:
    """Two changes in one step wake once: whoever waits looks at the state, and not at a count."""
    changes, state, seen = Changes(), [0], list[int]()

    async def follow() -> None:
        while state[0] < 2:
            await changes.wait()
            seen.append(state[0])

    async with trio.open_nursery() as nursery:
        nursery.start_soon(follow)
        await wait_all_tasks_blocked()
        for _ in range(2):
            state[0] += 1
            changes.pulse()

    assert seen == [2]


async def test_a_cancelled_wait_leaves_the_others_waiting(autojump_clock: MockClock) -> None:
    changes, woken = Changes(), list[str]()

    async def wait() -> None:
        await changes.wait()
        woken.append("woken")

    async with trio.open_nursery() as nursery:
        nursery.start_soon(wait)
        with trio.move_on_after(1):
            await changes.wait()
        changes.pulse()

    assert woken == ["woken"]
