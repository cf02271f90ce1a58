import re
from pathlib import Path

from seawall.cli.exit_codes import ExitCode

PAGE = Path(__file__).parents[2] / "docs" / "exit-codes.md"


def test_the_manual_lists_exactly_these_codes() -> None:
    rows = re.findall(r"^\| (\d+) \| `([A-Z_]+)` \|", PAGE.read_text(), re.MULTILINE)
    assert [(int(code), name) for code, name in rows] == [(code.value, code.name) for code in ExitCode]


def test_restarts_are_prevented_exactly_where_the_manual_asks_for_a_person() -> None:
    [codes] = re.findall(r"^RestartPreventExitStatus=([\d ]+)$", PAGE.read_text(), re.MULTILINE)
    assert {ExitCode(int(code)) for code in codes.split()} == {
        ExitCode.USAGE,
        ExitCode.CONFIGURATION,
        ExitCode.ACCESS_DENIED,
        ExitCode.UNCONFIRMED,
        ExitCode.JOURNAL_FAILED,
    }
