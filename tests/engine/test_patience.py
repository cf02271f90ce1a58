"""Asking again at the start: as long as there is time, and nothing that waiting does not mend."""

from collections.abc import Callable

import pytest
import trio
from trio.testing import MockClock

from seawall.engine.notices import QuestionFailed
from seawall.engine.patience import ask_until_answered
from seawall.model.errors import AccessDenied, Unavailable


class Exchange:
    """Fails as often as it is told to, and notes when it was asked."""

    def __init__(self, *problems: Callable[[], Exception]) -> None:
        self._problems = list(problems)
        self.asked_at_s: list[float] = []

    async def ask(self) -> None:
        self.asked_at_s.append(trio.current_time())
        await trio.lowlevel.checkpoint()
        if self._problems:
            problem = self._problems.pop(0)
            raise problem()


def pause(attempt: int) -> float:
    return float(2**attempt)


def busy() -> Exception:
    return Unavailable("EAPI:Rate limit exceeded", retry_after_s=15.0)


async def test_it_waits_as_told_or_longer_and_tells_each_failure(autojump_clock: MockClock) -> None:
    notices: list[object] = []
    exchange = Exchange(lambda: Unavailable("not there"), trio.TooSlowError, busy)

    await ask_until_answered("balances", exchange.ask, pause, notices.append)

    assert exchange.asked_at_s == [0, 1, 3, 18]
    assert notices == [
        QuestionFailed("balances", "Unavailable: not there"),
        QuestionFailed("balances", "TooSlowError: "),
        QuestionFailed("balances", "Unavailable: EAPI:Rate limit exceeded"),
    ]


async def test_the_last_problem_is_raised_once_the_deadline_comes_before_the_next_question(autojump_clock: MockClock) -> None:
    exchange = Exchange(*[busy] * 10)
    with pytest.raises(Unavailable, match="Rate limit"), trio.fail_after(40):
        await ask_until_answered("fills", exchange.ask, pause, lambda _notice: None)

    assert exchange.asked_at_s == [0, 15, 30]


async def test_what_waiting_does_not_mend_is_raised_at_once(autojump_clock: MockClock) -> None:
    exchange = Exchange(lambda: AccessDenied("EAPI:Invalid key"))
    with pytest.raises(AccessDenied):
        await ask_until_answered("fills", exchange.ask, pause, lambda _notice: None)

    assert exchange.asked_at_s == [0]
