"""Everything about the engine that a user may set, as plain data with defaults. Durations are seconds."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Final

import attrs

__all__ = [
    "LONGEST_DEADLINE_NS",
    "DeadMansSwitch",
    "Deadlines",
    "EngineSettings",
    "ExitRules",
    "MaintenanceWindow",
    "OnDifference",
    "OnStop",
    "Reconcile",
    "RiskLimits",
    "SymbolLimits",
    "WhenForeign",
]


LONGEST_DEADLINE_NS: Final = 60_000_000_000
"""No order's deadline is further ahead (docs.kraken.com/api/docs/websocket-v2/add_order): it was sent at most this long
before. Deadlines are on the exchange's clock, as fills are; the journal's own times are not."""


class OnStop(StrEnum):
    """What becomes of positions when the engine stops."""

    HOLD = "hold"
    FLATTEN = "flatten"


@attrs.frozen
class Deadlines:
    """How long the engine waits for each thing it waits for."""

    start_s: float = 60.0
    """From opening the venue to a reconciled account."""
    feed_s: float = 15.0
    """The first quote, book or candle of a symbol a strategy asked for."""
    order_s: float = 5.0
    """One order or amend: from the strategy's call to the exchange's answer. Travels to Kraken as `deadline`."""
    cancel_s: float = 3.0
    """One round of cancelling an order and seeing it cancelled."""
    query_s: float = 10.0
    """One question to the exchange (open orders, fills, balances)."""
    settle_s: float = 2.0
    """How far behind a write the exchange's answers may be: an order absent earlier than this is not yet absent."""
    absent_s: float = 60.0
    """How long after its own deadline an order whose answer was lost must be unknown to the exchange before it was never
    placed: one that was taken usually shows within a minute (docs.kraken.com/api/docs/guides/spot-errors)."""
    journal_s: float = 5.0
    """A record's way to the disk."""
    shutdown_s: float = 10.0
    """The whole way from the first stop to the certificate."""


@attrs.frozen
class SymbolLimits:
    """Limits for one symbol; None is no limit."""

    max_order_qty: Decimal | None = None
    max_order_notional: Decimal | None = None
    """Price times quantity, in the quote asset."""
    max_position_qty: Decimal | None = None
    """Absolute position in the base asset, with every open and in-doubt order counted as filled."""
    max_open_orders: int | None = 20
    max_data_age_s: float | None = 30.0
    """How old the newest verified book may be when an order is priced from it."""
    max_price_distance: Decimal | None = Decimal("0.1")
    """How far through the touch a limit price may lie, as a fraction of it."""


@attrs.frozen
class RiskLimits:
    """Limits for all symbols, and what makes the engine stop opening risk.

    Losses and drawdowns are counted for each quote asset on its own: no conversion is guessed.
    """

    default: SymbolLimits = SymbolLimits()
    symbols: Mapping[str, SymbolLimits] = attrs.field(factory=dict)
    max_loss: Mapping[str, Decimal] = attrs.field(factory=dict)
    """Quote asset to the loss since the start (realized and open) at which the engine is HALTED."""
    max_drawdown: Mapping[str, Decimal] = attrs.field(factory=dict)
    """Quote asset to the fall from the best profit at which the engine is REDUCING."""
    max_exposure: Mapping[str, Decimal] = attrs.field(factory=dict)
    """Quote asset to the sum of absolute position values at which the engine is REDUCING."""

    def of(self, symbol: str) -> SymbolLimits:
        """The limits that hold for `symbol`."""
        return self.symbols.get(symbol, self.default)


@attrs.frozen
class ExitRules:
    """When a strategy's position is closed for it. Fractions of the average entry price; None is never."""

    stop_loss: Decimal | None = None
    take_profit: Decimal | None = None
    trailing: Decimal | None = None
    """A fall of this fraction from the best price since entry."""
    max_age_s: float | None = None


class WhenForeign(StrEnum):
    """What becomes of the dead man's switch while orders that are not ours are open: it would cancel them too."""

    ON = "on"
    """It is armed all the same."""
    OFF = "off"
    """It is not armed, and ours have no such protection."""
    ASK = "ask"
    """A person says so before the start; where there is none to be asked, the engine does not start."""


@attrs.frozen
class MaintenanceWindow:
    """When the exchange will be in maintenance, as it has announced: two moments with their time zone."""

    begin: dt.datetime
    end: dt.datetime

    @property
    def fault(self) -> str | None:
        """Why this is no window; None when it is one."""
        if self.begin.tzinfo is None or self.end.tzinfo is None:
            return "maintenance needs a time zone: end its times in Z for UTC"
        if self.end <= self.begin:
            return f"maintenance must end after it begins, and {self.end.isoformat()} is not after {self.begin.isoformat()}"
        return None


@attrs.frozen
class DeadMansSwitch:
    """Kraken cancels every order of the account unless it hears from us again within `timeout_s`."""

    enabled: bool = True
    timeout_s: int = 60
    renew_s: float = 15.0
    when_foreign: WhenForeign = WhenForeign.ASK
    planned_maintenance: tuple[MaintenanceWindow, ...] = ()
    """Announced maintenance of the exchange: the switch is disarmed before it, and armed again when it is over."""
    maintenance_lead_s: float = 120.0
    """How long before it: long enough to try again where an answer is lost."""


class OnDifference(StrEnum):
    """What the engine does when the exchange's word and ours differ by more than they may."""

    NOTICE = "notice"
    """Tells it, and goes on."""
    REDUCE = "reduce"
    """Only shrinks positions from then on, until a comparison finds them to agree again."""
    HALT = "halt"
    """Takes no order any more, until it is started again."""


@attrs.frozen
class Reconcile:
    """How far the exchange's word and ours may differ. Every difference is told, whatever stands here."""

    on_difference: OnDifference = OnDifference.NOTICE
    max_differences: int = 0
    """Orders and fills that one comparison may find to differ with nothing to explain it."""
    balance_tolerance: Mapping[str, Decimal] = attrs.field(factory=dict)
    """Asset to the difference that its balance may have; zero for an asset that is not named."""


@attrs.frozen
class EngineSettings:
    """The engine as a whole."""

    deadlines: Deadlines = Deadlines()
    risk: RiskLimits = RiskLimits()
    dead_mans_switch: DeadMansSwitch = DeadMansSwitch()
    reconcile: Reconcile = Reconcile()
    on_stop: OnStop = OnStop.HOLD
    reconcile_every_s: float = 300.0
    monitor_every_s: float = 1.0
    balances_every_s: float = 60.0
    check_in_s: float = 30.0
    """A service or strategy that has not checked in for this long is named, and the dead man's switch is not renewed."""
