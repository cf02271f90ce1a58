"""What this room raises, and what its reader can do about it.

    ResilienceError
    ├── BadSetting (also ValueError)   a setting that cannot work; names it
    ├── CircuitOpen                    a breaker lets no call through now
    ├── WaitTooLong                    a limiter's turn comes after the caller's own deadline
    ├── DialTimedOut                   a connection did not come to serve in the time it had
    ├── ReconnectStopped               a reconnect loop has ended for good
    └── GaveUp                         a supervised service failed more often than its policy allows

Each carries `advice`, one of four words: `retry` (safe to repeat after a pause), `wait` (not before `retry_after_s`),
`give up` (repeating changes nothing), `ask` (the outcome is unknown: find out first).
"""

from typing import Final, Literal

__all__ = [
    "ADVICE",
    "Advice",
    "BadSetting",
    "CircuitOpen",
    "DialTimedOut",
    "GaveUp",
    "ReconnectStopped",
    "ResilienceError",
    "WaitTooLong",
]

Advice = Literal["retry", "wait", "give up", "ask"]

ADVICE: Final[tuple[Advice, ...]] = ("retry", "wait", "ask", "give up")
"""The words, the boldest first: of several failures at once, the last word in this order holds."""


class ResilienceError(Exception):
    """The root of every error this room raises on purpose."""

    advice: Advice = "give up"
    retry_after_s: float | None = None


class BadSetting(ResilienceError, ValueError):
    """A setting that cannot work: zero, negative, NaN, infinite, or of the wrong type."""

    def __init__(self, name: str, value: object, expected: str) -> None:
        super().__init__(f"{name}: {value!r} is not {expected}")
        self.name = name
        self.value = value
        self.expected = expected


class CircuitOpen(ResilienceError):
    """The breaker `name` lets no call through; the guarded function was not run.

    `retry_after_s` is 0 or more, and None when only a person's word will close the breaker.
    """

    def __init__(self, name: str, retry_after_s: float | None) -> None:
        when = "until somebody closes it" if retry_after_s is None else f"for {retry_after_s:.3g} s"
        super().__init__(f"breaker {name!r} lets nothing through {when}")
        self.name = name
        self.retry_after_s = retry_after_s
        self.advice: Advice = "give up" if retry_after_s is None else "wait"


class WaitTooLong(ResilienceError):
    """The limiter `name` could serve only after the caller's deadline; nothing was taken."""

    advice: Advice = "wait"

    def __init__(self, name: str, expected_wait_s: float) -> None:
        super().__init__(f"limiter {name!r} would serve this in {expected_wait_s:.3g} s, which is too late for its caller")
        self.name = name
        self.expected_wait_s = expected_wait_s
        self.retry_after_s = expected_wait_s


class DialTimedOut(ResilienceError):
    """A connection did not come to serve within its dial deadline."""

    advice: Advice = "retry"

    def __init__(self, name: str, dial_s: float) -> None:
        super().__init__(f"link {name!r} did not serve within {dial_s:g} s")
        self.name = name
        self.dial_s = dial_s


class ReconnectStopped(ResilienceError):
    """The link `name` will not be dialled again; `reason` says why, and the cause is the last failure."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"link {name!r} has stopped: {reason}")
        self.name = name
        self.reason = reason


class GaveUp(ResilienceError):
    """The service `name` failed `failures` times where its policy allows one less; the cause is the last failure."""

    def __init__(self, name: str, failures: int) -> None:
        super().__init__(f"service {name!r} failed {failures} times in a row")
        self.name = name
        self.failures = failures
