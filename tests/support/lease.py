"""A lease in memory, for tests of the engine."""

import attrs
import trio

from seawall.model.errors import AccountLeased, JournalFailed, LeaseLost
from seawall.model.lease import Holder

__all__ = ["FakeLease"]


BENCH = Holder("bench", "here", 7, 1_767_605_400_000_000_000)


@attrs.define(eq=False)
class FakeLease:
    """Implements `seawall.model.lease.Lease`. What is set is what the next calls find."""

    account: str = "main"
    holder: Holder = BENCH
    epoch: int = 0
    held_by: str | None = None
    """Another engine that has the account."""
    lost: bool = False
    fails: bool = False
    """Nobody can say."""
    hangs: bool = False
    """Nobody says anything."""
    calls: list[str] = attrs.field(factory=list)
    delay_s: float = 0.01

    async def take(self) -> None:
        self.calls.append("take")
        await self._answer()
        if self.held_by is not None:
            raise AccountLeased(self.account, self.held_by)
        self.epoch += 1

    async def renew(self) -> None:
        self.calls.append("renew")
        await self._answer()
        if self.lost:
            raise LeaseLost("a newer epoch has begun")

    async def release(self) -> None:
        self.calls.append("release")
        await trio.lowlevel.checkpoint()

    async def _answer(self) -> None:
        if self.hangs:
            await trio.sleep_forever()
        await trio.sleep(self.delay_s)
        if self.fails:
            raise JournalFailed("the server does not answer")
