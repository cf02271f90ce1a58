"""Frames on their way to one reader."""

import trio
from trio.testing import wait_all_tasks_blocked

from seawall.sim.server.outbox import MOST, Outbox


async def test_frames_come_out_in_order_and_may_be_put_at_a_place() -> None:
    outbox = Outbox(10)
    for frame in ("a", "b", "c"):
        outbox.put(frame)
    outbox.put("x", at=1)

    assert await outbox.take() == ("a", "x", "b", "c")


async def test_no_more_are_taken_at_once_than_make_one_write() -> None:
    outbox = Outbox(3 * MOST)
    for number in range(MOST + 1):
        outbox.put(str(number))

    assert len(await outbox.take()) == MOST
    assert await outbox.take() == (str(MOST),)


async def test_a_waiting_writer_is_woken() -> None:
    outbox, taken = Outbox(10), []

    async def write() -> None:
        taken.append(await outbox.take())

    async with trio.open_nursery() as nursery:
        nursery.start_soon(write)
        await wait_all_tasks_blocked()
        outbox.put("a")
    assert taken == [("a",)]


async def test_a_take_that_is_canceled_loses_nothing() -> None:
    outbox = Outbox(10)
    outbox.put("a")
    with trio.CancelScope() as scope:
        scope.cancel()
        await outbox.take()

    assert scope.cancelled_caught
    assert await outbox.take() == ("a",)


def test_one_frame_too_many_ends_it_and_nothing_is_left_out_of_the_middle() -> None:
    outbox = Outbox(2)
    for frame in ("a", "b", "c", "d"):
        outbox.put(frame)

    assert outbox.overflowed.is_set()
    assert len(outbox) == 0


async def test_room_is_there_once_half_is_read_or_the_reader_is_given_up() -> None:
    for end in ("read", "abandon"):
        outbox, reached = Outbox(4), trio.Event()
        for frame in ("a", "b", "c"):
            outbox.put(frame)

        async def wait(outbox: Outbox = outbox, reached: trio.Event = reached) -> None:
            await outbox.room()
            reached.set()

        async with trio.open_nursery() as nursery:
            nursery.start_soon(wait)
            await wait_all_tasks_blocked()
            assert not reached.is_set()
            if end == "read":
                await outbox.take()
            else:
                outbox.abandon()
        assert reached.is_set()
