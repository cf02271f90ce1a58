"""What another program says about when to come back: never believed without limits."""

import math
from email.utils import parsedate_to_datetime

__all__ = ["clamp_retry_after", "read_retry_after"]


def clamp_retry_after(retry_after_s: object, cap_s: float) -> float | None:
    """Seconds to wait as somebody else asks, at most `cap_s`; None when what they say makes no sense.

    Negative numbers, NaN, booleans and what is no number are nonsense; infinity is merely long.
    """
    if isinstance(retry_after_s, bool) or not isinstance(retry_after_s, int | float):
        return None
    if math.isnan(retry_after_s) or retry_after_s < 0:
        return None
    return float(min(retry_after_s, cap_s))


def read_retry_after(text: str, *, now_unix_s: float) -> float | None:
    """Seconds from a `Retry-After` header (RFC 9110 section 10.2.3): a number of seconds, or a date.

    None for what is neither, and for dates that have passed. `now_unix_s` is the wall clock; the answer is unclamped.
    """
    text = text.strip()
    if text.isascii() and text.isdigit():
        return float(text)  # however many digits: infinity at worst
    try:
        wait_s = parsedate_to_datetime(text).timestamp() - now_unix_s
    except (ValueError, OverflowError, TypeError):
        return None
    return wait_s if wait_s > 0 else None
