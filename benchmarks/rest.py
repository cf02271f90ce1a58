"""What one signed REST call costs.

    python -m benchmarks.rest [--quick] [--json]

The dead man's switch is armed over a kept connection, by each client in turn: signed, sent, answered, read. Seawall's call goes
through its lanes, its breaker, its deadline and its nonce queue; the bare ones sign and send. The exchange is simulated, in a
process of its own, and checks every signature and nonce. Processor time is this process's alone.
"""

import asyncio
import base64
import hashlib
import hmac
import random
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from importlib import import_module
from typing import Any, Final
from urllib.parse import urlencode

import httpx
import trio
from benchmarks.exchange import ExchangeProcess, open_exchange
from benchmarks.rounds import Report, installed, run_benchmark, split_cores, take_turns
from benchmarks.rows import rows_of

from seawall.kraken.client.rest.client import RestClient
from seawall.kraken.client.rest.http import open_http
from seawall.kraken.client.settings import ClientSettings
from seawall.kraken.dialect import rest
from seawall.kraken.dialect.nonce import Nonce
from seawall.resilience import ignore

__all__ = ["main"]

PATH: Final = "/0/private/CancelAllOrdersAfter"
TIMEOUT_S: Final = 60
WARM_UP: Final = 5


def signed(exchange: ExchangeProcess) -> tuple[bytes, dict[str, str]]:
    """Body and headers, as the exchange's guide shows them."""
    nonce = str(time.time_ns())
    body = urlencode({"nonce": nonce, "timeout": TIMEOUT_S})
    message = PATH.encode() + hashlib.sha256((nonce + body).encode()).digest()
    digest = hmac.new(base64.b64decode(exchange.credentials.secret), message, hashlib.sha512).digest()
    headers = {
        "API-Key": exchange.credentials.key,
        "API-Sign": base64.b64encode(digest).decode(),
        "Content-Type": "application/x-www-form-urlencoded",
    }
    return body.encode(), headers


async def repeated(call: Callable[[], Awaitable[Any]], times: int) -> float:  # Any: each library answers in its own way
    """Microseconds of processor time a call."""
    for _ in range(WARM_UP):
        await call()
    began_s = time.process_time()
    for _ in range(times):
        await call()
    return (time.process_time() - began_s) / times * 1e6


def _httpx(exchange: ExchangeProcess, times: int) -> float:
    async def run() -> float:
        async with httpx.AsyncClient(base_url=exchange.addresses.rest, trust_env=False) as client:

            async def call() -> None:
                body, headers = signed(exchange)
                assert not (await client.post(PATH, content=body, headers=headers)).json()["error"]

            return await repeated(call, times)

    return trio.run(run)


def _seawall(exchange: ExchangeProcess, times: int) -> float:
    async def run() -> float:
        settings = ClientSettings(addresses=exchange.addresses, credentials=exchange.credentials, tier="pro")
        async with open_http(
            exchange.addresses.rest, settings.ssl_context(), connect_s=5.0, request_s=10.0, user_agent="seawall"
        ) as link:
            client = RestClient(link, settings, random.Random(1), ignore, Nonce(time.time_ns), time.time_ns)
            request = rest.cancel_all_orders_after(TIMEOUT_S)

            async def call() -> None:
                await client.place(request, lambda answer: rest.read_cancel_all_after(answer.body))

            return await repeated(call, times)

    return trio.run(run)


def _aiohttp(exchange: ExchangeProcess, times: int) -> float:
    aiohttp = import_module("aiohttp")

    async def run() -> float:
        async with aiohttp.ClientSession(exchange.addresses.rest) as session:

            async def call() -> None:
                body, headers = signed(exchange)
                async with session.post(PATH, data=body, headers=headers) as response:
                    assert not (await response.json())["error"]

            return await repeated(call, times)

    return asyncio.run(run())


def _ccxt(exchange: ExchangeProcess, times: int) -> float:
    module = import_module("ccxt.async_support")

    async def run() -> float:
        client = module.kraken(
            {"apiKey": exchange.credentials.key, "secret": exchange.credentials.secret, "enableRateLimit": False}
        )
        client.nonce = time.time_ns  # its milliseconds would come below the nonces of the others
        for kind in ("public", "private"):
            client.urls["api"][kind] = exchange.addresses.rest
        took_us = await repeated(partial(client.privatePostCancelAllOrdersAfter, {"timeout": TIMEOUT_S}), times)
        await client.close()
        return took_us

    return asyncio.run(run())


def _kraken_sdk(exchange: ExchangeProcess, times: int) -> float:
    trade = import_module("kraken.spot").Trade(
        key=exchange.credentials.key, secret=exchange.credentials.secret, url=exchange.addresses.rest
    )
    trade.get_nonce = lambda: str(time.time_ns())  # as of ccxt

    async def call() -> None:  # noqa: ASYNC124 - the library blocks
        trade.cancel_all_orders_after_x(timeout=TIMEOUT_S)

    return asyncio.run(repeated(call, times))


def _nautilus(exchange: ExchangeProcess, times: int) -> float:
    module = import_module("nautilus_trader.core.nautilus_pyo3.kraken")

    async def run() -> float:
        client = module.KrakenSpotHttpClient(
            api_key=exchange.credentials.key,
            api_secret=exchange.credentials.secret,
            base_url=exchange.addresses.rest,
            max_retries=0,
            max_requests_per_second=100_000,
        )
        return await repeated(client.cancel_all_orders, times)

    return asyncio.run(run())


CALLERS: Final[dict[str, Callable[[ExchangeProcess, int], float]]] = {
    "aiohttp": _aiohttp,
    "ccxt": _ccxt,
    "python-kraken-sdk": _kraken_sdk,
    "nautilus_trader": _nautilus,
}


def measure(quick: bool) -> Report:
    """Each client."""
    callers: dict[str, Callable[[ExchangeProcess, int], float]] = {"httpx, signed by hand": _httpx, "seawall": _seawall}
    callers |= {name: call for name, call in CALLERS.items() if installed(name)}
    with open_exchange(10, split_cores()) as exchange:
        cases = {name: partial(call, exchange, 10 if quick else 200) for name, call in callers.items()}
        values = take_turns(cases, 1 if quick else 9)
    return Report(rows_of("one signed REST call", "processor time a call", "us", values))


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and return the exit code."""
    return run_benchmark("rest", "What one signed REST call costs.", ["trio", "httpx", *CALLERS], measure, arguments)


if __name__ == "__main__":
    sys.exit(main())
