import pytest

from seawall.cli.durations import duration_s


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30s", 30.0),
        ("5m", 300.0),
        ("2h", 7200.0),
        ("1h30m", 5400.0),
        ("250ms", 0.25),
        ("1.5s", 1.5),
        ("1d", 86400.0),
        ("30S", 30.0),
    ],
)
def test_durations_are_read_with_their_unit(text: str, seconds: float) -> None:
    assert duration_s(text) == pytest.approx(seconds)


def test_a_bare_number_is_refused_and_the_ways_to_write_it_are_shown() -> None:
    with pytest.raises(ValueError, match=r"'30' is not a duration .* a number needs its unit, as in 30s, 30m or 30h"):
        duration_s("30")


@pytest.mark.parametrize("text", ["", "s", "-3s", "3 s", "1e3s", "nan", "infs", "30sec", "0s"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a duration|no time at all"):
        duration_s(text)
