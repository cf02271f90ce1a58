"""Asking again what a start cannot go without, for as long as the caller has time."""

from collections.abc import Awaitable, Callable

import trio

from seawall.engine.notices import QuestionFailed
from seawall.model.errors import Unavailable
from seawall.model.venue import Probe

__all__ = ["ask_until_answered"]


async def ask_until_answered(
    about: str, ask: Callable[[], Awaitable[object]], pause: Callable[[int], float], probe: Probe
) -> None:
    """Ask, and where the exchange is not there, or has no time for us, wait as told and ask again.

    A start that gave up at the first refusal would be started again by whoever looks after the process, and the questions of
    each new start would keep the exchange's rate counter full. `ask` must be safe to repeat.

    Raises the last `Unavailable` or `trio.TooSlowError` once the caller's deadline comes before the next question, and at
    once whatever waiting does not mend.
    """
    attempt = 0
    while True:
        try:
            await ask()
        except (Unavailable, trio.TooSlowError) as problem:
            told_s = problem.retry_after_s if isinstance(problem, Unavailable) else None
            wait_s = max(told_s or 0.0, pause(attempt))
            if trio.current_time() + wait_s >= trio.current_effective_deadline():
                raise
            probe(QuestionFailed(about, f"{type(problem).__name__}: {problem}"))
        else:
            return
        await trio.sleep(wait_s)
        attempt += 1
