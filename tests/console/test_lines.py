from decimal import Decimal

import attrs
import pytest

from seawall.console.lines import PlainLines, line
from seawall.engine.facts import Fact
from seawall.engine.snapshot import EngineSnapshot, QuoteLine, TreeNode


@attrs.frozen
class BreakerOpened:
    name: str
    failures: int
    retry_after_s: float
    error: BaseException | None = None


class Clock:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> int:
        return int(self.now_s * 1e9)


def snapshot(*quotes: QuoteLine) -> EngineSnapshot:
    return EngineSnapshot("demo", "sim", "RUNNING", 1.0, TreeNode("engine"), quotes, (), (), ())


def test_a_line_is_time_event_fields() -> None:
    assert line(3_723_456_000_000, "breaker_opened", {"name": "rest", "failures": 5}) == (
        "01:02:03.456  breaker_opened  name=rest failures=5"
    )


@pytest.mark.parametrize(
    ("fact", "text"),
    [
        ("two words", '"two words"'),
        ("", '""'),
        ('a"b', '"a\\"b"'),
        ("a=b", '"a=b"'),
        ("line\nbreak", '"line\\nbreak"'),
        ("\x1b[2J", '"\\u001b[2J"'),
        ("64000.10", "64000.10"),
        (0.25, "0.25"),
        (60.0, "60"),
        (float("inf"), "inf"),
        (True, "yes"),
        (["BTC/USD", "ETH/USD"], "BTC/USD,ETH/USD"),
        ([], '""'),
    ],
)
def test_values_never_break_the_line_apart(fact: Fact, text: str) -> None:
    assert line(0, "said", {"value": fact}) == f"00:00:00.000  said  value={text}"


def test_nested_facts_are_flattened_and_empty_ones_left_out() -> None:
    assert line(0, "fill", {"owner": "grid", "fill": {"qty": "0.1", "fees": [{"asset": "USD"}]}, "reason": None}) == (
        "00:00:00.000  fill  owner=grid fill.qty=0.1 fill.fees.0.asset=USD"
    )


def test_notices_become_lines_and_errors_two_fields() -> None:
    written: list[str] = []
    PlainLines(written.append, Clock())(BreakerOpened("rest", 5, 60.0, OSError("no route to host")))
    assert written == [
        '00:00:00.000  breaker_opened  name=rest failures=5 retry_after_s=60 error=OSError error.text="no route to host"\n'
    ]


def test_the_errors_of_a_group_are_told_one_by_one() -> None:
    written: list[str] = []
    group = ExceptionGroup("two", [OSError("no route"), ValueError()])
    PlainLines(written.append, Clock())(BreakerOpened("rest", 5, 60.0, group))
    assert written[0].endswith(
        'error=ExceptionGroup error.text="two (2 sub-exceptions)"'
        ' error.errors.0=OSError error.errors.0.text="no route" error.errors.1=ValueError error.errors.1.text=""\n'
    )


def test_quotes_are_told_once_in_five_seconds_for_each_symbol() -> None:
    written: list[str] = []
    clock = Clock()
    lines = PlainLines(written.append, clock)
    bitcoin = QuoteLine("BTC/USD", Decimal("64000.10"), Decimal("64000.20"), 0.1234, verified=True)
    ether = QuoteLine("ETH/USD", None, None, 9.0, verified=False)
    for step in range(21):  # five seconds, four times a second
        clock.now_s = step / 4
        lines.quotes(snapshot(bitcoin, ether) if step >= 4 else snapshot(bitcoin))
    assert written == [
        "00:00:00.000  quote  symbol=BTC/USD bid=64000.10 ask=64000.20 age_s=0.123 verified=yes\n",
        "00:00:01.000  quote  symbol=ETH/USD age_s=9 verified=no\n",
        "00:00:05.000  quote  symbol=BTC/USD bid=64000.10 ask=64000.20 age_s=0.123 verified=yes\n",
    ]


def test_a_wall_clock_that_is_set_back_does_not_silence_quotes() -> None:
    written: list[str] = []
    clock = Clock()
    clock.now_s = 1000.0
    lines = PlainLines(written.append, clock)
    quote = snapshot(QuoteLine("BTC/USD", Decimal(1), Decimal(2), 0.0, verified=True))
    lines.quotes(quote)
    clock.now_s = 10.0
    lines.quotes(quote)
    assert len(written) == 2
