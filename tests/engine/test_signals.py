"""Signals as the system sends them: the first asks, each later one insists."""

import signal

import attrs
import trio
from trio.testing import wait_all_tasks_blocked

from seawall.engine.signals import watch_signals


@attrs.define(eq=False)
class Asked:
    """Who was asked what."""

    asked: list[str] = attrs.field(factory=list)
    insisted: list[str] = attrs.field(factory=list)

    async def until(self, count: int) -> None:
        with trio.fail_after(5):
            while len(self.asked) + len(self.insisted) < count:  # noqa: ASYNC110 - what is waited for comes from the system
                await trio.sleep(0.001)


async def test_the_first_asks_and_each_later_one_insists() -> None:
    told = Asked()
    async with trio.open_nursery() as nursery:
        await nursery.start(watch_signals, told.asked.append, told.insisted.append)
        for count, number in enumerate((signal.SIGTERM, signal.SIGINT, signal.SIGINT), start=1):
            signal.raise_signal(number)
            await told.until(count)
        nursery.cancel_scope.cancel()

    assert told.asked == ["SIGTERM"]
    assert told.insisted == ["a second signal, SIGINT"] * 2


async def test_a_signal_right_after_the_start_is_not_lost() -> None:
    told = Asked()
    async with trio.open_nursery() as nursery:
        await nursery.start(watch_signals, told.asked.append, told.insisted.append)
        signal.raise_signal(signal.SIGINT)
        await told.until(1)
        await wait_all_tasks_blocked()
        nursery.cancel_scope.cancel()

    assert told.asked == ["SIGINT"]
