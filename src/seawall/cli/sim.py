"""`seawall sim`."""

import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import trio
from cyclopts import Parameter

from seawall.cli.blocks import tell_error
from seawall.cli.durations import Token
from seawall.cli.exit_codes import ExitCode
from seawall.sim import BadRecording, SimSettings, open_sim
from seawall.sim.settings import Speed

__all__ = ["sim"]


def _speed(_type: object, tokens: Sequence[Token]) -> Speed:
    text = tokens[0].value
    if text == "max":
        return "max"
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"{text!r} is neither a number nor 'max'") from None


def sim(
    *,
    port: Annotated[int, Parameter(help="Where REST listens, and the sockets on the next three. 0: any free ones.")] = 0,
    seed: Annotated[int, Parameter(help="Equal seeds make equal markets.")] = 1,
    replay: Annotated[Path | None, Parameter(help="A recording of Kraken's book to play in place of a market made up.")] = None,
    speed: Annotated[
        Speed, Parameter(converter=_speed, n_tokens=1, help="How many times faster than recorded; `max` waits for readers only.")
    ] = 1.0,
    tls_cert: Annotated[Path | None, Parameter(help="A PEM file with a certificate: the simulator then speaks TLS.")] = None,
    tls_key: Annotated[Path | None, Parameter(help="The PEM file with the certificate's key.")] = None,
) -> ExitCode:
    """Serve a simulated Kraken on this machine, for any client, until Ctrl+C.

    It speaks REST and WebSocket v2 as Kraken does, with an account, a matching engine and a market made up from a seed,
    or played from a recording. Its addresses, and the key of its account, are shown once it serves.
    """
    try:
        settings = SimSettings(port=port, seed=seed, replay=replay, speed=speed, certificate=tls_cert, key=tls_key)
    except ValueError as fault:
        return tell_error(ExitCode.USAGE, str(fault))
    failure: BaseException | None = None
    try:
        trio.run(_serve, settings)
    except* (OSError, BadRecording) as group:  # a port in use, a file that is not there or is something else
        failure = group.exceptions[0]
    if failure is not None:
        return tell_error(ExitCode.CONFIGURATION, f"the simulator cannot serve: {failure}")
    return ExitCode.CLEAN


async def _serve(settings: SimSettings) -> None:
    with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async with open_sim(settings) as simulator:
            addresses = simulator.addresses
            print(
                "a simulated Kraken: nothing here is real",
                f"  REST     {addresses.rest}",
                f"  public   {addresses.public}",
                f"  private  {addresses.private}",
                f"  level 3  {addresses.level3}",
                f"  key      {simulator.api_key}",
                f"  secret   {simulator.api_secret}",
                "Ctrl+C stops it",
                sep="\n",
                flush=True,
            )
            async for _number in signals:
                break
    print("stopped", file=sys.stderr)
