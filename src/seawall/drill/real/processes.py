"""The two sides of a case as processes: started, signalled, listened to, and never left behind."""

import os
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, TypeVar

import attrs
import msgspec
import trio

from seawall.config.credentials import KEY_VARIABLE, SECRET_VARIABLE
from seawall.drill.real.certificates import Certificate
from seawall.drill.real.networks import Network
from seawall.drill.real.telling import Contact, Counted, Told

__all__ = ["EngineProcess", "ExchangeProcess", "open_exchange", "start_engine"]

_ENDED_S: Final = 10.0
_TRACEBACK: Final = "Traceback (most recent call last)"
T = TypeVar("T")


@attrs.define(eq=False)
class ExchangeProcess:
    """The exchange; questions wait for its answer as long as the caller does."""

    contact: Contact
    _process: trio.Process
    _lines: "_Lines"
    _asking: trio.Lock = attrs.field(factory=trio.Lock)

    async def tell(self) -> Told:
        """All that it knows."""
        return await self._ask("told", Told)

    async def count(self) -> Counted:
        """How much it was asked."""
        return await self._ask("counted", Counted)

    async def cut_sockets(self) -> int:
        """Have it end every socket without a goodbye; returns how many."""
        return await self._ask("cut", int)

    def freeze(self) -> None:
        """SIGSTOP: its sockets stay open, and nobody is behind them."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT."""
        self._process.send_signal(signal.SIGCONT)

    async def _ask(self, word: str, kind: type[T]) -> T:
        async with self._asking:
            assert self._process.stdin is not None
            await self._process.stdin.send_all(word.encode() + b"\n")
            return msgspec.json.decode(await self._lines.next(), type=kind)


@attrs.define(eq=False)
class _Lines:
    """The lines that a process writes."""

    stream: trio.abc.ReceiveStream
    _rest: bytes = b""

    async def next(self) -> bytes:
        """Raises EOFError when there is none any more."""
        while b"\n" not in self._rest:
            chunk = await self.stream.receive_some()
            if not chunk:
                raise EOFError("the exchange's process has ended")
            self._rest += bytes(chunk)
        line, _, self._rest = self._rest.partition(b"\n")
        return line


@asynccontextmanager
async def open_exchange(
    network: Network, seed: int, certificate: Certificate, errors: Path
) -> AsyncGenerator[ExchangeProcess, None]:
    """An exchange for as long as the block lasts; what it writes on standard error goes to that file."""
    words = ("-m", "seawall.drill.real.exchange", network.host, str(seed), str(certificate.file), str(certificate.key))
    command = network.at_exchange(sys.executable, "-P", *words)
    with errors.open("wb") as file:
        process = await trio.lowlevel.open_process(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=file, start_new_session=True
        )
    try:
        assert process.stdout is not None
        assert process.stdin is not None
        lines = _Lines(process.stdout)
        contact = msgspec.json.decode(await lines.next(), type=Contact)
        yield ExchangeProcess(contact, process, lines)
    finally:
        with trio.move_on_after(_ENDED_S, shield=True):
            await _end(process)


@attrs.define(eq=False)
class EngineProcess:
    """One `seawall run`; its words go to files beside its configuration."""

    process: trio.Process
    out: Path
    errors: Path

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self.process.poll() is None

    def send(self, number: signal.Signals) -> None:
        """Send a signal to this process, and no other."""
        self.process.send_signal(number)

    async def ended(self) -> int:
        """Wait for its end; returns the exit code, below zero the signal that ended it."""
        return await self.process.wait()

    def sockets(self) -> int:
        """How many sockets it has open, by its descriptors (man 5 proc)."""
        links = (_link(entry) for entry in Path(f"/proc/{self.process.pid}/fd").iterdir())
        return sum(link.startswith("socket:") for link in links)

    def certificate(self) -> str:
        """What it printed at its end; empty when it printed none."""
        said = self.out.read_text(errors="replace")
        at = said.rfind("certificate of")
        return said[at:] if at >= 0 else ""

    def left_processes(self) -> bool:
        """Whether anything that it started lives on. It was made the first of a process group, for this question."""
        try:
            os.killpg(self.process.pid, 0)
        except ProcessLookupError:
            return False
        return True

    def traceback(self) -> bool:
        """Whether Python had to tell of an error that nobody caught."""
        return _TRACEBACK in self.errors.read_text(errors="replace")

    async def end(self) -> None:
        """Kill it, if it is not gone already."""
        await _end(self.process)


def _link(entry: Path) -> str:
    try:
        return str(entry.readlink())
    except OSError:  # closed since
        return ""


async def start_engine(network: Network, contact: Contact, command: Sequence[str], directory: Path, number: int) -> EngineProcess:
    """Start an engine by that command, with the key in its environment; the caller ends it."""
    out, errors = (directory / f"engine-{number}.{kind}" for kind in ("out", "errors"))
    with out.open("wb") as out_file, errors.open("wb") as errors_file:
        process = await trio.lowlevel.open_process(
            network.at_trader(*command),
            stdin=subprocess.DEVNULL,
            stdout=out_file,
            stderr=errors_file,
            start_new_session=True,
            env={**os.environ, KEY_VARIABLE: contact.key, SECRET_VARIABLE: contact.secret},
        )
    return EngineProcess(process, out, errors)


async def _end(process: trio.Process) -> None:
    """End a process of ours, frozen or not, and wait until the system has let go of it."""
    if process.poll() is None:
        process.kill()
    await process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            await stream.aclose()
