"""Notices in the words of a person: one short sentence each."""

import functools
from collections.abc import Mapping, Sequence

from seawall.engine import notices
from seawall.engine.facts import Fact, event_name, facts_of
from seawall.engine.hub import VenueStatusChanged
from seawall.engine.modes import ModeChanged
from seawall.model.numbers import plain
from seawall.model.order_states import ENDED, OrderState
from seawall.resilience import (
    BreakerClosed,
    BreakerOpened,
    DialFailed,
    LinkLost,
    LinkStateChanged,
    Phase,
    PulseReturned,
    PulseSilent,
    Quarantined,
    ServiceRestarting,
)

__all__ = ["sentence"]


@functools.singledispatch
def sentence(notice: object) -> str:
    """The notice in one short line; empty when it is nothing to tell a person.

    Rooms that may import this one register their phrases here (`@sentence.register`); any other gives its notices a
    `__str__`. Without either, the name of the notice is told and then its fields.
    """
    text_of_its_own: object = type(notice).__str__
    if text_of_its_own is not object.__str__:
        return " ".join(str(notice).split())
    told = (f"{name} {_told(fact)}" for name, fact in facts_of(notice).items() if fact is not None and not name.endswith("_ns"))
    return " ".join(f"{event_name(notice).replace('_', ' ')}: {', '.join(told)}".rstrip(": ").split())


@sentence.register
def _(notice: notices.EngineStarted) -> str:
    restored = f", {notice.restored_orders} orders of before in hand" if notice.restored_orders else ""
    return f"run {notice.run} on {notice.venue}: the account is reconciled{restored}"


@sentence.register
def _(notice: notices.EngineStopping) -> str:
    return f"stopping: {notice.reason}"


@sentence.register
def _(notice: notices.EngineStopped) -> str:
    return "stopped, and nothing left behind" if notice.clean else "stopped, NOT clean: see the certificate"


@sentence.register
def _(notice: notices.OrderPlanned) -> str:
    return f"{notice.owner}: {notice.what} (order {_short(notice.client_order_id)})"


@sentence.register
def _(notice: notices.OrderClaimed) -> str:
    return f"{notice.owner} has claimed an order of another hand: {notice.what} (order {notice.order_id})"


@sentence.register
def _(notice: notices.OrderMoved) -> str:
    if notice.after is OrderState.FILLED or (notice.after not in ENDED and notice.before is not OrderState.IN_DOUBT):
        return ""  # told by its fills; or only on its way
    why = f": {notice.reason}" if notice.reason else ""
    return f"order {_short(notice.client_order_id)} {notice.after.value}{why}"


@sentence.register
def _(notice: notices.OrderAmended) -> str:
    price = "" if notice.limit_price is None else f" at {plain(notice.limit_price)}"
    return f"order {_short(notice.client_order_id)} amended to {plain(notice.qty)}{price}"


@sentence.register
def _(notice: notices.OrderFilled) -> str:
    fill = notice.fill
    order = "" if fill.client_order_id is None else f"order {_short(fill.client_order_id)} "
    return f"{notice.owner}: {order}{fill.side.value} filled {plain(fill.qty)} {fill.symbol} at {plain(fill.price)}"


@sentence.register
def _(notice: notices.OrderInDoubt) -> str:
    return f"order {_short(notice.client_order_id)} of {notice.owner} is in doubt, asking: {notice.reason}"


@sentence.register
def _(notice: notices.ForeignOrderSeen) -> str:
    return f"an order that is not ours is open, and left alone: {notice.order_id} {notice.symbol or ''}".rstrip()


@sentence.register
def _(notice: notices.ExternalFillSeen) -> str:
    fill = notice.fill
    return f"an order that is not ours filled: {fill.side.value} {plain(fill.qty)} {fill.symbol} at {plain(fill.price)}"


@sentence.register
def _(notice: notices.StrayOrderSeen) -> str:
    return f"order {_short(notice.client_order_id)} had ended here and is open at the exchange: it is being cancelled"


@sentence.register
def _(notice: notices.QuestionFailed) -> str:
    return f"could not ask about {notice.about}, asking again: {notice.problem}"


@sentence.register
def _(notice: notices.Reconciled) -> str:
    if not notice.recovered_fills and not notice.missing_orders:
        return f"reconciled: {notice.open_orders} open orders, as expected"
    return (
        f"reconciled: {notice.open_orders} open orders, {notice.recovered_fills} fills recovered, {notice.missing_orders} missing"
    )


@sentence.register
def _(notice: notices.OrderDiffers) -> str:
    return f"order {_short(notice.client_order_id)} was {notice.ours} here; the exchange says: {notice.told}"


@sentence.register
def _(notice: notices.FillDiffers) -> str:
    order = _short(notice.client_order_id)
    return f"fill {notice.exec_id} of order {order} was {notice.ours} here; the exchange says: {notice.told}"


@sentence.register
def _(notice: notices.FillsOverdue) -> str:
    told, counted = plain(notice.told_qty), plain(notice.counted_qty)
    return (
        f"order {_short(notice.client_order_id)} of {notice.owner} filled {told}, and only {counted} of it is listed: look at it"
    )


@sentence.register
def _(notice: notices.BookLost) -> str:
    return f"book of {notice.symbol} lost: {notice.reason}"


@sentence.register
def _(notice: notices.BookRestored) -> str:
    return f"book of {notice.symbol} verified"


