"""Whether an order may be sent: every rule on both sides of its line, and the worst case of what is open."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.engine.modes import Mode
from seawall.engine.risk import Exposure, check, check_amend
from seawall.engine.risk_rules import RULES
from seawall.engine.settings import SymbolLimits
from seawall.model.errors import RefusedByRisk
from seawall.model.instruments import Instrument, PairStatus
from seawall.model.market_data import Quote, VenueStatus
from seawall.model.orders import (
    Intent,
    OrderType,
    Side,
    limit_buy,
    limit_sell,
    market_buy,
    market_sell,
    stop_loss_sell,
    take_profit_sell,
)

D = Decimal
BTC = Instrument(
    symbol="BTC/USD",
    base="BTC",
    quote="USD",
    rest_name="XBTUSD",
    rest_id="XXBTZUSD",
    price_precision=1,
    qty_precision=8,
    price_increment=D("0.1"),
    qty_increment=D("0.00000001"),
    qty_min=D("0.0001"),
    cost_min=D("0.5"),
)
QUOTE = Quote("BTC/USD", bid=D(100), bid_qty=D(1), ask=D(101), ask_qty=D(1), received_s=1_000.0, at_ns=1)
NO_LIMITS = SymbolLimits(max_open_orders=None, max_data_age_s=None, max_price_distance=None)


def with_status(status: PairStatus) -> Instrument:
    return Instrument(**{**_fields(BTC), "status": status})


def _fields(instrument: Instrument) -> dict[str, Any]:
    return {name: getattr(instrument, name) for name in Instrument.__match_args__}


def refused(
    intent: Intent,
    *,
    instrument: Instrument = BTC,
    limits: SymbolLimits = NO_LIMITS,
    exposure: Exposure = Exposure(),  # noqa: B008  # frozen
    quote: Quote | None = QUOTE,
    now_s: float = 1_000.0,
    mode: Mode = Mode.RUNNING,
    status: VenueStatus = VenueStatus.ONLINE,
) -> str | None:
    """The rule that says no."""
    refusal = check(
        intent,
        instrument=instrument,
        limits=limits,
        exposure=exposure,
        quote=quote,
        now_s=now_s,
        mode=mode,
        status=status,
    )
    return None if refusal is None else refusal.rule


def amend_refused(
    intent: Intent,
    *,
    qty: str | None = None,
    limit_price: str | None = None,
    filled_qty: str = "0",
    limits: SymbolLimits = NO_LIMITS,
    exposure: Exposure = Exposure(),  # noqa: B008  # frozen
    mode: Mode = Mode.RUNNING,
    status: VenueStatus = VenueStatus.ONLINE,
) -> str | None:
    refusal = check_amend(
        intent,
        qty=None if qty is None else D(qty),
        limit_price=None if limit_price is None else D(limit_price),
        filled_qty=D(filled_qty),
        instrument=BTC,
        limits=limits,
        exposure=exposure,
        quote=QUOTE,
        now_s=1_000.0,
        mode=mode,
        status=status,
    )
    return None if refusal is None else refusal.rule


BUY = limit_buy("BTC/USD", qty="1", price="100")
SELL = limit_sell("BTC/USD", qty="1", price="101")
POST = limit_buy("BTC/USD", qty="1", price="100", post_only=True)
STOP = stop_loss_sell("BTC/USD", qty="1", trigger="90")


def test_an_order_within_every_limit_may_be_sent() -> None:
    everything = SymbolLimits(
        max_order_qty=D(1),
        max_order_notional=D(100),
        max_position_qty=D(1),
        max_open_orders=1,
        max_data_age_s=1.0,
        max_price_distance=D("0.01"),
    )

    assert refused(BUY, limits=everything) is None


def test_a_refusal_names_its_rule_and_says_why() -> None:
    refusal = check(
        limit_buy("BTC/USD", qty="1", price="100.05"),
        instrument=BTC,
        limits=NO_LIMITS,
        exposure=Exposure(),
        quote=QUOTE,
        now_s=1_000.0,
        mode=Mode.RUNNING,
        status=VenueStatus.ONLINE,
    )

    assert isinstance(refusal, RefusedByRisk)
    assert refusal.rule == "tick"
    assert "100.05" in str(refusal)
    assert "0.1" in str(refusal)


@pytest.mark.parametrize(
    ("intent", "exposure", "mode", "status", "words"),
    [
        (BUY, Exposure(), Mode.HALTED, VenueStatus.ONLINE, "halted and sends no orders"),
        (BUY, Exposure(D(1), D(2), D(3)), Mode.REDUCING, VenueStatus.ONLINE, "1 is held, orders may buy 2 more, and this one 1"),
        (
            SELL,
            Exposure(D(1), D(2), D(3), open_orders=2, in_doubt=1),
            Mode.REDUCING,
            VenueStatus.ONLINE,
            "1 is held, orders may sell 3 more, 1 of them in doubt, and this one 1",
        ),
        (BUY, Exposure(), Mode.RUNNING, VenueStatus.POST_ONLY, "takes post-only orders only"),
        (BUY, Exposure(), Mode.RUNNING, VenueStatus.CANCEL_ONLY, "is in cancel_only and takes no orders"),
    ],
)
def test_a_refusal_tells_what_it_counted(intent: Intent, exposure: Exposure, mode: Mode, status: VenueStatus, words: str) -> None:
    refusal = check(
        intent, instrument=BTC, limits=NO_LIMITS, exposure=exposure, quote=QUOTE, now_s=1_000.0, mode=mode, status=status
    )

    assert refusal is not None
    assert words in refusal.detail


def test_rules_have_names_of_their_own() -> None:
    names = [name for name, _ in RULES]

    assert len(set(names)) == len(names)


def test_trigger_prices_lie_on_the_grid_too() -> None:
    assert refused(stop_loss_sell("BTC/USD", qty="1", trigger="90.05")) == "tick"
    assert refused(stop_loss_sell("BTC/USD", qty="1", trigger="90.1", price="89.95")) == "tick"


@pytest.mark.parametrize(
    ("qty", "rule"),
    [("0.000000001", "step"), ("1.000000001", "step"), ("0.00009999", "minimum"), ("0.0001", "minimum"), ("0.005", None)],
)
def test_quantities_lie_on_the_grid_and_above_the_minimums(qty: str, rule: str | None) -> None:
    # 0.0001 BTC is enough, but 0.01 USD is less than the least cost
    assert refused(limit_buy("BTC/USD", qty=qty, price="100")) == rule


def test_the_least_cost_of_a_market_order_is_told_by_the_touch() -> None:
    assert refused(market_sell("BTC/USD", qty="0.00499999")) == "minimum"
    assert refused(market_sell("BTC/USD", qty="0.005")) is None


def test_a_quantity_beyond_all_reason_is_refused_and_not_raised() -> None:
    limits = SymbolLimits(max_order_qty=D(1))

    assert refused(limit_buy("BTC/USD", qty="1E+400", price="100"), limits=limits) == "order_size"
    assert refused(limit_buy("BTC/USD", qty="1E-400", price="100"), limits=limits) == "step"


@pytest.mark.parametrize(("limit", "rule"), [("0.99", "order_size"), ("1", None)])
def test_order_size(limit: str, rule: str | None) -> None:
    assert refused(BUY, limits=SymbolLimits(max_order_qty=D(limit))) == rule


@pytest.mark.parametrize(
    ("intent", "notional"),
    [
        (BUY, "100"),
        (SELL, "101"),
        (market_buy("BTC/USD", qty="1"), "101"),
        (market_sell("BTC/USD", qty="1"), "100"),
        (limit_buy("BTC/USD", qty="1", price="120"), "120"),  # at worst
        (limit_sell("BTC/USD", qty="1", price="95"), "100"),  # takes the bid
        (STOP, "90"),
        (stop_loss_sell("BTC/USD", qty="1", trigger="90", price="80"), "90"),
        (take_profit_sell("BTC/USD", qty="1", trigger="120", price="119"), "120"),
    ],
)
def test_notional_is_counted_at_the_worst_price(intent: Intent, notional: str) -> None:
    enough = SymbolLimits(max_order_notional=D(notional), max_price_distance=None)
    short = SymbolLimits(max_order_notional=D(notional) - D("0.01"), max_price_distance=None)

    assert refused(intent, limits=enough) is None
    assert refused(intent, limits=short) == "order_notional"


@pytest.mark.parametrize("intent", [BUY, SELL, STOP, market_buy("BTC/USD", qty="1")])
def test_data_has_an_age_limit(intent: Intent) -> None:
    limits = SymbolLimits(max_data_age_s=30.0)

    assert refused(intent, limits=limits, now_s=1_030.0) is None
    assert refused(intent, limits=limits, now_s=1_030.1) == "stale_data"
    assert refused(intent, limits=limits, quote=None) == "stale_data"


def test_without_any_limit_on_data_only_a_market_order_needs_a_quote() -> None:
    assert refused(market_buy("BTC/USD", qty="1"), quote=None) == "stale_data"
    assert refused(BUY, quote=None) is None
    assert refused(STOP, quote=None) is None
    assert refused(BUY, limits=SymbolLimits(max_data_age_s=None), quote=None) == "stale_data"


@pytest.mark.parametrize(
    ("intent", "rule"),
    [
        (limit_buy("BTC/USD", qty="1", price="111.1"), None),  # 101 and a tenth of it
        (limit_buy("BTC/USD", qty="1", price="111.2"), "price_distance"),
        (limit_buy("BTC/USD", qty="1", price="1"), None),  # away from the touch is no danger
        (limit_sell("BTC/USD", qty="1", price="90"), None),
        (limit_sell("BTC/USD", qty="1", price="89.9"), "price_distance"),
        (limit_sell("BTC/USD", qty="1", price="1000"), None),
        (stop_loss_sell("BTC/USD", qty="1", trigger="50", price="45"), None),  # from its own trigger
        (stop_loss_sell("BTC/USD", qty="1", trigger="50", price="44.9"), "price_distance"),
    ],
)
def test_a_limit_price_may_lie_only_so_far_through_the_touch(intent: Intent, rule: str | None) -> None:
    assert refused(intent, limits=SymbolLimits(max_price_distance=D("0.1"))) == rule


@pytest.mark.parametrize(
    ("intent", "exposure", "rule"),
    [
        (BUY, Exposure(position_qty=D(2)), None),
        (BUY, Exposure(position_qty=D("2.1")), "position"),
        (BUY, Exposure(position_qty=D(1), open_buy_qty=D("1.1"), open_orders=1), "position"),
        (BUY, Exposure(position_qty=D("2.1"), open_sell_qty=D(2)), "position"),  # those sells may never fill
        (BUY, Exposure(position_qty=D(-9)), None),  # beyond the limit already, and this brings it back
        (SELL, Exposure(position_qty=D(-2)), None),
        (SELL, Exposure(position_qty=D("-2.1")), "position"),
        (SELL, Exposure(open_sell_qty=D("2.1")), "position"),
        (SELL, Exposure(position_qty=D(9)), None),
        (STOP, Exposure(position_qty=D("-2.1")), "position"),
    ],
)
def test_the_position_limit_counts_the_worst_case(intent: Intent, exposure: Exposure, rule: str | None) -> None:
    assert refused(intent, limits=SymbolLimits(max_position_qty=D(3)), exposure=exposure) == rule


@pytest.mark.parametrize(("there", "rule"), [(1, None), (2, "open_orders"), (3, "open_orders")])
def test_open_orders_are_counted_with_those_in_doubt(there: int, rule: str | None) -> None:
    held = Exposure(position_qty=D(9), open_orders=there, in_doubt=1)  # only what shrinks is taken meanwhile
    assert refused(SELL, limits=SymbolLimits(max_open_orders=2), exposure=held) == rule


@pytest.mark.parametrize(
    ("intent", "exposure", "rule"),
    [
        (BUY, Exposure(open_buy_qty=D(1), open_orders=1, in_doubt=1), "in_doubt"),
        (SELL, Exposure(open_buy_qty=D(1), open_orders=1, in_doubt=1), "in_doubt"),
        (SELL, Exposure(position_qty=D(9), open_buy_qty=D(1), open_orders=1, in_doubt=1), None),
        (SELL, Exposure(position_qty=D(1), open_sell_qty=D(1), open_orders=1, in_doubt=1), "in_doubt"),
        (BUY, Exposure(open_buy_qty=D(1), open_orders=1), None),
    ],
)
def test_while_an_order_of_the_pair_is_in_doubt_only_what_shrinks_the_position_is_taken(
    intent: Intent, exposure: Exposure, rule: str | None
) -> None:
    assert refused(intent, exposure=exposure) == rule


def test_an_order_in_doubt_holds_up_no_change_of_another() -> None:
    assert amend_refused(BUY, exposure=Exposure(open_orders=2, in_doubt=1)) is None


@pytest.mark.parametrize(
    ("intent", "exposure", "shrinks"),
    [
        (SELL, Exposure(position_qty=D(1)), True),
        (SELL, Exposure(position_qty=D(3), open_sell_qty=D(2)), True),
        (SELL, Exposure(position_qty=D(3), open_sell_qty=D("2.1")), False),
        (SELL, Exposure(position_qty=D("0.9")), False),
        (SELL, Exposure(position_qty=D("0.9"), open_buy_qty=D(5)), False),  # those buys may never fill
        (SELL, Exposure(), False),
        (SELL, Exposure(position_qty=D(-1)), False),
        (BUY, Exposure(position_qty=D(-1)), True),
        (BUY, Exposure(position_qty=D(-2), open_buy_qty=D("1.5")), False),
        (BUY, Exposure(position_qty=D(1)), False),
    ],
)
def test_reducing_takes_only_what_shrinks_the_position_whatever_else_fills(
    intent: Intent, exposure: Exposure, shrinks: bool
) -> None:
    assert refused(intent, exposure=exposure, mode=Mode.REDUCING) == (None if shrinks else "mode")
    assert refused(intent, exposure=exposure, mode=Mode.HALTED) == "mode"
    assert refused(intent, exposure=exposure, mode=Mode.RUNNING) is None
    assert refused(intent, exposure=exposure, instrument=with_status(PairStatus.REDUCE_ONLY)) == (
        None if shrinks else "pair_status"
    )


@pytest.mark.parametrize(
    ("status", "plain", "post_only"),
    [
        (VenueStatus.ONLINE, None, None),
        (VenueStatus.POST_ONLY, "exchange_status", None),
        (VenueStatus.CANCEL_ONLY, "exchange_status", "exchange_status"),
        (VenueStatus.MAINTENANCE, "exchange_status", "exchange_status"),
    ],
)
def test_the_exchange_takes_what_its_status_says(status: VenueStatus, plain: str | None, post_only: str | None) -> None:
    assert refused(BUY, status=status) == plain
    assert refused(POST, status=status) == post_only


@pytest.mark.parametrize(
    ("status", "taken"),
    [
        (PairStatus.ONLINE, "plain post stop market"),
        (PairStatus.POST_ONLY, "post"),
        (PairStatus.LIMIT_ONLY, "plain post"),
        (PairStatus.REDUCE_ONLY, ""),
        (PairStatus.CANCEL_ONLY, ""),
        (PairStatus.MAINTENANCE, ""),
        (PairStatus.WORK_IN_PROGRESS, ""),
        (PairStatus.DELISTED, ""),
    ],
)
def test_a_pair_takes_what_its_status_says(status: PairStatus, taken: str) -> None:
    kinds = {"plain": BUY, "post": POST, "stop": STOP, "market": market_buy("BTC/USD", qty="1")}
    for name, intent in kinds.items():
        expected = None if name in taken.split() else "pair_status"

        assert refused(intent, instrument=with_status(status)) == expected, name


def test_an_amend_is_held_to_the_same_rules() -> None:
    assert amend_refused(BUY, limit_price="99.9") is None
    assert amend_refused(BUY, limit_price="99.95") == "tick"
    assert amend_refused(BUY, qty="0.000000001") == "step"
    assert amend_refused(BUY, qty="2", limits=SymbolLimits(max_order_qty=D("1.5"))) == "order_size"
    assert amend_refused(BUY, limit_price="115", limits=SymbolLimits(max_price_distance=D("0.1"))) == "price_distance"
    assert amend_refused(BUY, limit_price="99.9", mode=Mode.HALTED) == "mode"
    assert amend_refused(BUY, limit_price="99.9", status=VenueStatus.CANCEL_ONLY) == "exchange_status"


def test_an_amend_is_no_further_order() -> None:
    assert amend_refused(BUY, qty="2", limits=SymbolLimits(max_open_orders=1), exposure=Exposure(open_orders=1)) is None


@pytest.mark.parametrize(("qty", "rule"), [("0.4", "filled"), ("0.5", "filled"), ("0.6", None)])
def test_an_amend_must_leave_something_open(qty: str, rule: str | None) -> None:
    assert amend_refused(BUY, qty=qty, filled_qty="0.5") == rule


def test_an_amend_counts_what_it_leaves_open_and_nothing_twice() -> None:
    limits = SymbolLimits(max_position_qty=D(3))
    # half of it has filled, and is in the position
    assert amend_refused(BUY, qty="3", filled_qty="0.5", limits=limits, exposure=Exposure(position_qty=D("0.5"))) is None
    assert amend_refused(BUY, qty="3.1", filled_qty="0.5", limits=limits, exposure=Exposure(position_qty=D("0.5"))) == "position"


def test_a_market_order_has_no_limit_price_to_amend() -> None:
    with pytest.raises(ValueError, match="limit_price"):
        amend_refused(market_buy("BTC/USD", qty="1"), limit_price="100")


small = st.decimals(min_value=-5, max_value=5, places=1)
positive = st.decimals(min_value=0, max_value=5, places=1)


@given(
    side=st.sampled_from(Side),
    qty=st.decimals(min_value="0.1", max_value=5, places=1),
    held=small,
    buys=positive,
    sells=positive,
    share=st.decimals(min_value=0, max_value=1, places=2),
)
def test_no_way_of_filling_breaks_the_position_limit(
    side: Side, qty: Decimal, held: Decimal, buys: Decimal, sells: Decimal, share: Decimal
) -> None:
    """Whatever part of the open orders fills, an admitted order never carries the position over its limit itself."""
    limit = D(3)
    intent = Intent("BTC/USD", side, OrderType.LIMIT, qty, limit_price=D(100))
    exposure = Exposure(held, buys, sells, open_orders=2, in_doubt=1)
    if refused(intent, limits=SymbolLimits(max_position_qty=limit), exposure=exposure) is None:
        for bought in (D(0), buys * share, buys):
            for sold in (D(0), sells * share, sells):
                before, after = held + bought - sold, held + bought - sold + side.sign * qty
                assert abs(after) <= max(limit, abs(before))


@given(
    side=st.sampled_from(Side),
    qty=st.decimals(min_value="0.1", max_value=5, places=1),
    held=small,
    same_side=positive,
)
def test_in_reducing_the_position_never_grows_nor_turns(side: Side, qty: Decimal, held: Decimal, same_side: Decimal) -> None:
    intent = Intent("BTC/USD", side, OrderType.LIMIT, qty, limit_price=D(100))
    buys, sells = (same_side, D(0)) if side is Side.BUY else (D(0), same_side)
    if refused(intent, exposure=Exposure(held, buys, sells), mode=Mode.REDUCING) is None:
        after = held + side.sign * (same_side + qty)
        assert abs(after) < abs(held)
        assert after * held >= 0
