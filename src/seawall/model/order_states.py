"""The life of an order, as a table.

Every pair of a state and a thing heard stands in `NEXT`: with the state that follows, or with `IMPOSSIBLE`, which
`after` turns into `OutOfStep`. The exchange's answers and its private stream arrive in either order, and repeat
themselves after a reconnect; so most things heard about an order that has ended leave it as it is.

No pair leads out of a state in which the order has ended.
"""

from enum import StrEnum
from typing import Final

from seawall.model.errors import OutOfStep

__all__ = ["ENDED", "IMPOSSIBLE", "NEXT", "Heard", "OrderState", "after"]


class OrderState(StrEnum):
    """Where an order stands."""

    PLANNED = "planned"
    """Journaled; not a byte has left."""
    SENT = "sent"
    """Bytes may have left; no answer yet."""
    IN_DOUBT = "in doubt"
    """Its answer was lost: it may rest, it may have filled, it may never have arrived."""
    OPEN = "open"
    """The exchange has said that it is there."""
    FILLED = "filled"
    CANCELED = "canceled"
    """Ended by a cancel; what was filled before stays filled."""
    EXPIRED = "expired"
    REFUSED = "refused"
    """The exchange said no."""
    NOT_SENT = "not sent"
    """Certain: not a byte left."""
    NEVER_PLACED = "never placed"
    """Was in doubt; the exchange, asked after the order's own deadline had passed there, knows no such order."""


class Heard(StrEnum):
    """What can be heard about an order, from our own hands or from the exchange."""

    SENDING = "sending"
    """Its first byte is about to leave."""
    HELD_BACK = "held back"
    """It was given up before its first byte."""
    LOST = "lost"
    """Its answer did not come."""
    ACCEPTED = "accepted"
    """Acknowledged, or seen open."""
    PART_FILLED = "part filled"
    FILLED = "filled"
    """All of it."""
    CANCELED = "canceled"
    EXPIRED = "expired"
    REFUSED = "refused"
    ABSENT = "absent"
    """Asked after its deadline had passed on the exchange's clock, the exchange knows no such order."""


IMPOSSIBLE: Final = None

ENDED: Final = frozenset(
    {
        OrderState.FILLED,
        OrderState.CANCELED,
        OrderState.EXPIRED,
        OrderState.REFUSED,
        OrderState.NOT_SENT,
        OrderState.NEVER_PLACED,
    }
)

