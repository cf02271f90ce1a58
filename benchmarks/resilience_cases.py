"""One guarded call, every way that this package offers, beside a bare one and what trio itself asks."""

import asyncio
import functools
from collections.abc import Callable, Iterator
from random import Random
from typing import Final

import trio
from benchmarks.resilience_peers import Case, Runtime, nothing, repeated

from seawall.resilience import Breaker, CircuitOpen, Limiter, Link, Liveness, RetryPolicy, retry

__all__ = ["BARE", "DEADLINE", "FIRST", "REQUEST", "STAMP", "our_cases"]

BARE: Final = {"trio": "bare await", "asyncio": "bare await, asyncio"}
FIRST: Final = {"breaker": "breaker.call", "retry": "retry", "limiter": "limiter.try_take"}
"""Our case of each kind, which the others of the kind are compared with."""
DEADLINE: Final = "trio.fail_after"
REQUEST: Final = "a request: limiter, breaker, one deadline"
STAMP: Final = "pulse.beat"


def breaker_cases() -> dict[str, Case]:
    """Every way to use the breaker, and the way that is barred."""
    breaker, shut = Breaker("bench"), Breaker("shut")
    shut.force_open()

    async def block() -> None:
        with breaker.guard():
            await nothing()

    async def two_steps() -> None:
        permit = breaker.acquire()
        await nothing()
        permit.success()

    async def rejected() -> None:
        try:
            await shut.call(nothing)
        except CircuitOpen:
            return

    return {
        "breaker.call": repeated(functools.partial(breaker.call, nothing)),
        "@breaker": repeated(breaker(nothing)),
        "breaker.acquire, permit.success": repeated(two_steps),
        "with breaker.guard": repeated(block),
        "breaker.call, rejected": repeated(rejected),
    }


def limiter_cases() -> dict[str, Case]:
    """Turns that come at once."""
    limiter = Limiter("bench", capacity=1e9, refill_per_s=1e9)

    async def asked() -> None:
        if not limiter.try_take():
            await limiter.take()
        await nothing()

    async def waited() -> None:
        await limiter.take()
        await nothing()

    return {"limiter.try_take": repeated(asked), "limiter.take, which is a checkpoint": repeated(waited)}


def request_case() -> Case:
    """All that guards one attempt of a REST call, as the manual composes it."""
    breaker, limiter = Breaker("bench"), Limiter("bench", capacity=1e9, refill_per_s=1e9)

    async def attempt() -> None:
        with trio.fail_after(5):
            await nothing()

    async def request() -> None:
        if not limiter.try_take():
            await limiter.take()
        await breaker.call(attempt)

    return repeated(request)


def trio_cases() -> dict[str, Case]:
    """What trio itself asks for a deadline, a checkpoint and a bulkhead."""
    bulkhead = trio.CapacityLimiter(1)

    async def within_deadline() -> None:
        with trio.fail_after(5):
            await nothing()

    async def within_bulkhead() -> None:
        async with bulkhead:
            await nothing()

    return {
        DEADLINE: repeated(within_deadline),
        "trio.lowlevel.checkpoint": repeated(trio.lowlevel.checkpoint),
        "trio.CapacityLimiter": repeated(within_bulkhead),
    }


def stamp_cases() -> dict[str, Case]:
    """What each message costs when somebody watches for silence. Nothing is awaited: these are plain calls."""

    def called(stamp: Callable[[], object]) -> Case:
        async def run(times: int) -> None:  # noqa: ASYNC124 - a case is awaited, whatever it does
            for _ in range(times):
                stamp()

        return run

    pulse, link = Liveness().watch("bench", 3600.0), Link(trio.CancelScope(), lambda: None)
    return {STAMP: called(pulse.beat), "link.heard": called(link.heard), "trio.current_time": called(trio.current_time)}


def asyncio_cases() -> dict[str, Case]:
    """The same call and deadline where some of the others run."""

    async def within_deadline() -> None:
        async with asyncio.timeout(5):
            await nothing()

    return {BARE["asyncio"]: repeated(nothing), "asyncio.timeout": repeated(within_deadline)}


def our_cases(runtime: Runtime) -> Iterator[tuple[str, str, Case]]:
    """Kind, name and case of all that is always there."""
    if runtime == "asyncio":
        yield from (("", name, case) for name, case in asyncio_cases().items())
        return
    yield "", BARE["trio"], repeated(nothing)
    yield from (("", name, case) for name, case in trio_cases().items())
    yield "request", REQUEST, request_case()
    yield from (("breaker", name, case) for name, case in breaker_cases().items())
    again = functools.partial(retry, nothing, repeatable=True, policy=RetryPolicy(), rng=Random(1))
    yield "retry", "retry", repeated(again)
    yield from (("limiter", name, case) for name, case in limiter_cases().items())
    yield from (("stamp", name, case) for name, case in stamp_cases().items())
