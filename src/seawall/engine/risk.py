"""Whether an order may be sent: a pure function of the order, the limits, the market and what is exposed already.

Each rule has a short stable name, which is the `rule` of the `RefusedByRisk` that it returns; the first rule that says
no is the one that is told. The worst case is what counts: every other order that is live or in doubt is taken as filled
to the end when that makes things worse, and as never filled when that does.

    mode             what the engine dares (`seawall.engine.modes`)
    exchange_status  what the exchange as a whole takes
    pair_status      what it takes for this pair
    in_doubt         an order of the pair whose answer, or that of its amend or cancel, was lost, until that is decided
    filled           an amend below what has filled already
    tick, step       prices and quantity on the pair's grid
    order_size       `max_order_qty`
    stale_data       the verified book is missing, or older than `max_data_age_s`
    minimum          the pair's smallest quantity and cost
    order_notional   `max_order_notional`
    price_distance   `max_price_distance`
    position         `max_position_qty`
    open_orders      `max_open_orders`
"""

from decimal import Decimal
from typing import Final

import attrs

from seawall.engine.modes import Mode
from seawall.engine.risk_rules import RULES, Case, Exposure, Rules
from seawall.engine.settings import SymbolLimits
from seawall.model.errors import RefusedByRisk
from seawall.model.instruments import Instrument
from seawall.model.market_data import Quote, VenueStatus
from seawall.model.orders import Intent

__all__ = ["Exposure", "check", "check_amend", "check_claim"]


def check(
    intent: Intent,
    *,
    instrument: Instrument,
    limits: SymbolLimits,
    exposure: Exposure,
    quote: Quote | None,
    now_s: float,
    mode: Mode,
    status: VenueStatus,
) -> RefusedByRisk | None:
    """Why a new order must not be sent; None when it may.

    `exposure` does not hold the order itself. `quote` is the newest one that was verified, None when there is none now;
    `now_s` is on the same clock as its `received_s`.
    """
    return _first_refusal(
        Case(
            intent=intent,
            remaining_qty=intent.qty,
            is_new=True,
            instrument=instrument,
            limits=limits,
            exposure=exposure,
            quote=quote,
            now_s=now_s,
            mode=mode,
            status=status,
        )
    )


def check_amend(
    intent: Intent,
    *,
    qty: Decimal | None,
    limit_price: Decimal | None,
    filled_qty: Decimal,
    instrument: Instrument,
    limits: SymbolLimits,
    exposure: Exposure,
    quote: Quote | None,
    now_s: float,
    mode: Mode,
    status: VenueStatus,
) -> RefusedByRisk | None:
    """Why an open order must not be changed; None when it may. The same rules, but it is no further order.

    `intent` is the order as it stands, of which `filled_qty` has filled; `qty` (the new total) and `limit_price` are the
    new values, None for those that stay. `exposure` leaves the order itself out. Raises `ValueError` for a limit price
    on an order that has none.
    """
    changed = attrs.evolve(
        intent,
        qty=intent.qty if qty is None else qty,
        limit_price=intent.limit_price if limit_price is None else limit_price,
    )
    return _first_refusal(
        Case(
            intent=changed,
            remaining_qty=changed.qty - filled_qty,
            is_new=False,
            instrument=instrument,
            limits=limits,
            exposure=exposure,
            quote=quote,
            now_s=now_s,
            mode=mode,
            status=status,
        )
    )


def check_claim(
    intent: Intent, *, instrument: Instrument, limits: SymbolLimits, exposure: Exposure, mode: Mode
) -> RefusedByRisk | None:
    """Why an order that rests already must not be taken over; None when it may.

    The rules are those about what may come of it: `mode`, `in_doubt`, `position`, `open_orders`. What has filled of it counts
    as if it were still to fill: it will move the position all the same.
    """
    case = Case(
        intent=intent,
        remaining_qty=intent.qty,
        is_new=True,
        instrument=instrument,
        limits=limits,
        exposure=exposure,
        quote=None,
        now_s=0.0,
        mode=mode,
        status=VenueStatus.ONLINE,
    )
    return _first_refusal(case, _OF_CLAIMS)


_OF_CLAIMS: Final = tuple((name, rule) for name, rule in RULES if name in {"mode", "in_doubt", "position", "open_orders"})


def _first_refusal(case: Case, rules: Rules = RULES) -> RefusedByRisk | None:
    for name, rule in rules:
        fault = rule(case)
        if fault is not None:
            return RefusedByRisk(name, fault)
    return None
