"""All faults by name."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Final

from seawall.sim.catalogue.exchange import EXCHANGE
from seawall.sim.catalogue.host import HOST
from seawall.sim.catalogue.kinds import FaultKind
from seawall.sim.catalogue.network import NETWORK
from seawall.sim.catalogue.rest import ORDERS, REST
from seawall.sim.catalogue.websocket import WEBSOCKET

__all__ = ["CATALOGUE", "kind_of"]

CATALOGUE: Final[Mapping[str, FaultKind]] = {kind.name: kind for kind in (*NETWORK, *REST, *WEBSOCKET, *ORDERS, *EXCHANGE, *HOST)}


def kind_of(name: str) -> FaultKind:
    """The fault of this name. Raises ValueError, with the names that look like it, where there is none."""
    kind = CATALOGUE.get(name)
    if kind is None:
        near = get_close_matches(name, CATALOGUE, n=3) or sorted(CATALOGUE)
        raise ValueError(f"{name!r} is no fault of the catalogue; there is {', '.join(near)}")
    return kind
