"""A simulated exchange in a process of its own: `python -m seawall.drill.real.exchange HOST SEED CERTIFICATE KEY`.

It first writes where it is and the key to it, one line of JSON; then answers each line on its standard input with one:
`told` with all that it knows, `counted` with how many orders were asked for and how many are open. `cut` ends every socket.
It ends with its input.
"""

import sys
from pathlib import Path

import msgspec
import trio

from seawall.drill.real.telling import Contact, Counted, tell
from seawall.sim import SimSettings, Simulator, open_sim

__all__ = ["serve"]


async def serve(*arguments: str) -> None:
    """Be an exchange until standard input ends."""
    host, seed, certificate, key = arguments
    # A log that nothing gives way in: an order that was sent twice an hour ago is still two.
    settings = SimSettings(
        host=host, seed=int(seed), certificate=Path(certificate), key=Path(key), history_min=10, request_log=10**6
    )
    async with open_sim(settings) as sim:
        _say(Contact(sim.addresses, sim.api_key, sim.api_secret))
        rest = b""
        async with trio.lowlevel.FdStream(sys.stdin.fileno()) as stdin:
            async for chunk in stdin:
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    _say(_answer(sim, line.decode()))


def _answer(sim: Simulator, word: str) -> object:
    match word:
        case "told":
            return tell(sim)
        case "counted":
            return Counted(len(sim.requests.of("add_order", "AddOrder")), len(sim.exchange.open_orders()))
        case "cut":
            return sim.faults.close_sockets()
    raise ValueError(f"standard input: {word!r} is not one of told, counted, cut")


def _say(what: object) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(what) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    trio.run(serve, *sys.argv[1:])
