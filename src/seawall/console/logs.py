"""Logs: every notice, and what the libraries below have to say, as JSON lines in a file and as plain lines on a terminal.

A line of the file is one JSON object: `at` (UTC, RFC 3339 with microseconds), `level`, `event`, then the facts.
"""

import functools
import logging
import traceback
from collections.abc import Callable, Generator, Iterator, Mapping, MutableMapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TypeAlias

import attrs
import msgspec
import structlog
from structlog.typing import FilteringBoundLogger

from seawall.console.levels import LEVEL_NUMBERS, LogLevel, level_of
from seawall.console.lines import line
from seawall.console.writer import LineWriter, open_log_file
from seawall.engine.facts import HIDDEN, Fact, event_name, fact_of, facts_of
from seawall.model.venue import Probe

__all__ = ["LogSettings", "open_logs"]

_OWN_KEYS: Final = frozenset({"at_ns", "at", "level", "event"})
_SHORTEST_SECRET: Final = 8
_LONGEST_TRACEBACK: Final = 8000

_encode = msgspec.json.Encoder().encode

Event: TypeAlias = MutableMapping[str, object]
Render: TypeAlias = Callable[[Mapping[str, Fact]], bytes]


@attrs.frozen
class LogSettings:
    """Where log lines go, and which.

    `path` is the file for JSON lines, appended to, or None. `terminal` asks for plain lines on standard error. `level`
    is the lowest that is kept, `dependencies` the same for what libraries log. Any text in `hide` (API keys and secrets;
    those under eight characters are not looked for) is blotted out of every line.
    """

    path: Path | None = None
    terminal: bool = False
    level: LogLevel = "info"
    dependencies: LogLevel = "warning"
    queue_lines: int = 10_000
    close_s: float = 2.0
    hide: tuple[str, ...] = attrs.field(default=(), repr=False)


@contextmanager
def open_logs(settings: LogSettings, *, now_ns: Callable[[], int], terminal_fd: int = 2) -> Generator[Probe]:
    """A probe that logs each notice it is given; `now_ns` is the wall clock.

    The probe returns at once, whatever disk or terminal do: lines wait in a queue of `queue_lines` for a thread that
    writes them; when that is full they are dropped and counted, and the count is logged once there is room. Leaving the
    block waits at most `close_s` seconds for each destination. Without a destination nothing is logged, and the logging
    of libraries is left as it is. Raises OSError when the file cannot be opened.
    """
    with ExitStack() as stack:
        sinks: list[_Sink] = []
        if settings.path is not None:
            sinks.append(_Sink(open_log_file(settings.path), _json_line, settings, now_ns, owns_fd=True))
        if settings.terminal:
            sinks.append(_Sink(terminal_fd, _plain_line, settings, now_ns, owns_fd=False))
        if not sinks:
            yield _nowhere
            return
        for sink in sinks:
            stack.enter_context(sink.lines)
        log = _logger(_Sinks(tuple(sinks)), settings.level, now_ns)
        stack.enter_context(_dependencies_logged(log, LEVEL_NUMBERS[settings.dependencies]))
        yield functools.partial(_log_notice, log)


def _nowhere(_notice: object) -> None:
    """Where notices go that nobody asked for."""


def _log_notice(log: FilteringBoundLogger, notice: object) -> None:
    level = level_of(notice)
    if not log.is_enabled_for(LEVEL_NUMBERS[level]):
        return
    facts = {f"{name}_" if name in _OWN_KEYS else name: fact for name, fact in facts_of(notice).items()}
    if level == "error":
        facts |= _traceback_in(notice)
    log.log(LEVEL_NUMBERS[level], event_name(notice), **facts)


def _traceback_in(notice: object) -> dict[str, Fact]:
    """Where the error in a notice came from: with a bug, the only part that helps."""
    for name in facts_of(notice):
        error = getattr(notice, name, None)
        if isinstance(error, BaseException) and error.__traceback__ is not None:
            return {"traceback": "".join(traceback.format_exception(error))[-_LONGEST_TRACEBACK:]}
    return {}


