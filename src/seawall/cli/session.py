"""One run of the engine from the command line: shown while it runs, and judged when it has stopped."""

import os
import sys
import time
import traceback
from collections.abc import AsyncGenerator, Sequence
from contextlib import ExitStack, asynccontextmanager
from math import inf

import attrs
import trio

from seawall.cli.asking import a_person_is_there, ask_meanwhile
from seawall.cli.blocks import tell_error
from seawall.cli.exit_codes import ExitCode
from seawall.cli.last_resort import LastResort
from seawall.cli.outcome import code_of_failed_start, code_of_run, leaves
from seawall.config import Config, ConfigError, Fault, credentials_for
from seawall.config.compose import Surroundings, open_engine
from seawall.console import LineWriter, LogSettings, PlainLines, open_logs, open_view
from seawall.engine.certificate import Certificate
from seawall.engine.engine import Engine
from seawall.engine.strategies import StrategySpec
from seawall.model.venue import Probe

__all__ = ["Session", "stdout_is_terminal"]

_STDOUT = 1
_QUOTES_EVERY_S = 0.5


def stdout_is_terminal() -> bool:
    """Whether a live view can be drawn."""
    return sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"


@attrs.frozen
class Session:
    """What is to run, for how long (None: until stopped), and how it is shown.

    With `view` a picture on the terminal; else plain lines on standard output, with quotes among them if `quotes` says so.
    `strategies` run in place of those that the configuration names. A `standby` waits for its turn.
    """

    config: Config
    for_s: float | None
    view: bool
    quotes: bool = False
    strategies: Sequence[StrategySpec] | None = None
    standby: bool = False

    def run(self) -> ExitCode:
        """Run the engine until it has stopped, print its certificate, and say how it went."""
        try:
            secrets = _secrets(self.config)
            with ExitStack() as stack:
                listeners = _listeners(stack, self.config, secrets, plain=not self.view)
                outcome = _run_to_the_end(self, listeners)
        except ConfigError as error:
            return tell_error(ExitCode.CONFIGURATION, str(error))
        return ExitCode.INTERRUPTED if outcome is None else outcome.judge()


@attrs.frozen
class _Listeners:
    """Who hears of every notice."""

    log: Probe
    lines: PlainLines | None

    def __call__(self, notice: object) -> None:
        self.log(notice)
        if self.lines is not None:
            self.lines(notice)


@attrs.frozen
class _Outcome:
    """The certificate of an engine that came to serve, and what it or its start raised."""

    certificate: Certificate | None
    failure: ExceptionGroup[Exception] | None

    def judge(self) -> ExitCode:
        """Print what there is to know; returns the exit code."""
        if self.certificate is not None:
            _print_certificate(self.certificate)
        if self.failure is None:
            return ExitCode.INTERRUPTED if self.certificate is None else code_of_run(self.certificate)
        code = code_of_failed_start(self.failure)
        if code is ExitCode.INTERNAL_ERROR:
            traceback.print_exception(self.failure)
        texts = dict.fromkeys(str(error) or type(error).__name__ for error in leaves(self.failure))
        if self.certificate is not None:
            # A failed start traded nothing; this one did, and what is left at the exchange comes first.
            ended = code_of_run(self.certificate)
            code = code if ended is ExitCode.CLEAN else ended  # in good order, though not by its own will
        return tell_error(code, "\n".join(texts))


def _print_certificate(certificate: Certificate) -> None:
    try:
        print(certificate, flush=True)
    except BrokenPipeError:  # as after `| head`: the proof must not be lost with it
        os.dup2(os.open(os.devnull, os.O_WRONLY), _STDOUT)  # so that Python has nothing to complain of when it exits
        print(certificate, file=sys.stderr, flush=True)


def _run_to_the_end(session: Session, listeners: _Listeners) -> _Outcome | None:
    """None when Ctrl+C came before the engine watched for signals: nothing was opened by then that could trade."""
    outcome: _Outcome | None = None
    try:
        outcome = trio.run(_watch, session, listeners)
    except* KeyboardInterrupt:
        pass
    return outcome


async def _watch(session: Session, listeners: _Listeners) -> _Outcome:
    engine: Engine | None = None
    failure: ExceptionGroup[Exception] | None = None
    last_resort = LastResort()
    confirm = ask_meanwhile if a_person_is_there() else None
    surroundings = Surroundings(watch_signals=True, on_overdue=last_resort, confirm=confirm)
    opened = open_engine(
        session.config, strategies=session.strategies, probe=listeners, surroundings=surroundings, standby=session.standby
    )
    try:
        async with opened as engine, _shown(engine, session, listeners, last_resort):
            with trio.move_on_after(inf if session.for_s is None else session.for_s) as limited:
                await engine.stopping()
            if limited.cancelled_caught:
                engine.stop(f"it was to run for {session.for_s:g} s")
            await engine.stopped()
    except ExceptionGroup as group:  # all that an engine raises once it is being opened; told, and judged, by the caller
        failure = group
    certificate = None if engine is None else engine.certificate
    if certificate is not None:
        listeners.log(certificate)
    return _Outcome(certificate, failure)


@asynccontextmanager
async def _shown(engine: Engine, session: Session, listeners: _Listeners, last_resort: LastResort) -> AsyncGenerator[None]:
    if listeners.lines is None:
        async with open_view(engine.snapshot, probe=listeners) as view:
            last_resort.view_pid = view.pid
            yield
        last_resort.view_pid = None
        return
    async with trio.open_nursery() as nursery:
        if session.quotes:
            nursery.start_soon(_tell_quotes, engine, listeners.lines, name="quotes")
        yield
        nursery.cancel_scope.cancel(reason="the engine has stopped")


async def _tell_quotes(engine: Engine, lines: PlainLines) -> None:
    while True:
        lines.quotes(engine.snapshot())
        await trio.sleep(_QUOTES_EVERY_S)


def _listeners(stack: ExitStack, config: Config, secrets: tuple[str, ...], *, plain: bool) -> _Listeners:
    try:
        log = stack.enter_context(open_logs(LogSettings(config.log, hide=secrets), now_ns=time.time_ns))
    except OSError as fault:
        raise ConfigError("the configuration", [Fault("log", f"{config.log} cannot be written: {fault.strerror}")]) from fault
    if not plain:
        return _Listeners(log, None)
    writer = stack.enter_context(LineWriter(_STDOUT))
    lines = PlainLines(lambda line: writer.put(line.encode(errors="backslashreplace")), time.time_ns)
    lines.say("session", engine=config.name, mode=config.mode.value, journal=str(config.journal), times="UTC")
    return _Listeners(log, lines)


def _secrets(config: Config) -> tuple[str, ...]:
    key = credentials_for(config, os.environ)
    return () if key is None else (key.key, key.secret)
