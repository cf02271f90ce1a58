"""A recorded market, played again."""

import attrs
import trio

from seawall.sim.market.recording import Recorded, Recording
from seawall.sim.market.source import MarketInput
from seawall.sim.settings import ReplayStart, Speed

__all__ = ["Replay"]


@attrs.define(eq=False)
class Replay:
    """Plays a recording `speed` times as fast as it was, or as fast as its readers read.

    The opening snapshots stand from the first moment. The updates are held until somebody follows (see `start`), so that a
    client can see every one. After the last frame the market stands still.
    """

    recording: Recording
    speed: Speed
    start: ReplayStart
    played: int = 0
    """Frames played so far."""
    finished: trio.Event = attrs.field(factory=trio.Event)
    _held: list[Recorded] = attrs.field(factory=list)

    def prepare(self, market: MarketInput) -> None:
        """Let each symbol's first snapshot stand."""
        opened: set[str] = set()
        for frame in self.recording.frames:
            if frame.snapshot and frame.symbol not in opened:
                opened.add(frame.symbol)
                self._play(market, frame)
            else:
                self._held.append(frame)

    async def run(self, market: MarketInput) -> None:
        """Wait for followers, then play to the end."""
        await market.wait_followed([pair.symbol for pair in self.recording.pairs], self.start)
        began_s = trio.current_time()
        first_s = self._held[0].at_s if self._held else 0.0
        for frame in self._held:
            if self.speed == "max":
                await market.room()
            else:
                await trio.sleep_until(began_s + (frame.at_s - first_s) / self.speed)
            self._play(market, frame)
        self.finished.set()

    def _play(self, market: MarketInput, frame: Recorded) -> None:
        at_ns = market.exchange.now_ns() if frame.at_ns is None else frame.at_ns
        market.change_book(frame.symbol, frame.levels, snapshot=frame.snapshot, at_ns=at_ns, frame=frame.frame)
        self.played += 1
