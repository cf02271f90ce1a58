import pytest

from seawall.kraken.client.clock import ExchangeClock


class Now:
    def __init__(self) -> None:
        self.s = 1000.0
        self.wall_ns = 5_000_000_000


@pytest.fixture
def now() -> Now:
    return Now()


@pytest.fixture
def clock(now: Now) -> ExchangeClock:
    return ExchangeClock(lambda: now.s, lambda: now.wall_ns)


def test_before_it_was_heard_the_clock_is_the_machines(clock: ExchangeClock) -> None:
    assert clock.now_ns() == 5_000_000_000
    assert clock.uncertainty_s() is None


def test_the_clock_is_taken_from_the_middle_of_the_round_trip(clock: ExchangeClock, now: Now) -> None:
    now.s = 1000.2
    clock.heard(1000.0, 1000.2, 7_000_000_000)
    assert clock.now_ns() == pytest.approx(7_100_000_000, abs=1000)
    assert clock.uncertainty_s() == pytest.approx(0.1, abs=1e-4)


def test_steps_of_the_wall_clock_do_not_move_it(clock: ExchangeClock, now: Now) -> None:
    clock.heard(1000.0, 1000.0, 7_000_000_000)
    now.wall_ns = 10**18
    now.s += 3
    assert clock.now_ns() == 10_000_000_000


def test_a_coarse_word_does_not_replace_a_fine_one_that_it_agrees_with(clock: ExchangeClock, now: Now) -> None:
    clock.heard(1000.0, 1000.02, 7_000_000_000)
    clock.heard(1000.0, 1000.4, 7_000_000_000, granularity_s=1.0)
    assert clock.uncertainty_s() == pytest.approx(0.01, abs=1e-3)


def test_a_word_that_contradicts_is_believed(clock: ExchangeClock, now: Now) -> None:
    clock.heard(1000.0, 1000.02, 7_000_000_000)
    clock.heard(1000.0, 1000.4, 60_000_000_000, granularity_s=1.0)
    assert clock.now_ns() > 60_000_000_000


def test_what_is_surely_past_lies_before_the_estimate(clock: ExchangeClock, now: Now) -> None:
    clock.heard(1000.0, 1000.2, 7_000_000_000)
    assert clock.now_ns() - clock.at_least_ns() == pytest.approx(100_000_000, rel=1e-3)


def test_before_it_was_heard_no_time_is_surely_past(clock: ExchangeClock) -> None:
    assert clock.at_least_ns() == 0
