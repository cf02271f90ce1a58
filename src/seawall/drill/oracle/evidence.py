"""Everything a run leaves for the oracle to look at.

None of it is the engine's own reckoning, but what stands under *claims*: those are compared with the rest, never believed.
All instants `_s` are seconds since the world began, on the world's own clock.
"""

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Protocol

import attrs

from seawall.drill.oracle.exchange_record import ExchangeRecord
from seawall.drill.oracle.journal_rows import JournalRows
from seawall.drill.told import Told

__all__ = [
    "BreakerSpell",
    "Certified",
    "Dial",
    "Evidence",
    "Finding",
    "Gap",
    "Life",
    "OrderLimits",
    "Rival",
    "Spell",
    "Terms",
]


class Certified(Protocol):
    """What a certificate claims (`seawall.Certificate` is one)."""

    @property
    def tasks_left(self) -> tuple[str, ...]:
        """Tasks that had not ended."""
        ...

    @property
    def open_orders(self) -> tuple[str, ...] | None:
        """Ours that the exchange still listed; None when it could not be asked."""
        ...

    @property
    def in_doubt(self) -> tuple[str, ...]:
        """Orders nobody knows the fate of."""
        ...

    @property
    def kept(self) -> tuple[str, ...]:
        """Orders left resting on purpose."""
        ...

    @property
    def positions(self) -> tuple[tuple[str, str, Decimal], ...]:
        """Owner, symbol and quantity."""
        ...

    @property
    def crashes(self) -> tuple[str, ...]:
        """Parts of the engine that broke."""
        ...


class Life(Protocol):
    """One process of the engine, from its start to its end (`seawall.drill.trader.Life` is one)."""

    @property
    def number(self) -> int:
        """From 1."""
        ...

    @property
    def began_s(self) -> float:
        """When it was started."""
        ...

    @property
    def served_s(self) -> float | None:
        """When it took orders for the first time; None when it never did."""
        ...

    @property
    def ended_s(self) -> float | None:
        """When it was over."""
        ...

    @property
    def death(self) -> str | None:
        """How it was killed; None where it ended by itself."""
        ...

    @property
    def stop_wanted_s(self) -> float | None:
        """When it was asked to stop."""
        ...

    @property
    def certificate(self) -> Certified | None:
        """What it claimed at its end."""
        ...

    @property
    def failures(self) -> tuple[str, ...]:
        """What came out of it where it ended by itself: class and message."""
        ...


@attrs.frozen
class OrderLimits:
    """Limits of one symbol, as configured; None is no limit."""

    max_order_qty: Decimal | None = None
    max_order_notional: Decimal | None = None
    max_position_qty: Decimal | None = None
    max_open_orders: int | None = None


@attrs.frozen
class Terms:
    """What the engine was configured to keep to, and what the oracle grants beside it. Durations in seconds."""

    limits: Mapping[str, OrderLimits] = attrs.field(factory=dict)
    other_limits: OrderLimits = OrderLimits(max_open_orders=20)
    """For symbols that `limits` does not name."""
    max_data_age_s: float = 30.0
    order_s: float = 5.0
    cancel_s: float = 3.0
    absent_s: float = 60.0
    start_s: float = 60.0
    shutdown_s: float = 10.0
    switch_timeout_s: float | None = 60.0
    """The dead man's switch; None where it is configured off."""
    switch_renew_s: float = 15.0
    switch_spares_foreign: bool = False
    """Whether it is not to be armed while orders of others are open."""
    recovery_s: float = 90.0
    """How long after the world has healed everything must be in order again."""
    unattended_s: float = 60.0
    """How long an order may rest unheld in a world that is well: a cancel that failed is tried again within half a minute."""
    decided_s: float = 150.0
    """How long a strategy may wait for its order in a world that is well: for a book, the disk and the answer, and where that was
    lost, until the exchange must know of the order (`absent_s`, on a counter that others draw on too)."""
    dials_in_ten_minutes: int = 150
    """What the exchange's front bears of one address (docs.kraken.com/api/docs/guides/spot-ws-intro)."""
    in_flight_s: float = 5.0
    """How long bytes may be on their way in a world that is well."""
    slack_s: float = 2.0
    """What a bound may be exceeded by: tasks that run, not waits."""

    def of(self, symbol: str) -> OrderLimits:
        """The limits of a symbol."""
        return self.limits.get(symbol, self.other_limits)


@attrs.frozen
class Spell:
    """Something that was so for a while: a fault, a suspension, an outage."""

    name: str
    begin_s: float
    end_s: float


@attrs.frozen
class Gap:
    """A book that the engine called lost, until it called it restored (None: it never did)."""

    symbol: str
    lost_s: float
    restored_s: float | None = None


@attrs.frozen
class Dial:
    """An attempt to connect, as the network saw it."""

    at_s: float
    port: int
    """The door it was for."""


