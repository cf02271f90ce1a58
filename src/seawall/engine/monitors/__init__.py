"""Four that watch: who is silent, what the balances say, what is at risk, and when a position is to be closed."""

from seawall.engine.monitors.balances import BalanceDiffers, BalancesAgreed, BalancesMonitor, BalancesNotTold
from seawall.engine.monitors.exits import ExitFailed, ExitLeftOpen, ExitsMonitor, ExitStarted, ExitUnpriced
from seawall.engine.monitors.heartbeat import CheckInMissed, CheckInResumed, HeartbeatMonitor
from seawall.engine.monitors.risk import AssetRisk, MarkLost, MarkRestored, RiskMonitor, RiskVerdict

__all__ = [
    "AssetRisk",
    "BalanceDiffers",
    "BalancesAgreed",
    "BalancesMonitor",
    "BalancesNotTold",
    "CheckInMissed",
    "CheckInResumed",
    "ExitFailed",
    "ExitLeftOpen",
    "ExitStarted",
    "ExitUnpriced",
    "ExitsMonitor",
    "HeartbeatMonitor",
    "MarkLost",
    "MarkRestored",
    "RiskMonitor",
    "RiskVerdict",
]
