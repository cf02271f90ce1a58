import pytest

from seawall.kraken.client.session.spacing import Spacing


def test_a_burst_passes_at_once_and_the_rest_at_its_rate() -> None:
    spacing = Spacing(per_s=2.0, burst=3.0)
    assert [spacing.take(10.0) for _ in range(6)] == [10.0, 10.0, 10.0, 10.5, 11.0, 11.5]


def test_a_pause_gives_the_burst_back_and_no_more() -> None:
    spacing = Spacing(per_s=2.0, burst=3.0)
    for _ in range(3):
        spacing.take(0.0)
    assert [spacing.take(100.0) for _ in range(4)] == [100.0, 100.0, 100.0, 100.5]


@pytest.mark.parametrize("cost", [5.0, 25.0, 100.0])
def test_no_second_sees_more_than_burst_and_rate_together(cost: float) -> None:
    spacing = Spacing(per_s=100.0, burst=100.0)
    times = [spacing.take(0.0, cost) for _ in range(100)]
    assert times == sorted(times)
    for begin_s in times:
        assert cost * sum(begin_s <= at_s < begin_s + 1.0 for at_s in times) <= 200.0
