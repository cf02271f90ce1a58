"""What the engine tells: typed facts, one class each. Logs, views and tests listen to the same ones."""

import datetime as dt
from decimal import Decimal

import attrs

from seawall.model.instruments import PairStatus
from seawall.model.order_states import Heard, OrderState
from seawall.model.reports import Fill

__all__ = [
    "AmendInDoubt",
    "BookLost",
    "BookRestored",
    "CleanupCutShort",
    "DeadMansSwitchArmed",
    "DeadMansSwitchDisarmed",
    "DeadMansSwitchFired",
    "DeadMansSwitchHeldBack",
    "DeadMansSwitchNotRenewed",
    "DeadMansSwitchOverran",
    "EngineStarted",
    "EngineStopped",
    "EngineStopping",
    "ExternalFillSeen",
    "FillDiffers",
    "FillsOverdue",
    "ForeignOrderSeen",
    "MaintenanceAwaited",
    "MaintenanceOver",
    "OrderAmended",
    "OrderClaimed",
    "OrderContradicted",
    "OrderDiffers",
    "OrderFilled",
    "OrderInDoubt",
    "OrderMoved",
    "OrderPlanned",
    "PairStatusChanged",
    "PrivateStreamLost",
    "PrivateStreamRestored",
    "QuestionFailed",
    "Reconciled",
    "ServiceCrashed",
    "StrategyEnded",
    "StrategyFailed",
    "StrategyQuarantined",
    "StrategySaid",
    "StrategyStarted",
    "StrayOrderSeen",
]


@attrs.frozen
class EngineStarted:
    """The account is reconciled and the strategies are about to start."""

    venue: str
    run: int
    restored_orders: int


@attrs.frozen
class EngineStopping:
    """From now on no new order is taken."""

    reason: str


@attrs.frozen
class EngineStopped:
    """The certificate is written."""

    clean: bool


@attrs.frozen
class OrderPlanned:
    """An intent is in the journal, and is about to be sent."""

    client_order_id: str
    owner: str
    what: str


@attrs.frozen
class OrderMoved:
    """An order went from one state to another."""

    client_order_id: str
    owner: str
    before: OrderState
    after: OrderState
    reason: str | None = None


@attrs.frozen
class OrderClaimed:
    """An open order that another hand placed is `owner`'s from now on; `client_order_id` is the one its maker gave it, if any."""

    order_id: str
    client_order_id: str | None
    owner: str
    what: str


@attrs.frozen
class OrderAmended:
    """The exchange took an amend: these are the values in force."""

    client_order_id: str
    owner: str
    qty: Decimal
    limit_price: Decimal | None


@attrs.frozen
class OrderFilled:
    """An execution was counted, once."""

    owner: str
    fill: Fill


@attrs.frozen
class OrderInDoubt:
    """The answer to an order was lost; the exchange is being asked."""

    client_order_id: str
    owner: str
    reason: str


@attrs.frozen
class AmendInDoubt:
    """The answer to an amend was lost; the order is being read back."""

    client_order_id: str
    asked_qty: Decimal | None
    asked_price: Decimal | None


@attrs.frozen
class OrderContradicted:
    """The exchange said something of an order that cannot follow from what was known."""

    client_order_id: str
    state: OrderState
    heard: Heard | str


@attrs.frozen
class ForeignOrderSeen:
    """An open order that is not ours: never touched, but the dead man's switch would cancel it too."""

    order_id: str
    symbol: str | None


@attrs.frozen
class ExternalFillSeen:
    """An execution of an order that is not ours: it moved the account's balances, and no position of the engine's."""

    fill: Fill


@attrs.frozen
class StrayOrderSeen:
    """An order that an engine of this journal sent is open, and the journal holds it for ended: it is being cancelled."""

    client_order_id: str
    order_id: str
    symbol: str | None


@attrs.frozen
class QuestionFailed:
    """The exchange could not be asked; it will be asked again."""

    about: str
    problem: str


@attrs.frozen
class Reconciled:
    """The exchange's open orders and fills were compared with ours."""

    open_orders: int
    recovered_fills: int
    missing_orders: int


@attrs.frozen
class OrderDiffers:
    """A comparison found an order to be another than was known here; `ours` and `told` are both sides' words for it."""

    client_order_id: str
    order_id: str | None
    ours: str
    told: str


@attrs.frozen
class FillDiffers:
    """A comparison found a fill on one side only."""

    exec_id: str
    client_order_id: str
    ours: str
    told: str


@attrs.frozen
class FillsOverdue:
    """An order ended, and the exchange tells of more than the fills that it gives: nobody waits for the rest any longer.

    The position lacks what is missing until they arrive; they are asked for every minute.
    """

    client_order_id: str
    owner: str
    told_qty: Decimal
    counted_qty: Decimal


@attrs.frozen
class BookLost:
    """One book is not to be trusted; orders priced from it are refused until it is back."""

    symbol: str
    reason: str


@attrs.frozen
class BookRestored:
    """One book is verified again."""

    symbol: str


@attrs.frozen
class PairStatusChanged:
    """The exchange takes other orders of a pair than before; one that it does not take is refused with the rule `pair_status`."""

    symbol: str
    before: PairStatus
    after: PairStatus


@attrs.frozen
class PrivateStreamLost:
    """Facts about orders may be late until the stream is back."""

    reason: str


@attrs.frozen
class PrivateStreamRestored:
    """The private stream is back, with a snapshot."""

    open_orders: int


@attrs.frozen
class DeadMansSwitchArmed:
    """Kraken will cancel every order of the account unless it hears from us again in time."""

    timeout_s: int


@attrs.frozen
class DeadMansSwitchNotRenewed:
    """Somebody has not checked in, so the switch is left to run."""

    late: tuple[str, ...]


@attrs.frozen
class DeadMansSwitchDisarmed:
    """No timer runs at the exchange any more: nothing of ours is open, or `reason` says why it must not."""

    reason: str = ""


@attrs.frozen
class DeadMansSwitchOverran:
    """The exchange went into maintenance with the timer running, and could not be reached to stop it: when it comes back, it may
    cancel every order of the account.
    """

    timeout_s: int


@attrs.frozen
class MaintenanceAwaited:
    """Announced maintenance of the exchange is near: the switch is let go of, and only positions that shrink are traded."""

    begin: dt.datetime
    end: dt.datetime


@attrs.frozen
class MaintenanceOver:
    """The time of announced maintenance is over, or it was called off."""


@attrs.frozen
class DeadMansSwitchFired:
    """Kraken has cancelled every order of the account, and its timer is off until it is armed again."""

    client_order_id: str


@attrs.frozen
class DeadMansSwitchHeldBack:
    """Orders that are not ours are open, and the configuration says not to have them cancelled: ours are not protected."""

    orders: tuple[str, ...]


@attrs.frozen
class StrategyStarted:
    """A strategy runs."""

    name: str


@attrs.frozen
class StrategyEnded:
    """A strategy returned."""

    name: str


@attrs.frozen
class StrategyFailed:
    """A strategy raised; its orders are being cancelled, no other's."""

    name: str
    problem: str


@attrs.frozen
class StrategyQuarantined:
    """A strategy has used up its restarts."""

    name: str


@attrs.frozen
class StrategySaid:
    """A note of a strategy's own."""

    name: str
    text: str


@attrs.frozen
class CleanupCutShort:
    """An order could not be seen to its end in time: the desk goes on with it."""

    client_order_id: str
    deadline_s: float


@attrs.frozen
class ServiceCrashed:
    """A bug ended a part of the engine: the engine stops in good order and raises it."""

    service: str
    problem: str
