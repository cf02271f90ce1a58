"""A circuit breaker for trio: it stops calling what does not answer, and finds out gently when it does again.

Four ways to use one, all with the same meaning:

    await breaker.call(fetch, url)          # a call
    with breaker.guard() as permit: ...     # a block
    @breaker                                # an async function
    permit = breaker.acquire()              # two steps: settle it when you know,
    permit.success()                        # which may be long after the call returned

Put a timeout *inside*: a scope outside it reaches the breaker as a cancellation, which says nothing about the callee.
"""

import functools
import inspect
from collections.abc import Awaitable, Callable, Coroutine
from typing import ParamSpec, TypeVar, TypeVarTuple, Unpack

import attrs
import trio

from seawall.resilience.breaker_states import BreakerState
from seawall.resilience.counted_circuit import CountedCircuit
from seawall.resilience.permits import Guard
from seawall.resilience.verdicts import Verdict

__all__ = ["Breaker"]

_T = TypeVar("_T")
_P = ParamSpec("_P")
_Args = TypeVarTuple("_Args")

_CLOSED = BreakerState.CLOSED
_SUCCESS = Verdict.SUCCESS


@attrs.define(eq=False, repr=False)
class Breaker(CountedCircuit):
    """One circuit breaker: `Breaker(name, settings)`. Share it between all callers of the same thing.

    `classify` judges results and exceptions, `probe` is told every transition and decision, `clock` gives seconds.
    """

    async def call(self, function: Callable[[Unpack[_Args]], Awaitable[_T]], *args: *_Args) -> _T:
        """Run `await function(*args)` if calls pass, and count how it ends. Raises `CircuitOpen` if they do not.

        Exceptions of the function pass unchanged. A cancellation counts for nothing. No checkpoint of its own.
        """
        if self._state is not _CLOSED or self._timed:
            return await self._call_with_permit(function, *args)
        generation = self._generation
        try:
            result = await function(*args)
        except BaseException as error:
            self._settle(generation, None, self.judge(error), error)
            raise
        verdict = self._classify(result)
        if verdict is _SUCCESS and generation == self._generation:
            self._successes += 1
            self._failures_in_a_row = 0
        else:
            self._settle(generation, None, verdict, result)
        return result

    async def _call_with_permit(self, function: Callable[[Unpack[_Args]], Awaitable[_T]], *args: *_Args) -> _T:
        permit = self.acquire()
        try:
            result = await function(*args)
        except BaseException as error:
            permit.settle_by(error)
            raise
        permit.settle_by(result)
        return result

    def guard(self) -> Guard:
        """A block for `with`: entering it may raise `CircuitOpen`; its permit may be settled inside, before the end."""
        return Guard(self)

    def __call__(self, function: Callable[_P, Coroutine[object, object, _T]]) -> Callable[_P, Coroutine[object, object, _T]]:
        """Decorate an async function. Raises `TypeError` for any other: its call would end before its work does."""
        if not inspect.iscoroutinefunction(function):
            raise TypeError(
                f"breaker {self.name!r} decorates async functions; {function!r} is not one (use guard() or acquire())"
            )

        @functools.wraps(function)
        async def guarded(*args: _P.args, **kwargs: _P.kwargs) -> _T:
            return await self.call(functools.partial(function, *args, **kwargs) if kwargs or args else function)

        return guarded

    async def wait_passable(self) -> None:
        """Wait until a call may pass, or at least may have been able to. Nothing is taken, so nothing is lost when cancelled."""
        await trio.lowlevel.checkpoint()
        while (wait_s := self.peek()) > 0.0:
            with trio.move_on_after(wait_s):
                await self._changed.wait()
