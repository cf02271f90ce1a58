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
    "balance_differs": "error",
    "dead_mans_switch_fired": "error",
    "dead_mans_switch_overran": "error",
    "exit_failed": "error",
    "fills_overdue": "error",
    "journal_broke": "error",
    "lease_gone": "error",
    "order_contradicted": "error",
    "position_close_failed": "error",
    "quarantined": "error",
    "records_left_behind": "error",
    "service_crashed": "error",
    "service_gave_up": "error",
    "strategy_quarantined": "error",
    "stray_order_seen": "error",
    "amend_in_doubt": "warning",
    "balances_not_told": "warning",
    "book_lost": "warning",
    "book_mismatched": "warning",
    "book_stale": "warning",
    "book_unstable": "warning",
    "breaker_opened": "warning",
    "check_in_missed": "warning",
    "cleanup_cut_short": "warning",
    "dead_mans_switch_held_back": "warning",
    "dead_mans_switch_not_renewed": "warning",
    "dial_failed": "warning",
    "exit_left_open": "warning",
    "exit_unpriced": "warning",
    "external_fill_seen": "warning",
    "fill_differs": "warning",
    "foreign_order_seen": "warning",
    "frame_misunderstood": "warning",
    "holding_cut_short": "warning",
    "lease_doubted": "warning",
    "limiter_paused": "warning",
    "link_lost": "warning",
    "maintenance_awaited": "warning",
    "mark_lost": "warning",
    "mode_changed": "warning",
    "nonce_refused": "warning",
    "order_differs": "warning",
    "order_in_doubt": "warning",
    "private_gap": "warning",
    "private_stream_lost": "warning",
    "probe_lease_ended": "warning",
    "pulse_silent": "warning",
    "question_failed": "warning",
    "service_restarting": "warning",
    "strategy_failed": "warning",
    "subscription_refused": "warning",
    "trades_missed": "warning",
    "venue_status_changed": "warning",
    "view_ended": "warning",
    "breaker_half_opened": "debug",
    "call_rejected": "debug",
    "frame_unknown": "debug",
    "late_result_ignored": "debug",
    "turn_refused": "debug",
}


def level_of(notice: object) -> LogLevel:
    """The level of a notice: that of its event in `LEVELS`, or else "info"."""
    return LEVELS.get(event_name(notice), "info")
