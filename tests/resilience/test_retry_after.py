import math

import pytest

from seawall.resilience import clamp_retry_after, read_retry_after

NOW = 1_784_000_000.0  # 2026-07-14 03:33:20 UTC


@pytest.mark.parametrize(
    ("said", "believed"),
    [
        (0, 0.0),
        (12.5, 12.5),
        (300, 300.0),
        (1e9, 300.0),
        (math.inf, 300.0),
        (-1, None),
        (-math.inf, None),
        (math.nan, None),
        (True, None),
        ("12", None),
        (None, None),
    ],
)
def test_what_others_ask_for_is_believed_within_limits(said: object, believed: float | None) -> None:
    assert clamp_retry_after(said, 300.0) == believed


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120.0),
        (" 0 ", 0.0),
        ("9" * 400, math.inf),
        ("Tue, 14 Jul 2026 03:34:20 GMT", 60.0),
        ("Tue, 14 Jul 2026 03:32:20 GMT", None),
        ("-5", None),
        ("1.5", None),
        ("nan", None),
        ("²", None),
        ("soon", None),
        ("", None),
        ("Tue, 99 Jul 2026 03:34:20 GMT", None),
    ],
)
def test_the_header_is_a_number_or_a_date_to_come(text: str, seconds: float | None) -> None:
    assert read_retry_after(text, now_unix_s=NOW) == seconds
