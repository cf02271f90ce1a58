"""Whether the account is this engine's, at this very moment.

A lease is believed for `valid_s` seconds after the question that last confirmed it was asked, and not a moment longer, whoever
is late: the server, the network, or this program itself. Without it nothing is sent but cancels
(`seawall.engine.leased_venue`); once it is certain that it is lost, the engine stops.
"""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Final

import attrs
import trio

from seawall.engine.snapshot import LeaseLine
from seawall.model.errors import LeaseLost, SeawallError
from seawall.model.lease import Lease
from seawall.model.venue import Probe

__all__ = [
    "AccountTaken",
    "LeaseConfirmed",
    "LeaseDoubted",
    "LeaseGone",
    "LeaseTerms",
    "LeaseWatch",
    "StandbyWaiting",
    "take_in_turn",
]


_LET_GO_S: Final = 2.0


@attrs.frozen
class AccountTaken:
    """The account is this engine's from now on; `epoch` counts its holders."""

    account: str
    holder: str
    epoch: int

    def __str__(self) -> str:
        return f"the account {self.account} is ours: epoch {self.epoch}"


@attrs.frozen
class LeaseDoubted:
    """Nobody can say whether the account is still ours: nothing but cancels is sent."""

    account: str
    reason: str

    def __str__(self) -> str:
        return f"nothing but cancels: {self.reason}"


@attrs.frozen
class LeaseConfirmed:
    """After a doubt: the account was ours all the time."""

    account: str

    def __str__(self) -> str:
        return f"the account {self.account} is ours after all"


@attrs.frozen
class LeaseGone:
    """The account is not ours any more: nothing but cancels is sent, and the engine stops."""

    account: str
    reason: str

    def __str__(self) -> str:
        return f"nothing but cancels, and stop: {self.reason}"


@attrs.frozen
class StandbyWaiting:
    """Another engine trades the account, or nobody can say; this one waits for its turn."""

    account: str
    reason: str

    def __str__(self) -> str:
        return f"standing by: {self.reason}"


@attrs.frozen
class LeaseTerms:
    """A lease, and what to do with it.

    It is renewed every `every_s` seconds, and believed for `valid_s` seconds. A `standby` waits for it, connected, with the
    books of `follow`.
    """

    lease: Lease
    every_s: float = 1.0
    valid_s: float = 4.0
    standby: bool = False
    follow: tuple[str, ...] = ()


@attrs.define(eq=False)
class LeaseWatch:
    """Takes and renews the lease, and says whether it can be believed. `on_lost` is called once; `now_ns` is the wall clock."""

    terms: LeaseTerms
    on_lost: Callable[[LeaseLost], None]
    probe: Probe
    now_ns: Callable[[], int]
    _asked_s: float = attrs.field(default=-1.0, init=False)
    """When the question was asked that last confirmed it, by either clock."""
    _asked_ns: int = attrs.field(default=0, init=False)
    _lost: str | None = attrs.field(default="it was not taken yet", init=False)
    _is_doubted: bool = attrs.field(default=False, init=False)

    def doubt(self) -> str | None:
        """Why the account may not be ours; None when it is."""
        if self._lost is not None:
            return f"the lease of the account is lost: {self._lost}"
        # A machine that was suspended shows it on one of its clocks at least.
        age_s = max(trio.current_time() - self._asked_s, (self.now_ns() - self._asked_ns) / 1e9)
        if age_s <= self.terms.valid_s:
            return None
        return f"the lease of the account was last confirmed {age_s:.1f} s ago, and is believed for {self.terms.valid_s:g} s"

    async def take(self) -> None:
        """Take the lease. Raises as `Lease.take` and `Lease.renew`."""
        lease = self.terms.lease
        await lease.take()
        self._lost = None
        asked_s, asked_ns = trio.current_time(), self.now_ns()
        await lease.renew()  # asked now, whenever it was taken
        self._asked_s, self._asked_ns = asked_s, asked_ns
        self.probe(AccountTaken(lease.account, str(lease.holder), lease.epoch))

    @asynccontextmanager
    async def let_go(self) -> AsyncGenerator[None, None]:
        """Let go of it after the block, within two seconds: it is free anyway once the process has ended."""
        try:
            yield
        finally:
            with trio.move_on_after(_LET_GO_S, shield=True):
                await self.terms.lease.release()

    def line(self) -> LeaseLine:
        """As it stands, for a snapshot."""
        lease = self.terms.lease
        return LeaseLine(lease.account, str(lease.holder), lease.epoch, self.doubt())

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Renew it for ever. A failed renewal is a notice once it leads to a doubt, and so is the end of the doubt."""
        task_status.started()
        while self._lost is None:
            problem = await self._renew()
            doubt = self.doubt()
            if doubt is not None and not self._is_doubted and self._lost is None:
                self._is_doubted = True
                self.probe(LeaseDoubted(self.terms.lease.account, f"{doubt} ({problem})"))
            await trio.sleep(self.terms.every_s)
        await trio.sleep_forever()

    async def _renew(self) -> str:
        """Ask once, no longer than the answer is worth something; what was in the way, if anything was."""
        asked_s, asked_ns = trio.current_time(), self.now_ns()
        try:
            with trio.fail_after(self.terms.valid_s - self.terms.every_s):
                await self.terms.lease.renew()
        except LeaseLost as lost:
            self._lost = str(lost)
            self.probe(LeaseGone(self.terms.lease.account, str(lost)))
            self.on_lost(lost)
            return str(lost)
        except (SeawallError, trio.TooSlowError) as problem:
            return f"{type(problem).__name__}: {problem}"
        self._asked_s, self._asked_ns = asked_s, asked_ns
        if self._is_doubted:
            self._is_doubted = False
            self.probe(LeaseConfirmed(self.terms.lease.account))
        return "late"


async def take_in_turn(watch: LeaseWatch, probe: Probe) -> None:
    """Take the lease once nobody else has it, however long that lasts. What is in the way is told when it changes.

    On cancellation the lease may have been taken.
    """
    told = ""
    while True:
        try:
            await watch.take()
        except SeawallError as problem:
            if str(problem) != told:
                told = str(problem)
                probe(StandbyWaiting(watch.terms.lease.account, told))
        else:
            return
        await trio.sleep(watch.terms.every_s)
