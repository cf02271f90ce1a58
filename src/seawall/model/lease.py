"""The seam between the engine and what says that it alone trades an account."""

from datetime import UTC, datetime
from typing import Protocol

import attrs

__all__ = ["Holder", "Lease"]

_S: int = 1_000_000_000


@attrs.frozen
class Holder:
    """An engine that trades an account; `since_ns` is its own wall clock, nanoseconds since the epoch."""

    engine: str
    host: str
    process: int
    since_ns: int

    def __str__(self) -> str:
        since = datetime.fromtimestamp(self.since_ns // _S, tz=UTC)
        return f"{self.engine} on {self.host}, process {self.process}, since {since:%Y-%m-%d %H:%M:%S} UTC"


class Lease(Protocol):
    """The right to trade one account, for one engine at a time. The caller owns all deadlines.

    Each holder has a higher `epoch` than all before it.
    """

    @property
    def account(self) -> str:
        """What names the account: a name that was given, or a digest; never a key."""
        ...

    @property
    def holder(self) -> Holder:
        """Who this lease is for: the engine that asks."""
        ...

    @property
    def epoch(self) -> int:
        """The number of this taking; 0 before it."""
        ...

    async def take(self) -> None:
        """Return once the account is this engine's, and nobody before it can still believe that it is theirs.

        Raises `AccountLeased` while another engine has it, `JournalFailed` where the journal's database is needed and is
        not there. On cancellation it may have been taken: `release` it.
        """
        ...

    async def renew(self) -> None:
        """Return once it is certain that the account was this engine's at some moment of this call.

        Raises `LeaseLost` when it is certain that it is not, any other `SeawallError` where nobody could say. On
        cancellation nothing is known.
        """
        ...

    async def release(self) -> None:
        """Let go of it, for the next engine; of no effect when it was never taken."""
        ...
