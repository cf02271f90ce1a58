"""The engine's state, before there is a venue: what the venue's facts will change, and what the journal already knows."""

from collections.abc import Callable

import attrs
import trio

from seawall.engine.account import Account
from seawall.engine.blotter import Blotter
from seawall.engine.check_ins import CheckIns
from seawall.engine.feed import Feed
from seawall.engine.hub import Hub
from seawall.engine.modes import ModeSwitch
from seawall.model.errors import JournalFailed
from seawall.model.journal import Journal
from seawall.model.venue import Probe

__all__ = ["Foundation", "lay_foundation"]


@attrs.frozen
class Foundation:
    """Everything that is plain state: no task of its own, nothing that waits."""

    journal: Journal
    blotter: Blotter
    feed: Feed
    account: Account
    hub: Hub
    modes: ModeSwitch
    check_ins: CheckIns


def lay_foundation(
    journal: Journal, probe: Probe, now_ns: Callable[[], int], on_journal_failure: Callable[[JournalFailed], None]
) -> Foundation:
    """Put the state together. Nothing is restored or started yet."""
    blotter = Blotter(journal, probe, now_ns, on_journal_failure)
    feed = Feed(trio.current_time)
    account = Account()
    return Foundation(
        journal=journal,
        blotter=blotter,
        feed=feed,
        account=account,
        hub=Hub(feed, blotter, account, probe),
        modes=ModeSwitch(),
        check_ins=CheckIns(trio.current_time),
    )
