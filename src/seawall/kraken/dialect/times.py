"""Times on the wire and nanoseconds since the epoch, without a float in between.

WebSocket v2 writes RFC 3339 in UTC with six or nine fractional digits (docs.kraken.com/api/docs/guides/spot-ws-intro);
any count is read here. REST writes seconds, whole or with a fraction.
"""

import re
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache

from seawall.model.numbers import EXACT

__all__ = ["check_rfc3339", "from_rfc3339", "seconds_to_ns", "to_rfc3339", "to_seconds"]

_RFC3339 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])([01]\d|2[0-3]):([0-5]\d))?",
    re.ASCII,
)
_NS_PER_S = 1_000_000_000
_FINE = len("2026-01-31T12:00:00.000000000Z")
_SHAPE = "2026-01-31T12:00:00.000000Z"[4:20:3]
"""The marks between the parts down to the point, which happen to stand three apart."""
_WHOLE = len("2026-01-31T12:00:00")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def from_rfc3339(text: str) -> int:
    """Nanoseconds since the epoch; digits past the ninth are cut off. A time without an offset is taken as UTC.

    Raises ValueError naming the text when it is no time.
    """
    usual = _as_usual(text)
    if usual is None:
        return _from_any(text)
    since = usual - _EPOCH
    nanos = int(text[26:29]) if len(text) == _FINE else 0
    return (since.days * 86_400 + since.seconds) * _NS_PER_S + since.microseconds * 1000 + nanos


def check_rfc3339(text: str) -> None:
    """Raise ValueError for what `from_rfc3339` would not read. Most of what reading costs is arithmetic, which is saved here."""
    if _as_usual(text) is None:
        _from_any(text)


def _as_usual(text: str) -> datetime | None:
    """The two forms that the exchange writes nearly always, cut to microseconds, in a fraction of the time of any other.

    `fromisoformat` alone would take more than these: a colon for a digit of the fraction, and digits of other scripts.
    """
    usual = text[4:20:3] == _SHAPE and (text[26:] == "Z" or text[29:] == "Z")
    if usual and text[20:-1].isdigit() and text.isascii():
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            return None
    return None


def _from_any(text: str) -> int:
    match = _RFC3339.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not an RFC 3339 time such as '2026-01-31T12:00:00.000000Z'")
    year, month, day, hour, minute, second, fraction, sign, offset_hours, offset_minutes = match.groups()
    # A leap second has the number 60, and is the first second of the next minute here as it is in unix time.
    leap = second == "60"
    try:
        whole = datetime(int(year), int(month), int(day), int(hour), int(minute), 59 if leap else int(second), tzinfo=UTC)
    except ValueError as error:
        raise ValueError(f"{text!r} is not a time: {error}") from None
    since = whole - _EPOCH
    seconds = since.days * 86_400 + since.seconds + leap
    if sign:
        offset = int(offset_hours) * 3600 + int(offset_minutes) * 60
        seconds += -offset if sign == "+" else offset
    return seconds * _NS_PER_S + (int(fraction[:9].ljust(9, "0")) if fraction else 0)


def to_rfc3339(at_ns: int, places: int = 6) -> str:
    """The time in UTC with `places` (0 to 9) fractional digits, cut and not rounded; a `deadline` takes 3.

    Raises ValueError for a time before the year 1 or after 9999, which cannot be written so.
    """
    seconds, rest = divmod(at_ns, _NS_PER_S)
    try:
        whole = _to_the_second(seconds)
    except (ValueError, OverflowError, OSError):
        raise ValueError(f"{at_ns} nanoseconds since 1970 is not a time between the years 1 and 9999") from None
    return f"{whole}.{rest:09d}"[: _WHOLE + 1 + places] + "Z" if places else f"{whole}Z"


@lru_cache(maxsize=16)
def _to_the_second(seconds: int) -> str:
    # What is written is mostly of the second that is now.
    return datetime.fromtimestamp(seconds, UTC).isoformat()[:_WHOLE]


def seconds_to_ns(seconds: Decimal | int) -> int:
    """REST's seconds since the epoch, as the digits it wrote, in nanoseconds."""
    return int(EXACT.multiply(Decimal(seconds), _NS_PER_S))


def to_seconds(at_ns: int) -> str:
    """Seconds since the epoch with nine places, as REST takes them in `start` and `end`. Raises TypeError for a float."""
    if not isinstance(at_ns, int):
        raise TypeError(f"{at_ns!r} is a {type(at_ns).__name__}, where a time is an int of nanoseconds since 1970")
    seconds, rest = divmod(abs(at_ns), _NS_PER_S)
    return f"{'-' if at_ns < 0 else ''}{seconds}.{rest:09d}"
