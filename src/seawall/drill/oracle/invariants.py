"""The table of what must hold, and the judgement by it."""

from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from typing import Final

import attrs

from seawall.drill.oracle import durability, hygiene, news, orders, time_and_liveness, unattended
from seawall.drill.oracle.evidence import Evidence, Finding
from seawall.drill.spec import Violation

__all__ = ["INVARIANTS", "Invariant", "Judged", "judge"]

Find = Callable[[Evidence], Iterable[Finding]]


class Judged(StrEnum):
    """When an invariant is judged."""

    MEANWHILE = "meanwhile"
    AFTERWARDS = "afterwards"
    BOTH = "both"


@attrs.frozen
class Invariant:
    """One promise: `sentence` is for users. `find` gives the ways in which the evidence breaks it.

    `beside` says who else holds the engine to it, where one run cannot show all of it.
    """

    number: int
    name: str
    sentence: str
    group: str
    judged: Judged
    find: Find = attrs.field(repr=False)
    beside: str = ""


def _nothing(_evidence: Evidence) -> Iterator[Finding]:
    """All there is to it the watch has seen."""
    return iter(())


def judge(evidence: Evidence) -> tuple[Violation, ...]:
    """Every way in which a run broke a promise, in the order of the table."""
    return tuple(
        Violation(invariant.name, invariant.sentence, finding.detail, finding.at_s)
        for invariant in INVARIANTS
        for finding in (*evidence.noticed.get(invariant.name, ()), *invariant.find(evidence))
    )


_END, _NOW, _BOTH = Judged.AFTERWARDS, Judged.MEANWHILE, Judged.BOTH

