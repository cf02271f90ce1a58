"""Which parts of the engine are started again after which failures: data, beside the tree.

What a service does about a single failed question is its own affair (a notice, and another try). This table is for what
it did not expect from the outside world. A bug (any exception that is not in `on`) is never restarted: it stops the
engine, in good order.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import trio

from seawall.model.errors import SeawallError
from seawall.model.venue import Probe
from seawall.resilience import RestartPolicy, supervise

__all__ = ["SERVICE_RESTARTS", "start_service"]

_OUTSIDE: Final = (SeawallError, trio.TooSlowError)

_OFTEN: Final = RestartPolicy(on=_OUTSIDE, delays_s=(0.0, 1.0, 2.0, 5.0, 15.0), settled_after_s=60.0, exhausted="escalate")
_PATIENT: Final = RestartPolicy(on=_OUTSIDE, delays_s=(1.0, 5.0, 15.0, 60.0, 60.0), settled_after_s=300.0, exhausted="escalate")

SERVICE_RESTARTS: Final[Mapping[str, RestartPolicy]] = {
    "maintenance": _OFTEN,
    "dead man's switch": _OFTEN,
    "reconcile": _PATIENT,
    "fills": _PATIENT,
    "check-ins": _OFTEN,
    "held books": _PATIENT,
    "heartbeat": _OFTEN,
    "balances": _PATIENT,
    "risk": _OFTEN,
    "exits": _OFTEN,
}


def start_service(nursery: trio.Nursery, name: str, service: Callable[[], Awaitable[None]], probe: Probe) -> None:
    """Run a service in its own task, under the policy that the table has for its name."""
    policy = SERVICE_RESTARTS[name]

    async def run() -> None:
        await supervise(service, policy, name=name, probe=probe)

    nursery.start_soon(run, name=name)
