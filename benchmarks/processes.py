"""A process on the other side, which is told what to do line by line, and answers with lines of JSON."""

import json
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import attrs

__all__ = ["Server", "open_server", "say"]

ROOT = Path(__file__).parent.parent


@attrs.define(eq=False)
class Server:
    """One running process; `hello` is what it said first."""

    _process: "subprocess.Popen[bytes]"
    hello: dict[str, str] = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        hello = self.answer()
        assert isinstance(hello, dict)
        self.hello = hello

    def command(self, text: str) -> None:
        """Tell it to begin something; `answer` waits for its end."""
        assert self._process.stdin is not None
        self._process.stdin.write(text.encode() + b"\n")
        self._process.stdin.flush()

    def answer(self) -> object:
        """Wait for the end of a command."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the process on the other side ended")
        return json.loads(line)


@contextmanager
def open_server(module: str, *arguments: object) -> Generator[Server, None, None]:
    """Run `python -m module arguments`, and end it with the block."""
    command = [sys.executable, "-m", module, *map(str, arguments)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT) as process:
        try:
            yield Server(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()


def say(answer: object) -> None:
    """As such a process: answer whoever commands it with one line of JSON."""
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()