@attrs.frozen
class BreakerSpell:
    """One breaker in one state, as the engine told: `open`, or `half open`, of the breaker for the sockets of one port."""

    port: int
    state: str
    begin_s: float
    end_s: float
    probes: int = 1
    """How many attempts it may let through in the spell (none while `open`)."""


@attrs.frozen
class Rival:
    """A second engine that was started on the same account and journal while the first one ran."""

    at_s: float
    was_refused: bool
    orders_sent: int = 0


@attrs.frozen
class Finding:
    """One way in which an invariant did not hold."""

    detail: str
    at_s: float


@attrs.define(eq=False)
class Evidence:
    """Filled in by a run as it goes on; read by the invariants."""

    exchange: ExchangeRecord
    told: Told
    terms: Terms = attrs.field(factory=Terms)
    journal: JournalRows | None = None
    """Read at the end."""
    journal_again: JournalRows | None = None
    """Read once more."""
    lives: Sequence[Life] = ()
    faults: tuple[Spell, ...] = ()
    """Faults that were planned, killed processes among them."""
    clock_jumps_s: tuple[float, ...] = ()
    """When the wall clock of a host was set."""
    kills_s: tuple[float, ...] = ()
    asleep: Sequence[tuple[float, float]] = ()
    """From when to when nobody in the world did anything: no deadline is kept in one's sleep."""
    trading_s: float = 0.0
    healed_s: float | None = None
    """When the last fault was over; None where there was none, or where the run did not come to it."""
    stopped_s: float | None = None
    """The wish to stop."""
    ended_s: float = 0.0
    journal_failed_s: list[float] = attrs.field(factory=list)
    halted_s: list[float] = attrs.field(factory=list)
    """When somebody, or a risk limit, halted the engine."""
    gaps: list[Gap] = attrs.field(factory=list)
    dials: list[Dial] = attrs.field(factory=list)
    breakers: list[BreakerSpell] = attrs.field(factory=list)
    rivals: list[Rival] = attrs.field(factory=list)
    heard_s: dict[str, float] | None = None
    """When the engine first told of each fill (by execution id), and of the end of each order (by client order id); None where
    nobody listens to it."""
    foreign_reported: dict[str, None] = attrs.field(factory=dict)
    """Order ids that the engine named as not its own."""
    sockets_left: Mapping[str, int] = attrs.field(factory=dict)
    """Open sockets by host, of processes that have ended."""
    left_running: tuple[str, ...] = ()
    """Tasks, threads and temporary files that outlived their engine."""
    sizes: Mapping[str, Sequence[int]] = attrs.field(factory=dict)
    """Counts that must not grow for ever (tasks, sockets, bytes), sampled at regular times over the safety phase."""
    errors: list[tuple[float, str]] = attrs.field(factory=list)
    """What escaped: unhandled exceptions, stray cancellations, in the class's name and its message."""
    digests: tuple[str, ...] = ()
    """Of all runs of this seed."""
    real_io: tuple[str, ...] = ()
    """Where something reached out of the world."""
    secrets: tuple[str, ...] = ()
    """What must stand nowhere: keys and tokens."""
    texts: tuple[str, ...] = ()
    """Logs and facts, to be searched for them."""
    noticed: dict[str, list[Finding]] = attrs.field(factory=dict)
    """What the watch saw while the run went on, by invariant."""

    def notice(self, invariant: str, detail: str, at_s: float) -> None:
        """Keep one finding of the watch."""
        self.noticed.setdefault(invariant, []).append(Finding(detail, at_s))

    def disturbed_s(self, begin_s: float, end_s: float, *, but: str = "") -> float:
        """For how long of an interval some fault was at work; one that is named `but` does not count."""
        total, until_s = 0.0, begin_s
        for spell in sorted((spell for spell in self.faults if spell.name != but), key=lambda spell: spell.begin_s):
            since_s = max(spell.begin_s, until_s)
            if since_s < min(spell.end_s, end_s):
                until_s = min(spell.end_s, end_s)
                total += until_s - since_s
        return total

    def awake_s(self, begin_s: float, end_s: float) -> float:
        """How long an interval was, without the time in which nobody in the world did anything."""
        return end_s - begin_s - sum(max(0.0, min(until_s, end_s) - max(since_s, begin_s)) for since_s, until_s in self.asleep)

    def is_calm(self, at_s: float, *, before_s: float = 0.0) -> bool:
        """Whether no fault was at work at that instant, nor so long before it."""
        return not any(spell.begin_s <= at_s and spell.end_s >= at_s - before_s for spell in self.faults)

    @property
    def let_go_s(self) -> float:
        """Until when the last engine followed orders that were to be kept; for ever, where it was never told to stop."""
        last = self.lives[-1] if self.lives else None
        if last is None:
            return math.inf
        known_s = last.ended_s if last.stop_wanted_s is None else last.stop_wanted_s
        return math.inf if known_s is None else known_s

    def is_serving(self, at_s: float) -> bool:
        """Whether an engine served then."""
        return any(
            life.served_s is not None and life.served_s <= at_s and (life.ended_s is None or at_s < life.ended_s)
            for life in self.lives
        )
