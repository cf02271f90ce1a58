"""Which of the engine's words are about trouble: what a person at the console would have been warned by."""

from typing import Final

from seawall.sim.world.trace import Fact

__all__ = ["TROUBLE", "is_about_trouble"]

TROUBLE: Final = frozenset(
    {
        "AmendInDoubt",
        "BalanceDiffers",
        "BalancesNotTold",
        "BookLost",
        "BookMismatched",
        "BookStale",
        "BookUnstable",
        "BreakerOpened",
        "CheckInMissed",
        "CleanupCutShort",
        "DeadMansSwitchNotRenewed",
        "DialFailed",
        "ForeignOrderSeen",
        "FrameMisunderstood",
        "JournalBroke",
        "LeaseDoubted",
        "LeaseGone",
        "LimiterPaused",
        "LinkLost",
        "MarkLost",
        "ModeChanged",
        "NonceRefused",
        "OrderContradicted",
        "OrderInDoubt",
        "PrivateGap",
        "PrivateStreamLost",
        "PulseSilent",
        "QuestionFailed",
        "RecordsLeftBehind",
        "RetryScheduled",
        "ServiceCrashed",
        "ServiceGaveUp",
        "ServiceRestarting",
        "SubscriptionRefused",
        "TradesMissed",
        "VenueStatusChanged",
    }
)
"""Notices by the names of their classes, as they are the kinds of facts. What a strategy does of itself is not among them."""


def is_about_trouble(fact: Fact) -> bool:
    """Whether the engine says with it that something is wrong in the world: also that it starts again, having been killed."""
    return fact.kind in TROUBLE or (fact.lane == "host" and fact.kind == "process")
