"""How loud each notice is."""

import logging
from typing import Final, Literal, TypeAlias

from seawall.engine.facts import event_name

__all__ = ["LEVELS", "LEVEL_NUMBERS", "LogLevel", "level_of"]

LogLevel: TypeAlias = Literal["debug", "info", "warning", "error"]

LEVEL_NUMBERS: Final[dict[LogLevel, int]] = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}

# A warning is what an operator would want to have seen by the evening, an error what a person must act on.
# All that is not named here is "info".
LEVELS: Final[dict[str, LogLevel]] = {
    "order_contradicted": "error",
    "service_crashed": "error",
    "strategy_quarantined": "error",
    "amend_in_doubt": "warning",
    "book_lost": "warning",
    "cleanup_cut_short": "warning",
    "dead_mans_switch_not_renewed": "warning",
    "foreign_order_seen": "warning",
    "order_in_doubt": "warning",
    "private_stream_lost": "warning",
    "question_failed": "warning",
    "strategy_failed": "warning",
    "view_ended": "warning",
}


def level_of(notice: object) -> LogLevel:
    """The level of a notice: that of its event in `LEVELS`, or else "info"."""
    return LEVELS.get(event_name(notice), "info")
