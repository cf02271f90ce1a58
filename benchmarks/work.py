"""What a client is given to do once it is subscribed, and what is measured meanwhile."""

import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Protocol

import attrs
import msgspec
from benchmarks.feed import Feed
from benchmarks.rows import percentile

__all__ = ["Burst", "Growth", "Measured", "Pace", "Tally", "Work"]

Measured = dict[str, float]
"""Numbers by name."""


class Event(Protocol):
    """trio's and asyncio's have this in common."""

    def set(self) -> None:
        """Let those go on who wait."""

    def wait(self) -> Awaitable[object]:
        """Wait for it."""
        ...


@attrs.define(eq=False)
class Tally:
    """The user's callback: counts what reached it, and says when all of a burst did."""

    seen: int = 0
    _wanted: int = 0
    _done: Event | None = None

    def expect(self, count: int, done: Event) -> None:
        """Set `done` after so many more."""
        self._wanted, self._done = self.seen + count, done

    def __call__(self) -> None:
        """One more came."""
        self.seen += 1
        if self.seen == self._wanted:
            assert self._done is not None
            self._done.set()


@attrs.define(eq=False)
class Stamps(Tally):
    """Notes when each came, too."""

    came_ns: list[int] = attrs.field(factory=list)

    def __call__(self) -> None:
        """One more came."""
        self.came_ns.append(time.monotonic_ns())
        super(Stamps, self).__call__()  # noqa: UP008 - attrs makes the class anew, and the short form would not know it


class Work(msgspec.Struct, frozen=True, tag=True):
    """Frames of one channel."""

    channel: str

    def tally(self) -> Tally:
        """The callback for it."""
        return Tally()

    async def measure(self, feed: Feed, tally: Tally, event: Callable[[], Event]) -> Measured:
        """Have it sent to a client that calls `tally` once for each message."""
        raise NotImplementedError


async def _burst(feed: Feed, channel: str, cycles: int, tally: Tally, event: Callable[[], Event]) -> None:
    done = event()
    tally.expect(feed.messages(cycles), done)
    feed.command(f"burst {channel} {cycles}")
    await done.wait()
    feed.answer()


class Burst(Work, frozen=True, tag=True):
    """So many cycles as fast as the client takes them, after one to warm up. `cpu_us`: processor time a message."""

    cycles: int

    async def measure(self, feed: Feed, tally: Tally, event: Callable[[], Event]) -> Measured:
        """Until the last came."""

        async def wait(messages: int) -> None:
            done = event()
            tally.expect(messages, done)
            await done.wait()

        return await self.measure_with(feed, wait)

    async def measure_with(self, feed: Feed, wait: Callable[[int], Awaitable[object]]) -> Measured:
        """`wait` returns when so many messages reached the callback."""
        took_us = 0.0
        for cycles in (1, self.cycles):
            messages = feed.messages(cycles)
            began_s = time.process_time()
            feed.command(f"burst {self.channel} {cycles}")
            await wait(messages)
            took_us = (time.process_time() - began_s) / messages * 1e6
            feed.answer()
        return {"cpu_us": took_us}


class Pace(Work, frozen=True, tag=True):
    """So many messages a second, after a burst to warm up: from the feed's send to the callback, and processor time a message."""

    cycles: int
    per_s: int

    def tally(self) -> Tally:
        """The callback for it."""
        return Stamps()

    async def measure(self, feed: Feed, tally: Tally, event: Callable[[], Event]) -> Measured:
        """`p50_us`, `p99_us`, `cpu_us`."""
        assert isinstance(tally, Stamps)
        await _burst(feed, self.channel, 1, tally, event)
        tally.came_ns.clear()
        messages, done = feed.messages(self.cycles), event()
        tally.expect(messages, done)
        began_s = time.process_time()
        feed.command(f"pace {self.channel} {self.cycles} {self.per_s}")
        await done.wait()
        took_us = (time.process_time() - began_s) / messages * 1e6
        sent_ns: list[int] = feed.answer()
        late_us = [(came - sent) / 1e3 for came, sent in zip(tally.came_ns, sent_ns, strict=True)]
        return {"p50_us": percentile(late_us, 50), "p99_us": percentile(late_us, 99), "cpu_us": took_us}


def _resident_kb() -> float:
    return float(Path("/proc/self/smaps_rollup").read_text(encoding="ascii").partition("Rss:")[2].split()[0])


class Growth(Work, frozen=True, tag=True):
    """Burst after burst. The process's resident memory, in KiB, after so many messages, by their number."""

    after: tuple[int, ...]

    async def measure(self, feed: Feed, tally: Tally, event: Callable[[], Event]) -> Measured:
        """Read between bursts."""
        measured: Measured = {}
        for messages in self.after:
            while tally.seen < messages:
                await _burst(feed, self.channel, max(1, min(100, (messages - tally.seen) // feed.address.cycle)), tally, event)
            measured[str(messages)] = _resident_kb()
        return measured
