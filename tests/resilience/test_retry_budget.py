import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.resilience import BadSetting, RetryBudget


def test_half_of_the_tokens_or_fewer_allow_nothing() -> None:
    budget = RetryBudget(max_tokens=4)

    assert [budget.failed() for _ in range(3)] == [True, False, False]


def test_successes_earn_retries_back() -> None:
    budget = RetryBudget(max_tokens=4, per_success=0.5)
    budget.failed()
    budget.failed()
    assert not budget.allows

    budget.succeeded()

    assert budget.allows


@given(st.lists(st.booleans()))
def test_tokens_stay_within_their_bounds(results: list[bool]) -> None:
    budget = RetryBudget()
    for succeeded in results:
        if succeeded:
            budget.succeeded()
        else:
            budget.failed()
        assert 0.0 <= budget.tokens <= 10.0
        assert budget.statistics().allows is (budget.tokens > 5.0)


@pytest.mark.parametrize(("name", "value"), [("max_tokens", 0), ("max_tokens", True), ("per_success", float("nan"))])
def test_settings_that_cannot_work_are_refused_by_name(name: str, value: object) -> None:
    with pytest.raises(BadSetting, match=f"RetryBudget.{name}"):
        RetryBudget(**{name: value})  # type: ignore[arg-type]  # the wrong type is the case
