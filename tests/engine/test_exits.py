"""When a position is closed, long and short, on both sides of each line."""

from decimal import Decimal

import pytest

from seawall.engine.exits import TrailingMark, decide
from seawall.engine.portfolio import Position
from seawall.engine.settings import ExitRules

D = Decimal
SECOND_NS = 1_000_000_000


def position(qty: str, entry: str | None = "100", opened_at_ns: int | None = 0) -> Position:
    return Position("cross", "BTC/USD", D(qty), None if entry is None else D(entry), D(0), (), opened_at_ns)


LONG, SHORT = position("2"), position("-2")
FLAT = position("0", None, None)


def reason(held: Position, rules: ExitRules, mark: str | None, *, best_price: str | None = None, now_ns: int = 0) -> str | None:
    found = decide(held, rules, None if best_price is None else D(best_price), None if mark is None else D(mark), now_ns)
    return None if found is None else found.reason


@pytest.mark.parametrize(
    ("held", "mark", "expected"),
    [
        (LONG, "95.01", None),
        (LONG, "95", "stop_loss"),
        (LONG, "50", "stop_loss"),
        (LONG, "200", None),
        (SHORT, "104.99", None),
        (SHORT, "105", "stop_loss"),
        (SHORT, "50", None),
        (FLAT, "50", None),
    ],
)
def test_stop_loss(held: Position, mark: str, expected: str | None) -> None:
    assert reason(held, ExitRules(stop_loss=D("0.05")), mark) == expected


@pytest.mark.parametrize(
    ("held", "mark", "expected"),
    [
        (LONG, "109.99", None),
        (LONG, "110", "take_profit"),
        (LONG, "50", None),
        (SHORT, "90.01", None),
        (SHORT, "90", "take_profit"),
        (SHORT, "150", None),
        (FLAT, "150", None),
    ],
)
def test_take_profit(held: Position, mark: str, expected: str | None) -> None:
    assert reason(held, ExitRules(take_profit=D("0.1")), mark) == expected


@pytest.mark.parametrize(
    ("held", "best_price", "mark", "expected"),
    [
        (LONG, "200", "180.01", None),
        (LONG, "200", "180", "trailing"),
        (LONG, "200", "200", None),
        (SHORT, "50", "54.99", None),
        (SHORT, "50", "55", "trailing"),
        (SHORT, "50", "50", None),
        (LONG, None, "1", None),
    ],
)
def test_trailing(held: Position, best_price: str | None, mark: str, expected: str | None) -> None:
    assert reason(held, ExitRules(trailing=D("0.1")), mark, best_price=best_price) == expected


@pytest.mark.parametrize(("now_ns", "expected"), [(100 * SECOND_NS - 1, None), (100 * SECOND_NS, "max_age")])
@pytest.mark.parametrize("held", [position(qty, opened_at_ns=40 * SECOND_NS) for qty in ("2", "-2")])
@pytest.mark.parametrize("mark", ["100", None])
def test_age_needs_no_price(held: Position, mark: str | None, now_ns: int, expected: str | None) -> None:
    assert reason(held, ExitRules(max_age_s=60.0), mark, now_ns=now_ns) == expected


def test_a_flat_position_has_no_age() -> None:
    assert reason(FLAT, ExitRules(max_age_s=60.0), "100", now_ns=10**18) is None


def test_without_a_price_nothing_is_said_about_it() -> None:
    rules = ExitRules(stop_loss=D("0.01"), take_profit=D("0.01"), trailing=D("0.01"))

    assert reason(LONG, rules, None, best_price="500") is None


def test_without_rules_a_position_stays() -> None:
    assert reason(LONG, ExitRules(), "1", best_price="500", now_ns=10**18) is None


def test_of_several_reasons_the_first_is_told() -> None:
    rules = ExitRules(stop_loss=D("0.01"), trailing=D("0.01"), max_age_s=1.0)

    assert reason(LONG, rules, "50", best_price="100", now_ns=10**18) == "stop_loss"
    assert reason(LONG, rules, "150", best_price="200", now_ns=10**18) == "trailing"
    assert reason(LONG, rules, "150", best_price="150", now_ns=10**18) == "max_age"


def test_an_exit_says_which_prices_it_saw() -> None:
    found = decide(LONG, ExitRules(stop_loss=D("0.05")), None, D("94.5"), 0)

    assert found is not None
    assert "94.5" in found.detail
    assert "100" in found.detail


def test_the_best_price_starts_at_the_entry_and_only_improves() -> None:
    trail = TrailingMark()

    assert [trail.see(LONG, D(mark)) for mark in ("90", "120", "110", "130")] == [100, 120, 120, 130]


def test_the_best_price_of_a_short_position_is_the_lowest() -> None:
    trail = TrailingMark()

    assert [trail.see(SHORT, D(mark)) for mark in ("110", "80", "90")] == [100, 80, 80]


@pytest.mark.parametrize("other", [position("1", "100", opened_at_ns=7), position("-1", "100", opened_at_ns=0)])
def test_the_best_price_starts_anew_with_another_position(other: Position) -> None:
    trail = TrailingMark()
    trail.see(LONG, D(500))

    assert trail.see(other, D(100)) == 100


def test_a_flat_position_has_no_best_price() -> None:
    trail = TrailingMark()
    trail.see(LONG, D(500))

    assert trail.see(FLAT, D(400)) is None
    assert trail.see(LONG, D(100)) == 100


def test_the_best_price_survives_adding_to_a_position() -> None:
    trail = TrailingMark()
    trail.see(LONG, D(120))

    assert trail.see(position("5", "110"), D(115)) == 120
