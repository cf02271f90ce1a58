"""Instants and spans for people."""

from datetime import UTC, datetime

__all__ = ["moment", "span"]

_NS_PER_S = 1_000_000_000


def moment(at_ns: int) -> str:
    """An instant in UTC, to the millisecond: `2026-11-23 08:15:02.123`."""
    seconds, rest_ns = divmod(at_ns, _NS_PER_S)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S}.{rest_ns // 1_000_000:03d}"


def span(duration_ns: int) -> str:
    """A span with its sign, in the unit that reads well: `+850 us`, `+12.3 ms`, `+4.120 s`."""
    size = abs(duration_ns)
    sign = "-" if duration_ns < 0 else "+"
    if size < 1_000_000:
        return f"{sign}{size / 1e3:.0f} us"
    return f"{sign}{size / 1e6:.1f} ms" if size < _NS_PER_S else f"{sign}{size / 1e9:.3f} s"
