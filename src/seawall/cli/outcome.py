"""From what happened to an exit code."""

from collections.abc import Callable, Iterator
from typing import Final

import trio

from seawall.cli.exit_codes import ExitCode
from seawall.config import ConfigError
from seawall.engine.certificate import Certificate
from seawall.engine.dead_mans_switch import ForeignOrdersOpen
from seawall.model.errors import AccessDenied, AccountLeased, JournalFailed, LeaseLost, NotSent, Unavailable, UnknownSymbol
from seawall.resilience import CircuitOpen, DialTimedOut, ReconnectStopped, WaitTooLong

__all__ = ["OF_A_RUN", "code_of_failed_start", "code_of_run", "leaves"]

# What asks for a person first comes first: money that may be at risk at the exchange, then what was not kept.
OF_A_RUN: Final[tuple[tuple[ExitCode, Callable[[Certificate], bool]], ...]] = (
    (ExitCode.UNCONFIRMED, lambda certificate: not certificate.confirmed or bool(certificate.unclosed)),
    (ExitCode.JOURNAL_FAILED, lambda certificate: certificate.journal != "closed"),
    (ExitCode.INTERNAL_ERROR, lambda certificate: bool(certificate.crashes)),
    (ExitCode.QUARANTINED, lambda certificate: bool(certificate.quarantined)),
    (ExitCode.INTERNAL_ERROR, lambda certificate: not certificate.clean),
)

_OF_A_START: Final[tuple[tuple[type[Exception] | tuple[type[Exception], ...], ExitCode], ...]] = (
    ((ConfigError, UnknownSymbol, ForeignOrdersOpen), ExitCode.CONFIGURATION),
    (AccessDenied, ExitCode.ACCESS_DENIED),
    (JournalFailed, ExitCode.JOURNAL_FAILED),
    ((AccountLeased, LeaseLost), ExitCode.LEASED),
    ((Unavailable, NotSent, CircuitOpen, DialTimedOut, WaitTooLong, trio.TooSlowError, OSError), ExitCode.UNREACHABLE),
)


def code_of_run(certificate: Certificate) -> ExitCode:
    """The code of an engine that came to trade: the first of `OF_A_RUN` that holds, or `CLEAN`."""
    return next((code for code, holds in OF_A_RUN if holds(certificate)), ExitCode.CLEAN)


def code_of_failed_start(failure: BaseException) -> ExitCode:
    """The code of an engine that could not start. `INTERNAL_ERROR` when any of its errors is none that the world can cause."""
    codes = [_code_of(error) for error in leaves(failure)]
    if not codes or ExitCode.INTERNAL_ERROR in codes:
        return ExitCode.INTERNAL_ERROR
    return next(code for _kinds, code in _OF_A_START if code in codes)


def leaves(error: BaseException) -> Iterator[BaseException]:
    """The errors of a group, of its groups, and so on; an error that is no group is its own only leaf."""
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from leaves(inner)
    else:
        yield error


def _code_of(error: BaseException) -> ExitCode:
    if isinstance(error, ReconnectStopped) and error.__cause__ is not None:  # says why by its cause
        return code_of_failed_start(error.__cause__)
    return next((code for kinds, code in _OF_A_START if isinstance(error, kinds)), ExitCode.INTERNAL_ERROR)
