"""The command `seawall`. Commands are imported when they are used: the help must not wait for the engine."""

import sys
from collections.abc import Sequence
from typing import Final

from cyclopts import App, CycloptsError

from seawall.cli.blocks import tell_error
from seawall.cli.exit_codes import ExitCode

__all__ = ["app", "main"]

_COMMANDS: Final = {
    "demo": "Watch the whole engine work on this machine: a simulated Kraken, no keys, no network.",
    "run": "Run the engine as a file says: simulated, paper or live.",
    "sim": "Serve a simulated Kraken on this machine, for any client.",
    "config": "Check a configuration and show what it comes to.",
    "orders": "List the orders of a journal.",
    "why": "Tell the story of one order: what was seen, what was sent, what became of it.",
    "journal": "Look after a journal.",
    "cancel-all": "Cancel EVERY open order of the account, whoever placed it.",
    "drill": "What your strategies do when the world breaks: each fault alone, then swarms, and a scorecard.",
    "simulate": "Run the engine in worlds where everything breaks, in virtual time, and judge it.",
    "ordeal": "Put the real engine through what breaks real machines, on this one.",
    "version": "Show the versions of Seawall and of what it runs on.",
}


def _version() -> str:
    from importlib.metadata import version  # noqa: PLC0415  # not needed for any other command

    return version("seawall")


app = App(
    name="seawall",
    help="A trading engine for Kraken spot: structured orders, deadlines everywhere, a shutdown that is proven.",
    help_epilogue="Exit codes: 0 is clean; docs/exit-codes.md lists the others.",
    version=_version,
)
for _name, _help in _COMMANDS.items():
    _attribute = _name.replace("-", "_")
    app.command(f"seawall.cli.{_attribute}:{_attribute}", name=_name, help=_help)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code. `arguments` are those of the process when not given.

    A bug of ours is raised: Python writes its traceback, and exits with 1.
    """
    try:
        code = app(arguments, exit_on_error=False, print_error=False, result_action="return_value")
    except CycloptsError as error:
        return tell_error(ExitCode.USAGE, str(error), ["seawall --help shows the commands, seawall COMMAND --help its options"])
    return ExitCode.CLEAN if code is None else ExitCode(code)  # None: help or version was asked for


if __name__ == "__main__":
    sys.exit(main())
