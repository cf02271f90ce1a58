"""What a guarded call costs, beside a bare one, a cancel scope, and whichever other libraries are installed.

    python benchmarks/resilience.py            one table
    python benchmarks/resilience.py --json     a list of {"case", "metric", "value", "unit", "ratio"}

Every case awaits the same coroutine, which does nothing. Cases take turns, and the fastest round of
each counts: other programs can only slow one down. `ratio` is the time against the bare call's. No dependency is needed for
the comparisons: what is not importable is left out, and said so.
"""

import argparse
import functools
import importlib
import json
import sys
import time
from collections.abc import Awaitable, Callable
from random import Random
from typing import Any

import trio

from seawall.resilience import Breaker, CircuitOpen, Limiter, Liveness, RetryPolicy, retry

Case = Callable[[int], Awaitable[None]]
BARE = "bare await"


async def nothing() -> None:
    """The call that is guarded."""


def repeated(call: Callable[[], Awaitable[object]]) -> Case:
    """A case that calls `call` so many times."""

    async def run(times: int) -> None:
        for _ in range(times):
            await call()

    return run


def our_cases() -> dict[str, Case]:
    """What this package offers, the usual way and the rejected one."""
    breaker, shut = Breaker("bench"), Breaker("shut")
    shut.force_open()
    limiter = Limiter("bench", capacity=1e9, refill_per_s=1e9)
    pulse = Liveness().watch("bench", 3600.0)
    again = functools.partial(retry, nothing, repeatable=True, policy=RetryPolicy(), rng=Random(1))

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

    async def limited_nowait() -> None:
        limiter.take_nowait()
        await nothing()

    async def limited() -> None:
        await limiter.take()
        await nothing()

    async def beat() -> None:
        pulse.beat()
        await nothing()

    return {
        "breaker.call": repeated(functools.partial(breaker.call, nothing)),
        "@breaker": repeated(breaker(nothing)),
        "breaker.acquire, permit.success": repeated(two_steps),
        "with breaker.guard": repeated(block),
        "breaker.call, rejected": repeated(rejected),
        "retry, nothing to retry": repeated(again),
        "pulse.beat": repeated(beat),
        "limiter.take_nowait": repeated(limited_nowait),
        "limiter.take (a checkpoint)": repeated(limited),
    }


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
        "trio.fail_after": repeated(within_deadline),
        "trio.lowlevel.checkpoint": repeated(trio.lowlevel.checkpoint),
        "trio.CapacityLimiter": repeated(within_bulkhead),
    }


def _circuitbreaker(module: Any) -> Callable[[], Awaitable[object]]:
    return module.circuit(nothing)  # type: ignore[no-any-return]  # a library without types


def _aiobreaker(module: Any) -> Callable[[], Awaitable[object]]:
    breaker = module.CircuitBreaker()
    return lambda: breaker.call_async(nothing)


def _purgatory(module: Any) -> Callable[[], Awaitable[object]]:
    return module.AsyncCircuitBreakerFactory()("bench")(nothing)  # type: ignore[no-any-return]  # a library without types


def _hyx(module: Any) -> Callable[[], Awaitable[object]]:
    return module.consecutive_breaker(exceptions=(OSError,))(nothing)  # type: ignore[no-any-return]  # a library without types


def _stamina(module: Any) -> Callable[[], Awaitable[object]]:
    return module.retry(on=OSError)(nothing)  # type: ignore[no-any-return]  # a library without types


def _tenacity(module: Any) -> Callable[[], Awaitable[object]]:
    return module.retry(stop=module.stop_after_attempt(3))(nothing)  # type: ignore[no-any-return]  # a library without types


def _interlock(module: Any) -> Callable[[], Awaitable[object]]:
    breaker = module.CircuitBreaker(name="bench")
    return lambda: breaker.call_async(nothing)


def _nopanic(module: Any) -> Callable[[], Awaitable[object]]:
    return module.circuit_breaker()(nothing)  # type: ignore[no-any-return]  # a library without types


def _nopanic_retry(module: Any) -> Callable[[], Awaitable[object]]:
    return module.retry()(nothing)  # type: ignore[no-any-return]  # a library without types


OTHERS: dict[str, tuple[str, Callable[[Any], Callable[[], Awaitable[object]]]]] = {
    "circuitbreaker": ("circuitbreaker", _circuitbreaker),
    "aiobreaker": ("aiobreaker", _aiobreaker),
    "purgatory": ("purgatory", _purgatory),
    "hyx breaker": ("hyx.circuitbreaker", _hyx),
    "interlock breaker": ("interlock", _interlock),
    "nopanic breaker": ("nopanic", _nopanic),
    "nopanic.retry": ("nopanic", _nopanic_retry),
    "stamina.retry": ("stamina", _stamina),
    "tenacity.retry": ("tenacity", _tenacity),
}


def other_cases() -> tuple[dict[str, Case], list[str]]:
    """The installed ones of `OTHERS`, and the names of the absent."""
    cases: dict[str, Case] = {}
    absent: list[str] = []
    for name, (module, make) in OTHERS.items():
        try:
            library = importlib.import_module(module)
        except ImportError:
            absent.append(name)
        else:
            cases[name] = repeated(make(library))
    return cases, absent


async def measure(cases: dict[str, Case], rounds: int, times: int) -> dict[str, float]:
    """Microseconds per call: the fastest of interleaved rounds."""
    taken: dict[str, list[float]] = {name: [] for name in cases}
    for case in cases.values():
        await case(times // 10)
    for _ in range(rounds):
        for name, case in cases.items():
            began = time.perf_counter()
            await case(times)
            taken[name].append((time.perf_counter() - began) / times * 1e6)
    return {name: min(values) for name, values in taken.items()}


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print a list of measurements instead of the table")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--calls", type=int, default=2000, help="calls of each case in each round")
    options = parser.parse_args()

    async def run() -> tuple[dict[str, float], list[str]]:
        others, absent = other_cases()
        cases = {BARE: repeated(nothing), **our_cases(), **trio_cases(), **others}
        return await measure(cases, options.rounds, options.calls), absent

    measured, absent = trio.run(run)
    bare = measured[BARE]
    if options.json:
        rows = [
            {"case": name, "metric": "time per call", "value": round(us, 4), "unit": "us", "ratio": round(us / bare, 2)}
            for name, us in measured.items()
        ]
        print(json.dumps(rows, indent=2))
    else:
        print(f"{'case':<36}{'us per call':>12}{'over bare':>12}{'ratio':>8}")
        for name, us in measured.items():
            print(f"{name:<36}{us:>12.3f}{us - bare:>12.3f}{us / bare:>8.1f}")
    for name in absent:
        print(f"not installed, so not compared: {name}", file=sys.stderr)


if __name__ == "__main__":
    main()
