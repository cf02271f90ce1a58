"""What ends the process when the engine's own shutdown could not."""

import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress

import attrs

from seawall.cli.exit_codes import ExitCode
from seawall.engine.certificate import Certificate

__all__ = ["LastResort"]


@attrs.define(eq=False)
class LastResort:
    """Ends the process `grace_s` seconds after it was called, unless the process has ended by then.

    A strategy that computes for ever, or that swallows its cancellation, keeps the engine from returning. Its orders have
    been seen to by then; what is left is listed in the certificate, which is written to standard error. From a thread:
    the loop may be the very thing that is held.
    """

    grace_s: float = 3.0
    end: Callable[[int], object] = os._exit
    view_pid: int | None = None
    """The process that draws, which has to let go of the terminal first."""

    def __call__(self, certificate: Certificate) -> None:
        """Start counting."""
        timer = threading.Timer(self.grace_s, self._end, [certificate])
        timer.daemon = True  # a process that does end must not wait for this
        timer.start()

    def _end(self, certificate: Certificate) -> None:
        if self.view_pid is not None:
            with suppress(ProcessLookupError):
                os.kill(self.view_pid, signal.SIGKILL)
        leave = "\x1b[?1049l\x1b[?25h" if self.view_pid is not None else ""
        print(f"{leave}{certificate}\nseawall: tasks did not end in time; ending the process", file=sys.stderr, flush=True)
        self.end(ExitCode.UNCONFIRMED)
