"""The same guarded call, by whichever breakers, retries and limiters of the package index are installed.

None is a dependency: install those you want to see, by the name of their distribution. Each is used as its own manual says,
with defaults where it has them, under trio if it runs there, else under asyncio. Limits are far beyond what is asked, so that
nobody ever waits.
"""

import importlib.metadata
from collections.abc import Awaitable, Callable
from datetime import timedelta
from importlib import import_module
from typing import Any, Final, Literal

import attrs

__all__ = ["PEERS", "Case", "Kind", "Peer", "Runtime", "nothing", "repeated"]

Case = Callable[[int], Awaitable[None]]
"""Makes so many calls."""
Kind = Literal["breaker", "retry", "limiter"]
Runtime = Literal["trio", "asyncio"]

_PLENTY: Final = 1_000_000_000


async def nothing() -> None:
    """The call that is guarded."""


def repeated(call: Callable[[], Awaitable[object]]) -> Case:
    """A case that calls `call` so many times."""

    async def run(times: int) -> None:
        for _ in range(times):
            await call()

    return run


@attrs.frozen
class Peer:
    """One thing to compare with. `make` is called within the runtime, and raises `ImportError` where it is not installed."""

    kind: Kind
    name: str
    distribution: str
    runtime: Runtime
    make: Callable[[], Case]

    @property
    def version(self) -> str:
        """As installed; raises `PackageNotFoundError` (an `ImportError`) where it is not."""
        return importlib.metadata.version(self.distribution)


def _module(name: str) -> Any:
    # What need not be installed has no types to check against.
    return import_module(name)


def _first(call: Callable[[], object]) -> Case:
    """The guard is a plain call before the awaited one."""

    async def guarded() -> None:
        call()
        await nothing()

    return repeated(guarded)


def _first_awaited(call: Callable[[], Awaitable[object]]) -> Case:
    async def guarded() -> None:
        await call()
        await nothing()

    return repeated(guarded)


def _aiobreaker() -> Case:
    breaker = _module("aiobreaker").CircuitBreaker()
    return repeated(lambda: breaker.call_async(nothing))


def _interlock() -> Case:
    breaker = _module("interlock").CircuitBreaker(name="bench")
    return repeated(lambda: breaker.call_async(nothing))


def _asyncbreaker() -> Case:
    breaker = _module("asyncbreaker").CircuitBreaker()
    return repeated(lambda: breaker.call(nothing))


def _pybreaker() -> Case:
    breaker = _module("pybreaker").CircuitBreaker()

    async def block() -> None:
        with breaker.calling():  # as a decorator it does not see how an async function ends
            await nothing()

    return repeated(block)


def _pyresilience_breaker() -> Case:
    module = _module("pyresilience")
    return repeated(module.resilient(circuit_breaker=module.CircuitBreakerConfig())(nothing))


def _pyresilience_retry() -> Case:
    module = _module("pyresilience")
    return repeated(module.resilient(retry=module.RetryConfig())(nothing))


def _tenacity() -> Case:
    module = _module("tenacity")
    return repeated(module.retry(stop=module.stop_after_attempt(3))(nothing))


def _backoff() -> Case:
    module = _module("backoff")
    return repeated(module.on_exception(module.expo, OSError, max_tries=3)(nothing))


def _aiolimiter() -> Case:
    limiter = _module("aiolimiter").AsyncLimiter(_PLENTY, 1)

    async def block() -> None:
        async with limiter:
            await nothing()

    return repeated(block)


def _hyx_limiter() -> Case:
    return repeated(_module("hyx.ratelimit").tokenbucket(_PLENTY, 1)(nothing))


def _limits() -> Case:
    module, strategies, storage = _module("limits"), _module("limits.strategies"), _module("limits.storage")
    limiter, item = strategies.FixedWindowRateLimiter(storage.MemoryStorage()), module.RateLimitItemPerDay(_PLENTY)
    return _first(lambda: limiter.hit(item, "bench"))


def _limits_asyncio() -> Case:
    module, strategies, storage = _module("limits"), _module("limits.aio.strategies"), _module("limits.aio.storage")
    limiter, item = strategies.FixedWindowRateLimiter(storage.MemoryStorage()), module.RateLimitItemPerDay(_PLENTY)
    return _first_awaited(lambda: limiter.hit(item, "bench"))


def _pyrate() -> Case:
    module = _module("pyrate_limiter")
    # Its logs grow with each call; its token bucket does not.
    limiter = module.Limiter(module.StateBucket([module.Rate(_PLENTY, module.Duration.SECOND)]))
    return _first(lambda: limiter.try_acquire("bench", blocking=False))


def _throttled() -> Case:
    module = _module("throttled")
    limiter = module.Throttled(key="bench", quota=module.per_sec(_PLENTY))
    return _first(limiter.limit)


