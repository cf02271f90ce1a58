"""The exchange process as its user sees it: start it, command it, stop it."""

import json
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import attrs

from seawall.kraken.client import Addresses, Credentials

__all__ = ["ExchangeProcess", "open_exchange"]

ROOT = Path(__file__).parent.parent


@attrs.define(eq=False)
class ExchangeProcess:
    """One running exchange."""

    addresses: Addresses
    credentials: Credentials
    token: str
    _process: "subprocess.Popen[bytes]"

    def command(self, text: str) -> None:
        """Tell it to begin something; `answer` waits for its end."""
        assert self._process.stdin is not None
        self._process.stdin.write(text.encode() + b"\n")
        self._process.stdin.flush()

    def answer(self) -> object:
        """Wait for the end of a command."""
        return _line(self._process)

    def arrivals(self, method: str) -> dict[str, float]:
        """When each request arrived there, by client order id, in seconds of `time.perf_counter`."""
        self.command(f"arrivals {method}")
        answer = self.answer()
        assert isinstance(answer, dict)
        return answer


@contextmanager
def open_exchange(cycle: int, cpu: int | None) -> Generator[ExchangeProcess, None, None]:
    """An exchange with a cycle of that many book updates, held to one core where `cpu` names one."""
    command = [sys.executable, "-m", "benchmarks.exchange_process", str(cycle), *([] if cpu is None else [str(cpu)])]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT) as process:
        try:
            hello = _line(process)
            assert isinstance(hello, dict)
            addresses = Addresses(hello["rest"], hello["public"], hello["private"], hello["private"])
            yield ExchangeProcess(addresses, Credentials(hello["key"], hello["secret"]), hello["token"], process)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()


def _line(process: "subprocess.Popen[bytes]") -> object:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise RuntimeError("the exchange process ended")
    return json.loads(line)
