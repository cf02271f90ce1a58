"""A network of the world's own: TCP and names, in its time, with its faults.

A task reads when its bytes are due, by a deadline of its own: nothing runs in between, so a message costs one wake-up.
"""

from seawall.sim.world.net.link import Link
from seawall.sim.world.net.network import Network
from seawall.sim.world.net.statistics import NetworkStatistics

__all__ = ["Link", "Network", "NetworkStatistics"]