def _throttled_asyncio() -> Case:
    module = _module("throttled.asyncio")
    limiter = module.Throttled(key="bench", quota=module.per_sec(_PLENTY))
    return _first_awaited(limiter.limit)


def _grit_limiter() -> Case:
    return repeated(_module("grit").limiter(rate=_PLENTY)(nothing))


def _aiometer() -> Case:
    run_on_each = _module("aiometer").run_on_each

    async def one(_number: int) -> None:
        await nothing()

    async def run(times: int) -> None:
        await run_on_each(one, list(range(times)), max_per_second=_PLENTY)

    return run


def _ratelimit_anyio() -> Case:
    module = _module("ratelimit_anyio")
    limiter = module.RateLimiter([module.RateLimit(interval=timedelta(days=1), limit=_PLENTY)])
    return repeated(limiter()(nothing))


PEERS: Final[tuple[Peer, ...]] = (
    Peer("breaker", "circuitbreaker", "circuitbreaker", "trio", lambda: repeated(_module("circuitbreaker").circuit(nothing))),
    Peer("breaker", "aiobreaker", "aiobreaker", "trio", _aiobreaker),
    Peer(
        "breaker",
        "purgatory",
        "purgatory",
        "trio",
        lambda: repeated(_module("purgatory").AsyncCircuitBreakerFactory()("bench")(nothing)),
    ),
    Peer("breaker", "hyx", "hyx", "trio", lambda: repeated(_module("hyx.circuitbreaker").consecutive_breaker()(nothing))),
    Peer("breaker", "interlock-cb", "interlock-cb", "trio", _interlock),
    Peer("breaker", "nopanic", "nopanic", "trio", lambda: repeated(_module("nopanic").circuit_breaker()(nothing))),
    Peer("breaker", "pyresilience", "pyresilience", "trio", _pyresilience_breaker),
    Peer("breaker", "asyncbreaker", "asyncbreaker", "trio", _asyncbreaker),
    Peer("breaker", "pybreaker", "pybreaker", "trio", _pybreaker),
    Peer("breaker", "grit", "grit-toolkit", "trio", lambda: repeated(_module("grit").breaker()(nothing))),
    Peer("breaker", "fluxgate", "fluxgate", "trio", lambda: repeated(_module("fluxgate").AsyncCircuitBreaker()(nothing))),
    Peer("retry", "stamina", "stamina", "trio", lambda: repeated(_module("stamina").retry(on=OSError)(nothing))),
    Peer("retry", "tenacity", "tenacity", "trio", _tenacity),
    Peer("retry", "nopanic", "nopanic", "trio", lambda: repeated(_module("nopanic").retry()(nothing))),
    Peer("retry", "grit", "grit-toolkit", "asyncio", lambda: repeated(_module("grit").retry()(nothing))),
    Peer("retry", "hyx", "hyx", "asyncio", lambda: repeated(_module("hyx.retry").retry()(nothing))),
    Peer("retry", "pyresilience", "pyresilience", "asyncio", _pyresilience_retry),
    Peer("retry", "backoff", "backoff", "asyncio", _backoff),
    Peer(
        "retry",
        "opnieuw",
        "opnieuw",
        "asyncio",
        lambda: repeated(_module("opnieuw").retry_async(retry_on_exceptions=OSError)(nothing)),
    ),
    Peer("limiter", "nopanic", "nopanic", "trio", lambda: repeated(_module("nopanic").rate_limit(_PLENTY)(nothing))),
    Peer(
        "limiter", "grit, not waiting", "grit-toolkit", "trio", lambda: repeated(_module("grit").limiter(rate=_PLENTY)(nothing))
    ),
    Peer("limiter", "limits, not waiting", "limits", "trio", _limits),
    Peer("limiter", "pyrate-limiter, not waiting", "pyrate-limiter", "trio", _pyrate),
    Peer("limiter", "throttled-py, not waiting", "throttled-py", "trio", _throttled),
    Peer("limiter", "ratelimit-anyio", "ratelimit-anyio", "trio", _ratelimit_anyio),
    Peer("limiter", "aiometer, a batch", "aiometer", "trio", _aiometer),
    Peer("limiter", "aiolimiter", "aiolimiter", "asyncio", _aiolimiter),
    Peer(
        "limiter",
        "asynciolimiter",
        "asynciolimiter",
        "asyncio",
        lambda: _first_awaited(_module("asynciolimiter").LeakyBucketLimiter(_PLENTY, capacity=_PLENTY).wait),
    ),
    Peer("limiter", "hyx", "hyx", "asyncio", _hyx_limiter),
    Peer("limiter", "limits.aio", "limits", "asyncio", _limits_asyncio),
    Peer("limiter", "throttled-py, asyncio", "throttled-py", "asyncio", _throttled_asyncio),
)
