"""What the outcomes of this room say about the exchange's health, for its breakers."""

import ssl

import trio

from seawall.kraken.client.rest.http import HttpFailed
from seawall.kraken.client.wire.connection import ConnectionLost, UpgradeRefused
from seawall.kraken.dialect.bad import BadFrame
from seawall.kraken.dialect.error_table import Family
from seawall.kraken.dialect.errors import read_errors
from seawall.model.errors import AccessDenied, ExchangeError, NotSent, OutcomeUnknown, RefusedByExchange, Unavailable
from seawall.resilience import Verdict, classify
from seawall.resilience.verdicts import leaves

__all__ = ["HttpRefused", "TokenUnavailable", "fatal_dial", "judge_dial", "judge_request", "patience_s"]

_TRANSIENT = frozenset({408, 425, 429})
_NEVER_RIGHT = frozenset({400, 401, 403, 404, 405, 410})
"""Answers to an upgrade that no repetition changes. A proxy's 403 may, so they count only before the first success."""
_THROTTLED_S = 60.0
_TOKEN_RETRY_S = 1.0


class HttpRefused(Unavailable):
    """An HTTP status other than 200: the request had trouble on its way to the exchange."""

    def __init__(self, status: int, retry_after_s: float | None) -> None:
        super().__init__(f"HTTP status {status}", retry_after_s=retry_after_s)
        self.status = status


class TokenUnavailable(Unavailable):
    """REST gave no token for the private socket: that says nothing about the socket's host."""

    def __init__(self, error: Unavailable) -> None:
        super().__init__(f"no token: {error}", retry_after_s=error.retry_after_s or _TOKEN_RETRY_S)


def judge_request(outcome: object) -> Verdict:
    """Judge one REST call. A refusal is an answer; being told to slow down, or not having left (`LockedOut`), says nothing."""
    match outcome:
        case HttpFailed():
            return Verdict.NEUTRAL if outcome.local else Verdict.FAILURE
        case HttpRefused():
            if outcome.status == 429:
                return Verdict.NEUTRAL
            return Verdict.FAILURE if outcome.status >= 500 or outcome.status in _TRANSIENT else Verdict.SUCCESS
        case Unavailable():
            return Verdict.FAILURE if outcome.retry_after_s is None else Verdict.NEUTRAL
        case OutcomeUnknown():
            busy = read_errors([str(outcome)]).family is Family.BUSY
            return Verdict.FAILURE if busy else Verdict.SUCCESS
        case BadFrame():
            return Verdict.FAILURE
        case RefusedByExchange() | ExchangeError() | AccessDenied():
            return Verdict.SUCCESS
        case _:
            return classify(outcome)


def judge_dial(outcome: object) -> Verdict:
    """Judge one connection's end. What is neither failure nor success here, and asks for no wait, is a bug."""
    match outcome:
        case UpgradeRefused():
            return Verdict.FAILURE if outcome.status >= 500 else Verdict.NEUTRAL
        case ConnectionLost() | NotSent() | BadFrame():
            return Verdict.FAILURE
        case Unavailable():
            return Verdict.FAILURE if outcome.retry_after_s is None else Verdict.NEUTRAL
        case ExchangeError() | AccessDenied():
            return Verdict.SUCCESS
        case _:
            return classify(outcome)


def patience_s(error: BaseException) -> float | None:
    """The longest wait that an ended connection asks for."""
    asked = [leaf.retry_after_s for leaf in leaves(error) if isinstance(leaf, Unavailable) and leaf.retry_after_s is not None]
    if any(isinstance(leaf, UpgradeRefused) and leaf.status < 500 for leaf in leaves(error)):
        asked.append(_THROTTLED_S)
    return max(asked, default=None)


def fatal_dial(error: BaseException, *, served_before: bool) -> str | None:
    """Why dialling again is pointless, or None.

    A refused key always is. A wrong address, or a certificate that does not verify, is one only until it has worked once:
    after that it is trouble on the way, which passes.
    """
    for leaf in leaves(error):
        if isinstance(leaf, AccessDenied) and leaf.advice == "give up":
            return f"access denied: {leaf}"
        if served_before:
            continue
        if isinstance(leaf, UpgradeRefused) and leaf.status in _NEVER_RIGHT:
            return str(leaf)
        if isinstance(leaf, trio.BrokenResourceError) and isinstance(leaf.__cause__, ssl.SSLCertVerificationError):
            return f"the certificate does not verify: {leaf.__cause__.verify_message}"
    return None
