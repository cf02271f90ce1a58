import subprocess
import sys

import pytest

from seawall.cli.main import main


def test_help_lists_the_commands_and_imports_nothing_heavy() -> None:
    code = """
import sys
from seawall.cli.main import main
assert main(["--help"]) == 0
print([name for name in ("trio", "httpx") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    for command in ("demo", "run", "sim", "config", "orders", "why", "journal", "cancel-all", "version"):
        assert f" {command} " in done.stdout
    assert done.stdout.endswith("[]\n")


@pytest.mark.parametrize("command", ["demo", "run", "sim", "config", "orders", "why", "journal", "cancel-all", "version"])
def test_each_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "--help"]) == 0
    assert f"seawall {command}" in capsys.readouterr().out


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == "0.1.0\n"
    assert main(["version"]) == 0
    assert capsys.readouterr().out.startswith("seawall 0.1.0\nCPython 3.")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["sail"], 'Unknown command "sail"'),
        (["config"], "requires an argument"),
        (["run", "x.toml", "--for", "30"], "a number needs its unit"),
        (["sim", "--speed", "fast"], "neither a number nor 'max'"),
        (["sim", "--sede", "3"], "Did you mean --seed?"),
        (["sim", "--tls-cert", "x.pem"], "TLS needs both files"),
    ],
)
def test_a_command_line_that_makes_no_sense_is_told_in_one_block(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("seawall: ")
    assert told in shown.err
    assert "Traceback" not in shown.err