@sentence.register
def _(notice: notices.PairStatusChanged) -> str:
    after, before = (status.value.replace("_", " ") for status in (notice.after, notice.before))
    return f"{notice.symbol} is {after} at the exchange, was {before}"


@sentence.register
def _(notice: notices.PrivateStreamLost) -> str:
    return f"private stream lost: {notice.reason}"


@sentence.register
def _(notice: notices.PrivateStreamRestored) -> str:
    return f"private stream back, {notice.open_orders} open orders"


@sentence.register
def _(notice: notices.DeadMansSwitchArmed) -> str:
    return f"dead man's switch armed, {notice.timeout_s} s"


@sentence.register
def _(notice: notices.DeadMansSwitchNotRenewed) -> str:
    return f"dead man's switch left to run: nothing heard of {', '.join(notice.late)}"


@sentence.register
def _(_notice: notices.DeadMansSwitchFired) -> str:
    return "the dead man's switch FIRED: every order of the account was cancelled; it is armed again once all are well"


@sentence.register
def _(notice: notices.DeadMansSwitchHeldBack) -> str:
    return f"dead man's switch not armed: it would cancel orders that are not ours ({', '.join(notice.orders)})"


@sentence.register
def _(notice: notices.DeadMansSwitchDisarmed) -> str:
    return f"dead man's switch disarmed{': ' if notice.reason else ''}{notice.reason}"


@sentence.register
def _(_notice: notices.DeadMansSwitchOverran) -> str:
    return "dead man's switch NOT disarmed before maintenance: the exchange may cancel every order when it comes back"


@sentence.register
def _(notice: notices.MaintenanceAwaited) -> str:
    return f"maintenance of the exchange is planned from {notice.begin.isoformat()} to {notice.end.isoformat()}: no new entries"


@sentence.register
def _(_notice: notices.MaintenanceOver) -> str:
    return "no maintenance of the exchange is planned any more"


@sentence.register
def _(notice: notices.StrategyStarted) -> str:
    return f"{notice.name} runs"


@sentence.register
def _(notice: notices.StrategyEnded) -> str:
    return f"{notice.name} has ended"


@sentence.register
def _(notice: notices.StrategyFailed) -> str:
    return f"{notice.name} failed, its orders are being cancelled: {notice.problem}"


@sentence.register
def _(notice: notices.StrategyQuarantined) -> str:
    return f"{notice.name} has used up its restarts and stays out"


@sentence.register
def _(notice: notices.StrategySaid) -> str:
    return f"{notice.name}: {' '.join(notice.text.split())}"


@sentence.register
def _(notice: notices.ServiceCrashed) -> str:
    return f"a bug in {notice.service} stops the engine: {notice.problem}"


@sentence.register
def _(notice: ModeChanged) -> str:
    return f"the engine is {notice.after.value}, was {notice.before.value}: {notice.reason}"


@sentence.register
def _(notice: VenueStatusChanged) -> str:
    return f"the exchange is {notice.status.value.replace('_', ' ')}"


@sentence.register
def _(notice: LinkStateChanged) -> str:
    if notice.state.phase in {Phase.CONNECTING, Phase.STABLE}:
        return ""  # on its way, and no news
    why = f": {notice.state.reason}" if notice.state.reason else ""
    return f"{notice.name} {notice.state.phase.value}{why}"


@sentence.register
def _(notice: BreakerOpened) -> str:
    last = f": {notice.outcome}" if notice.outcome else ""
    return f"breaker {notice.name} open for {notice.open_s:g} s after {notice.failures} failures{last}"


@sentence.register
def _(notice: BreakerClosed) -> str:
    return f"breaker {notice.name} closed"


@sentence.register
def _(notice: DialFailed) -> str:
    return (
        f"{notice.name} could not be reached ({notice.failures} in a row), again in {notice.delay_s:.3g} s: {_why(notice.error)}"
    )


@sentence.register
def _(notice: LinkLost) -> str:
    return f"{notice.name} lost after {notice.lived_s:.1f} s, again in {notice.delay_s:.3g} s: {_why(notice.error)}"


@sentence.register
def _(notice: PulseSilent) -> str:
    return f"{notice.name} is silent for {notice.silent_s:.1f} s"


@sentence.register
def _(notice: PulseReturned) -> str:
    return f"{notice.name} is heard again"


@sentence.register
def _(notice: ServiceRestarting) -> str:
    return f"{notice.name} starts again in {notice.delay_s:.3g} s ({notice.failures} failed so far)"


@sentence.register
def _(_notice: Quarantined) -> str:
    return ""  # told by who asked for its restarts


def _why(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return str(error) or type(error).__name__


def _short(client_order_id: str) -> str:
    """The end of an id: the counter, which tells the orders of one run apart."""
    return f"…{client_order_id[-5:]}" if len(client_order_id) > 6 else client_order_id


def _told(fact: Fact) -> str:
    match fact:
        case float():
            return f"{fact:.3f}".rstrip("0").rstrip(".")
        case {"type": kind, "text": text}:
            return f"{kind} ({text})" if text else str(kind)
        case str():
            return fact
        case Mapping():
            return " ".join(f"{name}={_told(item)}" for name, item in fact.items())
        case Sequence():
            return ", ".join(map(_told, fact))
        case _:
            return str(fact)