INVARIANTS: Final = (
    Invariant(
        1,
        "one-order-per-intent",
        "What a strategy asked for once is one order at the exchange, and never two.",
        "orders",
        _END,
        orders.placed_twice,
    ),
    Invariant(
        2,
        "journaled-before-sent",
        "Every order is in the journal before the exchange hears of it.",
        "orders",
        _BOTH,
        orders.not_in_the_journal,
    ),
    Invariant(
        3,
        "every-intent-ends",
        "Every order that was planned ends, in exactly one way, or rests because it was to be kept.",
        "orders",
        _END,
        orders.not_ended,
    ),
    Invariant(
        4,
        "id-sent-once",
        "No client order id is sent a second time, not after a lost answer and not after a restart.",
        "orders",
        _END,
        orders.sent_twice,
    ),
    Invariant(
        5,
        "ends-agree",
        "How an order ended, and how much of it had filled, is the same in the journal as at the exchange.",
        "orders",
        _END,
        orders.ended_otherwise,
    ),
    Invariant(
        6,
        "ends-are-final",
        "An order that has ended is never open again, neither in the journal nor to its strategy.",
        "orders",
        _END,
        orders.moved_after_the_end,
    ),
    Invariant(
        7,
        "own-orders-only",
        "Only orders that the journal knows are amended or cancelled.",
        "orders",
        _END,
        orders.touched_unowned,
    ),
    Invariant(
        8,
        "foreign-orders-untouched",
        "Orders that you or another program placed on the account are reported, and left alone.",
        "orders",
        _END,
        orders.touched_foreign,
    ),
    Invariant(
        9,
        "never-overfilled",
        "No more is filled than was ordered.",
        "orders",
        _BOTH,
        orders.filled_too_far,
    ),
    Invariant(
        10,
        "fills-counted-once",
        "Each fill is counted exactly once, so that positions are what the exchange says they are.",
        "orders",
        _END,
        orders.miscounted_fills,
    ),
    Invariant(
        11,
        "money-adds-up",
        "Every balance is what it was, plus all fills, less all fees, to the last digit.",
        "orders",
        _END,
        orders.book_keeping,
    ),
    Invariant(
        12,
        "within-limits",
        "No order is off the exchange's grid or beyond your limits, with orders in doubt counted as open.",
        "orders",
        _BOTH,
        orders.off_the_grid_or_limits,
    ),
    Invariant(
        13,
        "book-is-the-exchanges",
        "Every quote and book a strategy reads was the exchange's own at the time it names.",
        "data",
        _NOW,
        _nothing,
    ),
    Invariant(
        14,
        "fresh-data-only",
        "No order is priced from market data older than its limit.",
        "data",
        _NOW,
        _nothing,
    ),
    Invariant(
        15,
        "blind-means-blind",
        "While a book is at fault strategies are told nothing of it, and the first quote afterwards says that there was a gap.",
        "data",
        _NOW,
        _nothing,
    ),
    Invariant(
        16,
        "sequence-rises",
        "Quotes, trades and candles come to a strategy in the order in which they happened, each once.",
        "data",
        _NOW,
        _nothing,
    ),
    Invariant(
        17,
        "replay-agrees",
        "Read again, the journal tells exactly what the engine had in memory, and the same each time.",
        "durability",
        _END,
        durability.remembered_otherwise,
    ),
    Invariant(
        18,
        "survives-any-kill",
        "Killed at whatever moment, the engine comes back, and every promise about orders holds.",
        "durability",
        _END,
        durability.unrevived,
        beside="the kill sweep, which kills at every I/O point of a run and judges all invariants after the restart",
    ),
    Invariant(
        19,
        "no-order-without-journal",
        "Once the journal cannot be written no further order is sent.",
        "durability",
        _END,
        durability.sent_without_a_journal,
        beside="the tests on real disks that are full, read-only, or fail to sync",
    ),
    Invariant(
        20,
        "no-secrets-kept",
        "Neither the journal nor the log holds a key, a secret or a token.",
        "durability",
        _END,
        durability.given_away,
        beside="the journal's own tests: files that are damaged or of a newer version are refused, and not changed",
    ),
    Invariant(
        21,
        "one-engine-per-account",
        "Two engines never trade one account at once.",
        "durability",
        _END,
        durability.rivals,
        beside="the tests of the lease and the standby, with processes",
    ),
    Invariant(
        22,
        "waits-are-bounded",
        "Nothing waits for the exchange longer than its deadline, and stopping takes no longer than it may.",
        "time",
        _END,
        time_and_liveness.waited_too_long,
    ),
    Invariant(
        23,
        "back-within-90-s",
        "Ninety seconds after the last fault the engine is in sync and trades; a pair with an order in doubt a minute later.",
        "time",
        _END,
        time_and_liveness.not_recovered,
    ),
    Invariant(
        24,
        "clock-jumps-change-nothing",
        "A wall clock that jumps decides the fate of no order.",
        "time",
        _END,
        orders.ended_by_a_jump,
    ),
    Invariant(
        25,
        "dials-within-budget",
        "Reconnecting stays below the number of attempts for which the exchange bans an address.",
        "time",
        _END,
        time_and_liveness.dialled_too_often,
    ),
    Invariant(
        26,
        "rate-limit-kept",
        "The engine counts as the exchange does, and stays below its rate limits.",
        "time",
        _END,
        time_and_liveness.over_the_rate_limit,
    ),
    Invariant(
        27,
        "breaker-holds",
        "An open breaker lets nothing through, and a half-open one a single probe.",
        "time",
        _END,
        time_and_liveness.probed_too_often,
        beside="the breaker's own tests, which try every sequence",
    ),
    Invariant(
        28,
        "switch-kept-armed",
        "While your orders are open the dead man's switch is armed, and takes them when the engine is gone.",
        "time",
        _BOTH,
        time_and_liveness.switched_off,
    ),
    Invariant(
        29,
        "halt-is-final",
        "Once the engine is halted or told to stop it sends nothing but what closes positions.",
        "time",
        _END,
        time_and_liveness.sent_after_the_end,
    ),
    Invariant(
        30,
        "nothing-left-open",
        "When the engine has stopped, none of its orders is open but those you wanted kept, and the certificate says so.",
        "hygiene",
        _END,
        hygiene.left_open,
    ),
    Invariant(
        31,
        "no-socket-left",
        "No connection outlives the engine.",
        "hygiene",
        _END,
        hygiene.left_sockets,
    ),
    Invariant(
        32,
        "nothing-left-running",
        "No task, thread or temporary file outlives the engine, and nothing grows without end while it runs.",
        "hygiene",
        _END,
        hygiene.left_running,
    ),
    Invariant(
        33,
        "no-error-escapes",
        "No exception goes unhandled, and no cancellation is swallowed or leaves its scope.",
        "hygiene",
        _END,
        hygiene.unhandled,
    ),
    Invariant(
        34,
        "same-seed-same-run",
        "The same seed always gives the same run.",
        "hygiene",
        _END,
        hygiene.ran_otherwise,
        beside="the determinism gate, which compares runs in separate processes",
    ),
    Invariant(
        35,
        "nothing-leaves-the-world",
        "A simulated run touches no network, disk, thread or clock but its own.",
        "hygiene",
        _END,
        hygiene.reached_out,
        beside="the world's guard, which sees every such call and ends the run",
    ),
    Invariant(
        36,
        "left-orders-end",
        "An order whose strategy has let go of it is cancelled, and does not rest on unwatched.",
        "orders",
        _END,
        unattended.left_resting,
    ),
    Invariant(
        37,
        "news-comes-soon",
        "You hear of every fill, and of the end of every order, within a minute and a half of a world that is well.",
        "orders",
        _END,
        news.heard_late,
    ),
)
"""Everything that must hold whatever breaks, in groups: orders, data, durability, time, hygiene."""