NEXT: Final[dict[OrderState, dict[Heard, OrderState | None]]] = {
    OrderState.PLANNED: {
        Heard.SENDING: OrderState.SENT,
        Heard.HELD_BACK: OrderState.NOT_SENT,
        # After a restart the journal cannot tell whether bytes left: what was planned is asked for.
        Heard.LOST: OrderState.IN_DOUBT,
        Heard.ACCEPTED: IMPOSSIBLE,
        Heard.PART_FILLED: IMPOSSIBLE,
        Heard.FILLED: IMPOSSIBLE,
        Heard.CANCELED: IMPOSSIBLE,
        Heard.EXPIRED: IMPOSSIBLE,
        Heard.REFUSED: IMPOSSIBLE,
        Heard.ABSENT: IMPOSSIBLE,
    },
    OrderState.SENT: {
        Heard.SENDING: IMPOSSIBLE,
        Heard.HELD_BACK: IMPOSSIBLE,
        Heard.LOST: OrderState.IN_DOUBT,
        Heard.ACCEPTED: OrderState.OPEN,
        Heard.PART_FILLED: OrderState.OPEN,
        Heard.FILLED: OrderState.FILLED,
        Heard.CANCELED: OrderState.CANCELED,
        Heard.EXPIRED: OrderState.EXPIRED,
        Heard.REFUSED: OrderState.REFUSED,
        Heard.ABSENT: IMPOSSIBLE,
    },
    OrderState.IN_DOUBT: {
        Heard.SENDING: IMPOSSIBLE,
        Heard.HELD_BACK: IMPOSSIBLE,
        Heard.LOST: OrderState.IN_DOUBT,
        Heard.ACCEPTED: OrderState.OPEN,
        Heard.PART_FILLED: OrderState.OPEN,
        Heard.FILLED: OrderState.FILLED,
        Heard.CANCELED: OrderState.CANCELED,
        Heard.EXPIRED: OrderState.EXPIRED,
        Heard.REFUSED: OrderState.REFUSED,
        Heard.ABSENT: OrderState.NEVER_PLACED,
    },
    OrderState.OPEN: {
        Heard.SENDING: IMPOSSIBLE,
        Heard.HELD_BACK: IMPOSSIBLE,
        # It was seen open before its answer was missed: nothing is in doubt.
        Heard.LOST: OrderState.OPEN,
        Heard.ACCEPTED: OrderState.OPEN,
        Heard.PART_FILLED: OrderState.OPEN,
        Heard.FILLED: OrderState.FILLED,
        Heard.CANCELED: OrderState.CANCELED,
        Heard.EXPIRED: OrderState.EXPIRED,
        # Kraken reports `pending_new` before it decides that a post-only order would take.
        Heard.REFUSED: OrderState.REFUSED,
        Heard.ABSENT: IMPOSSIBLE,
    },
    OrderState.FILLED: {
        Heard.SENDING: IMPOSSIBLE,
        Heard.HELD_BACK: IMPOSSIBLE,
        Heard.LOST: OrderState.FILLED,
        Heard.ACCEPTED: OrderState.FILLED,
        Heard.PART_FILLED: OrderState.FILLED,
        Heard.FILLED: OrderState.FILLED,
        Heard.CANCELED: IMPOSSIBLE,
        Heard.EXPIRED: IMPOSSIBLE,
        Heard.REFUSED: IMPOSSIBLE,
        Heard.ABSENT: IMPOSSIBLE,
    },
    OrderState.CANCELED: {
        Heard.SENDING: IMPOSSIBLE,
        Heard.HELD_BACK: IMPOSSIBLE,
        Heard.LOST: OrderState.CANCELED,
        Heard.ACCEPTED: OrderState.CANCELED,
        Heard.PART_FILLED: OrderState.CANCELED,
        Heard.FILLED: IMPOSSIBLE,
        Heard.CANCELED: OrderState.CANCELED,
        Heard.EXPIRED: OrderState.CANCELED,
        Heard.REFUSED: OrderState.CANCELED,
        Heard.ABSENT: IMPOSSIBLE,
    },
    OrderState.EXPIRED: {
        Heard.SENDING: IMPOSSIBLE,
        Heard.HELD_BACK: IMPOSSIBLE,
        Heard.LOST: OrderState.EXPIRED,
        Heard.ACCEPTED: OrderState.EXPIRED,
        Heard.PART_FILLED: OrderState.EXPIRED,
        Heard.FILLED: IMPOSSIBLE,
        Heard.CANCELED: OrderState.EXPIRED,
        Heard.EXPIRED: OrderState.EXPIRED,
        Heard.REFUSED: OrderState.EXPIRED,
        Heard.ABSENT: IMPOSSIBLE,
    },
    OrderState.REFUSED: {
        Heard.SENDING: IMPOSSIBLE,
        Heard.HELD_BACK: IMPOSSIBLE,
        Heard.LOST: OrderState.REFUSED,
        # `pending_new` may overtake, or follow, the answer that refused.
        Heard.ACCEPTED: OrderState.REFUSED,
        Heard.PART_FILLED: IMPOSSIBLE,
        Heard.FILLED: IMPOSSIBLE,
        Heard.CANCELED: OrderState.REFUSED,
        Heard.EXPIRED: OrderState.REFUSED,
        Heard.REFUSED: OrderState.REFUSED,
        Heard.ABSENT: OrderState.REFUSED,
    },
    OrderState.NOT_SENT: {
        Heard.SENDING: IMPOSSIBLE,
        Heard.HELD_BACK: OrderState.NOT_SENT,
        Heard.LOST: IMPOSSIBLE,
        Heard.ACCEPTED: IMPOSSIBLE,
        Heard.PART_FILLED: IMPOSSIBLE,
        Heard.FILLED: IMPOSSIBLE,
        Heard.CANCELED: IMPOSSIBLE,
        Heard.EXPIRED: IMPOSSIBLE,
        Heard.REFUSED: IMPOSSIBLE,
        Heard.ABSENT: OrderState.NOT_SENT,
    },
    OrderState.NEVER_PLACED: {
        Heard.SENDING: IMPOSSIBLE,
        Heard.HELD_BACK: IMPOSSIBLE,
        Heard.LOST: OrderState.NEVER_PLACED,
        Heard.ACCEPTED: IMPOSSIBLE,
        Heard.PART_FILLED: IMPOSSIBLE,
        Heard.FILLED: IMPOSSIBLE,
        Heard.CANCELED: IMPOSSIBLE,
        Heard.EXPIRED: IMPOSSIBLE,
        # A refusal that was late, not lost, agrees: nothing was placed.
        Heard.REFUSED: OrderState.NEVER_PLACED,
        Heard.ABSENT: OrderState.NEVER_PLACED,
    },
}


def after(state: OrderState, heard: Heard) -> OrderState:
    """The state that follows. Raises `OutOfStep` for a pair that cannot be true."""
    following = NEXT[state][heard]
    if following is IMPOSSIBLE:
        raise OutOfStep(f"an order that is {state} was heard to be {heard}")
    return following
