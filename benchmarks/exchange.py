"""The exchange process as its user sees it: start it, command it, stop it."""

from collections.abc import Generator
from contextlib import contextmanager

import attrs
from benchmarks.processes import Server, open_server

from seawall.kraken.client import Addresses, Credentials

__all__ = ["ExchangeProcess", "open_exchange"]


@attrs.define(eq=False)
class ExchangeProcess:
    """One running exchange."""

    addresses: Addresses
    credentials: Credentials
    token: str
    _server: Server

    def command(self, text: str) -> None:
        """Tell it to begin something; `answer` waits for its end."""
        self._server.command(text)

    def answer(self) -> object:
        """Wait for the end of a command."""
        return self._server.answer()

    def arrivals(self, method: str) -> dict[str, float]:
        """When each request arrived there, by client order id, in seconds of `time.perf_counter`."""
        self.command(f"arrivals {method}")
        answer = self.answer()
        assert isinstance(answer, dict)
        return answer


@contextmanager
def open_exchange(cycle: int, cpu: int | None) -> Generator[ExchangeProcess, None, None]:
    """An exchange with a cycle of that many book updates, held to one core where `cpu` names one."""
    with open_server("benchmarks.exchange_process", cycle, *([] if cpu is None else [cpu])) as server:
        hello = server.hello
        addresses = Addresses(hello["rest"], hello["public"], hello["private"], hello["private"])
        yield ExchangeProcess(addresses, Credentials(hello["key"], hello["secret"]), hello["token"], server)
