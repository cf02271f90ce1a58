"""A Kraken-speaking exchange on this machine: the same names, digits, errors and faults, without a network."""

from seawall.sim.assembly import Simulator
from seawall.sim.exchange.events import LevelChange
from seawall.sim.exchange.exchange import Exchange
from seawall.sim.exchange.orders import SimFill, SimOrder
from seawall.sim.exchange.pairs import DEFAULT_PAIRS, Asset, Pair, known_asset, make_pair
from seawall.sim.faults import Answered, Faults
from seawall.sim.market.recording import BadRecording
from seawall.sim.market.source import MarketInput, MarketSource
from seawall.sim.opening import open_sim
from seawall.sim.requests import Request, RequestLog
from seawall.sim.settings import Door, SimAddresses, SimSettings

__all__ = [
    "DEFAULT_PAIRS",
    "Answered",
    "Asset",
    "BadRecording",
    "Door",
    "Exchange",
    "Faults",
    "LevelChange",
    "MarketInput",
    "MarketSource",
    "Pair",
    "Request",
    "RequestLog",
    "SimAddresses",
    "SimFill",
    "SimOrder",
    "SimSettings",
    "Simulator",
    "known_asset",
    "make_pair",
    "open_sim",
]
