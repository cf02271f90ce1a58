"""From the exchange's error strings to what the caller should do.

An answer may carry several strings at once, and warnings (`W...`) beside a good result
(docs.kraken.com/api/docs/guides/spot-rest-intro). Strings are compared by prefix, with blanks around colons taken out.
"""

import re
from collections.abc import Sequence
from typing import Final

import attrs

from seawall.kraken.dialect.error_table import ROWS, UNLISTED, Family, Row
from seawall.model.errors import (
    AccessDenied,
    Advice,
    ExchangeError,
    OutcomeUnknown,
    RefusedByExchange,
    SeawallError,
    Unavailable,
)

__all__ = ["Answer", "exception_for", "exception_for_http", "read_errors", "tidy"]

_WARNING = re.compile(r"W[A-Z]\w*:")
_THROTTLED = re.compile(r"EService:Throttled:(\d{9,11})(?!\d)", re.IGNORECASE)
_COLON = re.compile(r"\s*:\s*")
_BLANKS = re.compile(r"\s+")
_NS_PER_S: Final = 1_000_000_000
_LONGEST_WAIT_S: Final = 3600.0
"""A throttle that ends later than this speaks of another clock than ours: the row's own wait is taken instead."""
_BY_LENGTH: Final = sorted(((row.prefix.lower(), row) for row in ROWS), key=lambda pair: -len(pair[0]))
_GRAVEST_FIRST: Final = (
    Family.DENIED,
    Family.UNKNOWN,
    Family.BUSY,
    Family.SESSION,
    Family.LIMITED,
    Family.GONE,
    Family.REFUSED,
    Family.NOTHING_TO_DO,
)
_FIRMEST_FIRST: Final[tuple[Advice, ...]] = ("give up", "ask", "wait", "retry")
"""Among errors of one family: what must not be repeated at all outweighs what may be."""
_HTTP_PASSING: Final = frozenset({408, 425, 429})


@attrs.frozen
class Answer:
    """What a list of error strings amounts to.

    `failures` are the strings that are errors, tidied; `warnings` the rest. `family` and `advice` are those of the gravest
    failure, which is one that forbids a repetition where two are of one family; `retry_after_s` is the longest wait that any
    asks for, where waiting helps. `doubtful` says that a placement may have been carried out all the same: one failure that
    leaves it open is enough. Without a failure `family` is None.
    """

    failures: tuple[str, ...]
    warnings: tuple[str, ...]
    family: Family | None
    advice: Advice
    retry_after_s: float | None
    doubtful: bool

    @property
    def failed(self) -> bool:
        """Whether any string was more than a warning."""
        return bool(self.failures)

    @property
    def rule(self) -> str:
        """The first failure up to its second colon: short and stable, for programs."""
        return ":".join(self.failures[0].split(":")[:2]) if self.failures else ""


def tidy(error: str) -> str:
    """The string without the blanks that some answers have around colons, and single ones elsewhere."""
    return _COLON.sub(":", _BLANKS.sub(" ", error.strip()))


def read_errors(errors: Sequence[str], now_ns: int | None = None) -> Answer:
    """Sort the strings of one answer by what they ask of us.

    `now_ns` is the exchange's clock: with it, `EService:Throttled:<unix time>` gives the exact wait.
    """
    tidied = [tidy(error) for error in errors]
    failures = tuple(error for error in tidied if not _WARNING.match(error))
    warnings = tuple(error for error in tidied if _WARNING.match(error))
    if not failures:
        return Answer((), warnings, None, "retry", None, doubtful=False)
    rows = [(_row_of(error), error) for error in failures]
    gravest = min((row for row, _ in rows), key=_gravity)
    waits = [wait for row, error in rows if (wait := _wait_s(row, error, now_ns)) is not None]
    wait_s = max(waits, default=None) if gravest.advice in {"wait", "retry"} else None
    return Answer(
        failures,
        warnings,
        gravest.family,
        "wait" if wait_s is not None else gravest.advice,
        wait_s,
        doubtful=any(row.doubtful for row, _ in rows),
    )


def exception_for(errors: Sequence[str], *, placing: bool, now_ns: int | None = None) -> SeawallError:
    """The exception for an answer that says no.

    `placing` is for requests that make or change an order: then an error that leaves the outcome open becomes
    `OutcomeUnknown`, and every other one `RefusedByExchange`. Otherwise: `AccessDenied`, `Unavailable` for what passes with
    time, `ExchangeError` for the rest. An answer that failed without a reason counts as unknown.
    """
    answer = read_errors(errors, now_ns)
    if not answer.failed:
        answer = attrs.evolve(answer, failures=("no reason given",), family=Family.UNKNOWN, advice="ask", doubtful=True)
    return _placing(answer) if placing else _asking(answer)


def exception_for_http(status: int, *, placing: bool, retry_after_s: float | None = None) -> SeawallError:
    """The exception for an HTTP status other than 200: the request had trouble on its way to the exchange.

    Errors of the exchange itself come with status 200 (docs.kraken.com/api/docs/guides/spot-rest-intro). A placement may have
    reached it all the same, so its outcome is unknown.
    """
    if placing:
        return OutcomeUnknown(f"HTTP status {status} came instead of an answer: the order may exist")
    if status in _HTTP_PASSING or status >= 500:
        return Unavailable(f"HTTP status {status}", retry_after_s=retry_after_s)
    return ExchangeError((f"HTTP status {status}",))


def _placing(answer: Answer) -> SeawallError:
    detail = "; ".join(answer.failures)
    if answer.doubtful:
        return OutcomeUnknown(detail)
    refused = RefusedByExchange(answer.rule, detail, retry_after_s=answer.retry_after_s)
    refused.advice = answer.advice
    return refused


def _asking(answer: Answer) -> SeawallError:
    detail = "; ".join(answer.failures)
    match answer.family:
        case Family.DENIED:
            denied = AccessDenied(detail)
            denied.advice, denied.retry_after_s = answer.advice, answer.retry_after_s
            return denied
        case Family.BUSY | Family.LIMITED:
            return Unavailable(detail, retry_after_s=answer.retry_after_s)
        case _:
            return ExchangeError(answer.failures, advice=answer.advice, retry_after_s=answer.retry_after_s)


def _gravity(row: Row) -> tuple[int, int]:
    return _GRAVEST_FIRST.index(row.family), _FIRMEST_FIRST.index(row.advice)


def _row_of(error: str) -> Row:
    lowered = error.lower()
    return next((row for prefix, row in _BY_LENGTH if lowered.startswith(prefix)), UNLISTED)


def _wait_s(row: Row, error: str, now_ns: int | None) -> float | None:
    until = _THROTTLED.match(error)
    if until is not None and now_ns is not None:
        wait_s = max(0.0, (int(until[1]) * _NS_PER_S - now_ns) / _NS_PER_S)
        return wait_s if wait_s <= _LONGEST_WAIT_S else row.retry_after_s
    return row.retry_after_s
