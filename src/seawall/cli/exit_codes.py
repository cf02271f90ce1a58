"""What the exit code of `seawall` says; `docs/exit-codes.md` says it to users."""

from enum import IntEnum

__all__ = ["ExitCode"]


class ExitCode(IntEnum):
    """Stable: service managers and scripts decide by them.

    Where several would apply, `OF_A_RUN` in `seawall.cli.outcome` says which wins.
    """

    CLEAN = 0
    """Done, and nothing left behind: the certificate is all zero."""
    INTERNAL_ERROR = 1
    """A bug of Seawall's. Orders were still cancelled, as far as the certificate says so."""
    USAGE = 2
    """The command line makes no sense; nothing was started."""
    CONFIGURATION = 3
    """The configuration cannot be used; nothing was started. Every fault is listed."""
    ACCESS_DENIED = 4
    """The exchange refused the key, its signature or its permissions."""
    UNREACHABLE = 5
    """The exchange could not be reached at the start; nothing was traded."""
    UNCONFIRMED = 6
    """Stopped, but orders may be open or in doubt, or tasks did not end: the certificate lists them. Look at the exchange."""
    JOURNAL_FAILED = 7
    """The journal could not be opened, or could not keep a record; what was open was cancelled."""
    QUARANTINED = 8
    """Stopped in good order, but a strategy had failed more often than its restart policy allows."""
    LEASED = 9
    """Another engine trades the account, or has taken it over; our orders were cancelled, as far as the certificate says so."""
    BROKEN = 10
    """A command that breaks the world on purpose (`simulate`, `drill`, `ordeal`) saw a promise broken, or came to no verdict."""
    INTERRUPTED = 130
    """Stopped by a signal before the engine had started to trade, or before all simulated runs were done."""