def _logger(sinks: "_Sinks", level: LogLevel, now_ns: Callable[[], int]) -> FilteringBoundLogger:
    def stamp(_logger: object, method: str, event: Event) -> Event:
        return {"at_ns": now_ns(), "level": method, "event": event.pop("event"), **event}

    def whole(_logger: object, _method: str, event: Event) -> tuple[tuple[Event], dict[str, object]]:
        return (event,), {}

    logger: FilteringBoundLogger = structlog.wrap_logger(
        sinks,
        processors=[stamp, whole],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        context_class=dict,
        cache_logger_on_first_use=True,
    ).bind()
    return logger


class _Sink:
    """One destination: a rendering, and the thread that writes it."""

    def __init__(self, fd: int, render: Render, settings: LogSettings, now_ns: Callable[[], int], *, owns_fd: bool) -> None:
        self._render = render
        self._hide = tuple(secret.encode() for secret in settings.hide if len(secret) >= _SHORTEST_SECRET)

        def lost(count: int) -> bytes:
            return render({"at_ns": now_ns(), "level": "warning", "event": "log_lines_lost", "count": count})

        self.lines = LineWriter(fd, settings.queue_lines, settings.close_s, owns_fd, lost)

    def put(self, event: Mapping[str, Fact]) -> None:
        data = self._render(event)
        for secret in self._hide:
            data = data.replace(secret, HIDDEN.encode())
        self.lines.put(data)


@attrs.frozen
class _Sinks:
    """What structlog calls a logger: one method for each level."""

    sinks: tuple[_Sink, ...]

    def debug(self, event: Mapping[str, Fact]) -> None:
        for sink in self.sinks:
            sink.put(event)

    info = warning = error = debug


def _json_line(event: Mapping[str, Fact]) -> bytes:
    at_ns, facts = _time_of(event)
    at = datetime.fromtimestamp(at_ns // 1_000_000_000, UTC).replace(microsecond=at_ns // 1000 % 1_000_000)
    return _encode({"at": f"{at:%Y-%m-%dT%H:%M:%S.%f}Z", **facts}) + b"\n"


def _plain_line(event: Mapping[str, Fact]) -> bytes:
    at_ns, facts = _time_of(event)
    name = str(facts.pop("event"))
    if facts["level"] in {"debug", "info"}:  # said only where it is worth a look
        del facts["level"]
    return f"{line(at_ns, name, facts)}\n".encode(errors="backslashreplace")


def _time_of(event: Mapping[str, Fact]) -> tuple[int, dict[str, Fact]]:
    facts = dict(event)
    at_ns = facts.pop("at_ns")
    assert isinstance(at_ns, int), f"the time of a log line, {at_ns!r}, is not in whole nanoseconds"
    return at_ns, facts


@contextmanager
def _dependencies_logged(log: FilteringBoundLogger, level: int) -> Generator[None]:
    """Lead what libraries log, and Python's warnings, into `log`, until the block is left."""
    root = logging.getLogger()
    handler = _Dependencies(log, level)
    level_before = root.level
    root.addHandler(handler)
    root.setLevel(level)
    logging.captureWarnings(capture=True)
    try:
        yield
    finally:
        logging.captureWarnings(capture=False)
        root.setLevel(level_before)
        root.removeHandler(handler)


class _Dependencies(logging.Handler):
    """The standard library's logging, as events named `library_logged`."""

    def __init__(self, log: FilteringBoundLogger, level: int) -> None:
        super().__init__(level)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        """Log one record."""
        facts: dict[str, Fact] = {"library": record.name, "message": _message(record)}
        if record.exc_info and record.exc_info[1] is not None:
            facts["error"] = fact_of(record.exc_info[1])
        known: Iterator[int] = (number for number in sorted(LEVEL_NUMBERS.values(), reverse=True) if number <= record.levelno)
        self._log.log(next(known, logging.DEBUG), "library_logged", **facts)


def _message(record: logging.LogRecord) -> str:
    try:
        return str(fact_of(record.getMessage()))
    except (TypeError, ValueError):  # the library's format does not fit its arguments: its slip must not hurt the engine
        return str(fact_of(f"{record.msg!r} with {record.args!r}"))
