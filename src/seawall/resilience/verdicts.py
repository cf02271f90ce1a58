"""What an outcome says about the health of the other side."""

from collections.abc import Callable, Iterator
from enum import Enum

import trio

from seawall.resilience.errors import CircuitOpen, DialTimedOut

__all__ = ["Classify", "Verdict", "classify", "leaves", "verdict_of"]


class Verdict(Enum):
    """The three ways an outcome counts."""

    FAILURE = "failure"
    """The other side, or the way to it, is not well."""
    SUCCESS = "success"
    """It answered; a refusal is an answer."""
    NEUTRAL = "neutral"
    """It says nothing: never sent, cancelled, asked to slow down, or a bug of ours."""


Classify = Callable[[object], Verdict]
"""Judges one result or one exception. A breaker never hands it a group, `trio.Cancelled` or `CircuitOpen`."""

_FAILURES = (OSError, EOFError, trio.TooSlowError, trio.BrokenResourceError, DialTimedOut)


def leaves(error: BaseException) -> Iterator[BaseException]:
    """The exceptions inside `error`, at any depth of groups; `error` itself when it is no group."""
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from leaves(inner)
    else:
        yield error


def classify(outcome: object) -> Verdict:
    """Judge by what trio and the operating system say; the default, and what a client's own classifier falls back to.

    Errors of the operating system (`TimeoutError` is one), `trio.TooSlowError`, `trio.BrokenResourceError` and a
    connection that ends too early are failures. Any result is a success. Everything else is neutral, bugs included:
    a classifier that knows a library's errors names them itself.
    """
    if not isinstance(outcome, BaseException):
        return Verdict.SUCCESS
    if isinstance(outcome, BaseExceptionGroup):
        return verdict_of(outcome, classify)
    return Verdict.FAILURE if isinstance(outcome, _FAILURES) else Verdict.NEUTRAL


def verdict_of(error: BaseException, judge: Classify) -> Verdict:
    """The verdict on an exception or a group of them, by its leaves.

    One leaf that is not an `Exception` (a cancellation, Ctrl-C) makes the whole neutral: the call was cut short from
    outside, so the errors beside it are as likely its wreckage as news of the other side. Else one failure is a
    failure, else one success is a success. A `CircuitOpen` is neutral, whatever `judge` thinks: nothing was asked.
    """
    seen: set[Verdict] = set()
    for leaf in leaves(error):
        if not isinstance(leaf, Exception):
            return Verdict.NEUTRAL
        seen.add(Verdict.NEUTRAL if isinstance(leaf, CircuitOpen) else judge(leaf))
    if Verdict.FAILURE in seen:
        return Verdict.FAILURE
    return Verdict.SUCCESS if Verdict.SUCCESS in seen else Verdict.NEUTRAL
