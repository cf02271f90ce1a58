import pytest
import trio
import trio.testing

from seawall.kraken.client.api.streams.mailbox import Mailbox, Terms
from seawall.kraken.client.api.streams.stream import Stream, StreamStatistics

EVENTS = Terms[str, str](lambda item: item[0], lambda _item: None, lambda item, _s: item, capacity=3, facts=True)


@pytest.fixture
def mailbox() -> Mailbox[str, str]:
    return Mailbox("things", EVENTS)


@pytest.fixture
def stream(mailbox: Mailbox[str, str]) -> Stream[str]:
    stream = Stream(mailbox)
    mailbox.wake = stream.wake
    return stream


async def test_a_waiting_reader_is_woken(mailbox: Mailbox[str, str], stream: Stream[str], nursery: trio.Nursery) -> None:
    read: list[str] = []

    async def reader() -> None:
        while True:
            read.append(await stream.next())

    nursery.start_soon(reader)
    await trio.testing.wait_all_tasks_blocked()
    mailbox.take("a1", 1.0)
    mailbox.take("a2", 2.0)
    await trio.testing.wait_all_tasks_blocked()

    assert read == ["a1", "a2"]
    nursery.cancel_scope.cancel()


async def test_reading_what_is_there_is_a_checkpoint(mailbox: Mailbox[str, str], stream: Stream[str]) -> None:
    mailbox.take("a1", 1.0)
    with trio.testing.assert_checkpoints():
        assert await stream.next() == "a1"


async def test_a_cancelled_reader_loses_nothing(
    mailbox: Mailbox[str, str], stream: Stream[str], autojump_clock: trio.testing.MockClock
) -> None:
    with trio.move_on_after(1) as waiting:
        await stream.next()
    assert waiting.cancelled_caught
    mailbox.take("a1", 1.0)
    with trio.CancelScope() as scope:
        scope.cancel()
        await stream.next()

    assert await stream.next() == "a1"


async def test_two_readers_at_once_are_refused(stream: Stream[str], nursery: trio.Nursery) -> None:
    nursery.start_soon(stream.next)
    await trio.testing.wait_all_tasks_blocked()

    with pytest.raises(trio.BusyResourceError, match="things"):
        await stream.next()
    nursery.cancel_scope.cancel()


async def test_a_reader_learns_that_the_block_was_left(mailbox: Mailbox[str, str], stream: Stream[str]) -> None:
    mailbox.take("a1", 1.0)

    async with trio.open_nursery() as nursery:

        async def reader() -> None:
            assert await stream.next() == "a1"
            with pytest.raises(trio.ClosedResourceError):
                await stream.next()

        nursery.start_soon(reader)
        await trio.testing.wait_all_tasks_blocked()
        stream.close()
    mailbox.take("a2", 2.0)
    with pytest.raises(trio.ClosedResourceError, match="things"):
        await stream.next()


async def test_it_says_how_it_stands(mailbox: Mailbox[str, str], stream: Stream[str]) -> None:
    for item in ("a1", "b1"):
        mailbox.take(item, 1.0)
    mailbox.lose("b", "the socket was lost")
    await stream.next()

    assert stream.latest == "b1"
    assert stream.latest_of("a") == "a1"
    assert dict(stream.stale) == {"b": "the socket was lost"}
    assert stream.statistics() == StreamStatistics("things", read=1, unread=1, replaced=0, missed=0, stale=("b",))
    assert repr(stream) == "<Stream things, 1 unread, stale: b>"
    stream.close()
    assert repr(stream) == "<Stream things, closed, stale: b>"
