"""`seawall run`."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from seawall.cli.blocks import tell_error
from seawall.cli.durations import duration_token
from seawall.cli.exit_codes import ExitCode
from seawall.cli.session import Session, stdout_is_terminal
from seawall.config import ConfigError, load_config

__all__ = ["run"]


def run(
    file: Annotated[Path, Parameter(help="The configuration, in TOML.")],
    *,
    for_: Annotated[
        float | None,
        Parameter(
            name="--for", converter=duration_token, n_tokens=1, help="Stop after this long: 30s, 5m, 2h. Else until stopped."
        ),
    ] = None,
    standby: Annotated[
        bool, Parameter(negative=(), help="While another engine trades the account, wait, connected, and take over when it ends.")
    ] = False,
    plain: Annotated[bool, Parameter(negative=(), help="Plain lines, in a terminal too.")] = False,
) -> ExitCode:
    """Run the engine as a file says: simulated, paper or live.

    Ctrl+C (or SIGTERM) stops it in good order: open orders are cancelled, and seen cancelled, first; once more stops it at
    once. At the end it prints a certificate of what is left. In a terminal it shows a live view, else plain lines (UTC).
    """
    try:
        config = load_config(file)
    except ConfigError as error:
        return tell_error(ExitCode.CONFIGURATION, str(error))
    return Session(config, for_, view=stdout_is_terminal() and not plain, standby=standby).run()
