import json
import logging
import os
import re
import stat
import time
import warnings
from decimal import Decimal
from pathlib import Path

import attrs
import pytest

from seawall.console.logs import LogSettings, open_logs
from seawall.engine.notices import BookLost, EngineStarted, QuestionFailed, StrategyQuarantined

AT_NS = 1_763_874_408_123_456_789


def now_ns() -> int:
    return AT_NS


def read(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@attrs.frozen
class Odd:
    event: str
    level: Decimal
    api_key: str = "short"


@attrs.frozen
class ServiceCrashed:
    """Named as the engine's own, which is an error; here with the exception itself."""

    error: BaseException


def test_a_notice_becomes_one_json_line(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with open_logs(LogSettings(path), now_ns=now_ns) as probe:
        probe(EngineStarted("sim", 3, 0))
    assert path.read_text() == (
        '{"at":"2025-11-23T05:06:48.123456Z","level":"info","event":"engine_started","venue":"sim","run":3,"restored_orders":0}\n'
    )
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_levels_come_from_the_table_and_lower_ones_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with open_logs(LogSettings(path, level="warning"), now_ns=now_ns) as probe:
        probe(EngineStarted("sim", 3, 0))
        probe(BookLost("BTC/USD", "checksum"))
        probe(StrategyQuarantined("grid"))
    assert [(entry["level"], entry["event"]) for entry in read(path)] == [
        ("warning", "book_lost"),
        ("error", "strategy_quarantined"),
    ]


def test_fields_that_would_hide_the_lines_own_are_renamed(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with open_logs(LogSettings(path), now_ns=now_ns) as probe:
        probe(Odd("x", Decimal("1.50")))
    assert read(path) == [
        {
            "at": "2025-11-23T05:06:48.123456Z",
            "level": "info",
            "event": "odd",
            "event_": "x",
            "level_": "1.50",
            "api_key": "(hidden)",
        }
    ]


def test_secrets_are_blotted_out_wherever_they_stand(tmp_path: Path) -> None:
    path = tmp_path / "log"
    secret = "kQH5HW/8p1uGOVjbgWA7FunAmGO8lsSUXNsu3eow=="
    with open_logs(LogSettings(path, hide=(secret, "abc")), now_ns=now_ns) as probe:
        probe(QuestionFailed("abc", f"could not parse {secret}"))
    assert read(path)[0]["problem"] == "could not parse (hidden)"
    assert read(path)[0]["about"] == "abc", "what is too short to be a secret would blot out innocent words"


def test_errors_bring_their_traceback(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with pytest.raises(LookupError) as raised:
        "text".encode("no such encoding")
    crashed = ServiceCrashed(raised.value)
    with open_logs(LogSettings(path), now_ns=now_ns) as probe:
        probe(crashed)
    [entry] = read(path)
    assert entry["error"] == {"type": "LookupError", "text": "unknown encoding: no such encoding"}
    assert '"text".encode("no such encoding")' in str(entry["traceback"])


def test_what_libraries_log_is_routed_in_and_logging_is_left_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "log"
    root = logging.getLogger()
    before = (root.level, list(root.handlers), warnings.showwarning)
    with open_logs(LogSettings(path), now_ns=now_ns):
        logger = logging.getLogger("some.library")
        logger.info("too quiet")
        logger.warning("pool of %d is %s", 3, "full")
        logger.critical("gone", exc_info=OSError("no route"))
    assert (root.level, root.handlers, warnings.showwarning) == before
    assert [(entry["level"], entry["library"], entry["message"]) for entry in read(path)] == [
        ("warning", "some.library", "pool of 3 is full"),
        ("error", "some.library", "gone"),
    ]
    assert read(path)[1]["error"] == {"type": "OSError", "text": "no route"}


def test_a_library_whose_format_does_not_fit_its_arguments_hurts_nobody(tmp_path: Path) -> None:
    path = tmp_path / "log"
    root = logging.getLogger()
    others = list(root.handlers)
    for handler in others:  # pytest's own raise
        root.removeHandler(handler)
    try:
        with open_logs(LogSettings(path), now_ns=now_ns):
            logging.getLogger("some.library").error("does not fit %d", "x")
    finally:
        for handler in others:
            root.addHandler(handler)
    assert read(path)[0]["message"] == "'does not fit %d' with ('x',)"


def test_the_terminal_gets_plain_lines(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    with open_logs(LogSettings(terminal=True), now_ns=now_ns, terminal_fd=writer) as probe:
        probe(BookLost("BTC/USD", "checksum differs"))
        probe(EngineStarted("sim", 1, 0))
    os.close(writer)
    with os.fdopen(reader) as lines:
        assert lines.read().splitlines() == [
            '05:06:48.123  book_lost  level=warning symbol=BTC/USD reason="checksum differs"',
            "05:06:48.123  engine_started  venue=sim run=1 restored_orders=0",
        ]


def test_a_terminal_that_does_not_read_holds_nobody_and_the_loss_is_logged() -> None:
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    began = time.monotonic()
    settings = LogSettings(terminal=True, queue_lines=10, close_s=5.0)
    with open_logs(settings, now_ns=now_ns, terminal_fd=writer) as probe:
        for _time in range(200):
            probe(QuestionFailed("balances", "x" * 1900))
        probe_s = time.monotonic() - began
        text = b""
        while b"log_lines_lost" not in text:
            try:
                text += os.read(reader, 65536)
            except BlockingIOError:
                probe(EngineStarted("sim", 1, 0))  # any later line makes the count be told
    assert probe_s < 2.0
    assert re.search(rb"log_lines_lost  level=warning count=[1-9]", text)
    os.close(writer)
    os.close(reader)


def test_without_any_destination_notices_go_nowhere_and_libraries_log_as_before() -> None:
    root = logging.getLogger()
    before = (root.level, list(root.handlers), warnings.showwarning)
    with open_logs(LogSettings(), now_ns=now_ns) as probe:
        probe(EngineStarted("sim", 1, 0))
        assert (root.level, root.handlers, warnings.showwarning) == before


def test_a_file_that_cannot_be_opened_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="missing"), open_logs(LogSettings(tmp_path / "missing" / "log"), now_ns=now_ns):
        pass
