"""`seawall demo`."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

from cyclopts import Parameter

from seawall.cli.demo_strategies import demo_strategies
from seawall.cli.durations import duration_token
from seawall.cli.exit_codes import ExitCode
from seawall.cli.session import Session, stdout_is_terminal
from seawall.config import Config, Exchange, Mode, Sim

__all__ = ["demo"]

_REDIRECTED_S = 30.0


def demo(
    *,
    for_: Annotated[
        float | None,
        Parameter(
            name="--for",
            converter=duration_token,
            n_tokens=1,
            help="Stop after this long: 30s, 5m. Else until Ctrl+C in a terminal, and 30s elsewhere.",
        ),
    ] = None,
    seed: Annotated[int, Parameter(help="Equal seeds make equal markets.")] = 1,
    plain: Annotated[bool, Parameter(negative=(), help="Plain lines, in a terminal too.")] = False,
) -> ExitCode:
    """Watch the whole engine work on this machine: no keys, no network, nothing is real.

    A simulated Kraken, three strategies (one of which stumbles, and is restarted), and at the end the certificate that no
    task and no order was left behind. In a terminal a live view, else plain lines (times are UTC).
    """
    terminal = stdout_is_terminal()
    for_s = for_ if for_ is not None or terminal else _REDIRECTED_S
    with TemporaryDirectory(prefix="seawall-demo-") as directory:
        config = Config(
            mode=Mode.SIM,
            name="demo",
            journal=Path(directory) / "demo.sqlite",
            exchange=Exchange(tier="pro", sim=Sim(seed=seed)),
        )
        return Session(config, for_s, view=terminal and not plain, quotes=True, strategies=demo_strategies()).run()
