"""Breaker, backoff, retry, limiter, liveness, supervision, reconnect: for any trio program. Imports nothing of ours.

The manual is docs/resilience.md.
"""

from seawall.resilience.advice import advice_of, retry_after_of
from seawall.resilience.backoff import Backoff, Draw, Jitter, decorrelated, equal, full, none, proportional
from seawall.resilience.breaker import Breaker
from seawall.resilience.breaker_notices import (
    BreakerClosed,
    BreakerDisabled,
    BreakerForcedOpen,
    BreakerHalfOpened,
    BreakerOpened,
    CallRejected,
    LateResultIgnored,
    ProbeLeaseEnded,
)
from seawall.resilience.breaker_settings import REST_BREAKER, SOCKET_BREAKER, BreakerSettings
from seawall.resilience.breaker_states import BreakerCause, BreakerState
from seawall.resilience.breaker_statistics import BreakerStatistics
from seawall.resilience.connection_budget import ConnectionBudget, ConnectionBudgetStatistics
from seawall.resilience.errors import (
    ADVICE,
    Advice,
    BadSetting,
    CircuitOpen,
    DialTimedOut,
    GaveUp,
    ReconnectStopped,
    ResilienceError,
    WaitTooLong,
)
from seawall.resilience.lanes import DEFAULT_LANE, Lane
from seawall.resilience.limiter import Limiter
from seawall.resilience.limiter_notices import LimiterPaused, LimiterStatistics, TurnRefused
from seawall.resilience.link_states import LinkState, LinkStateChanged, Phase
from seawall.resilience.links import DialFailed, Link, LinkLost, ReconnectStatistics
from seawall.resilience.liveness import Liveness, LivenessStatistics, Pulse, PulseReturned, PulseSilent
from seawall.resilience.permits import Guard, Permit
from seawall.resilience.probes import Probe, ignore, tell
from seawall.resilience.reconnect import Reconnect
from seawall.resilience.reconnect_schedule import ReconnectSchedule
from seawall.resilience.retry import RetryPolicy, RetryRefused, RetryScheduled, retry
from seawall.resilience.retry_after import clamp_retry_after, read_retry_after
from seawall.resilience.retry_budget import RetryBudget, RetryBudgetStatistics
from seawall.resilience.supervision import Quarantined, RestartPolicy, ServiceGaveUp, ServiceRestarting, supervise
from seawall.resilience.verdicts import Classify, Verdict, classify

__all__ = [
    "ADVICE",
    "DEFAULT_LANE",
    "REST_BREAKER",
    "SOCKET_BREAKER",
    "Advice",
    "Backoff",
    "BadSetting",
    "Breaker",
    "BreakerCause",
    "BreakerClosed",
    "BreakerDisabled",
    "BreakerForcedOpen",
    "BreakerHalfOpened",
    "BreakerOpened",
    "BreakerSettings",
    "BreakerState",
    "BreakerStatistics",
    "CallRejected",
    "CircuitOpen",
    "Classify",
    "ConnectionBudget",
    "ConnectionBudgetStatistics",
    "DialFailed",
    "DialTimedOut",
    "Draw",
    "GaveUp",
    "Guard",
    "Jitter",
    "Lane",
    "LateResultIgnored",
    "Limiter",
    "LimiterPaused",
    "LimiterStatistics",
    "Link",
    "LinkLost",
    "LinkState",
    "LinkStateChanged",
    "Liveness",
    "LivenessStatistics",
    "Permit",
    "Phase",
    "Probe",
    "ProbeLeaseEnded",
    "Pulse",
    "PulseReturned",
    "PulseSilent",
    "Quarantined",
    "Reconnect",
    "ReconnectSchedule",
    "ReconnectStatistics",
    "ReconnectStopped",
    "ResilienceError",
    "RestartPolicy",
    "RetryBudget",
    "RetryBudgetStatistics",
    "RetryPolicy",
    "RetryRefused",
    "RetryScheduled",
    "ServiceGaveUp",
    "ServiceRestarting",
    "TurnRefused",
    "Verdict",
    "WaitTooLong",
    "advice_of",
    "clamp_retry_after",
    "classify",
    "decorrelated",
    "equal",
    "full",
    "ignore",
    "none",
    "proportional",
    "read_retry_after",
    "retry",
    "retry_after_of",
    "supervise",
    "tell",
]
