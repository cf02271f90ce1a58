"""Which orders stay when the engine halts."""

from decimal import Decimal

import pytest
import trio
from support.rig import Rig
from trio.testing import MockClock

from seawall.engine.halting import to_cancel
from seawall.engine.modes import Mode
from seawall.engine.order_table import Order, OrderTable
from seawall.model.journal import IntentRecord
from seawall.model.order_states import Heard, OrderState
from seawall.model.orders import Intent, limit_buy, limit_sell, market_buy, stop_loss_sell, take_profit_sell

D = Decimal
STOP = stop_loss_sell("BTC/USD", qty="1", trigger="40000.0", keep=True)
BLOCKS_STOP = stop_loss_sell("BTC/USD", qty="1", trigger="40000.0")
TARGET = take_profit_sell("BTC/USD", qty="1", trigger="60000.0", keep=True)
KEPT_ASK = limit_sell("BTC/USD", qty="1", price="60000.0", keep=True)
ASK = limit_sell("BTC/USD", qty="1", price="60000.0")
KEPT_BID = limit_buy("BTC/USD", qty="1", price="40000.0", keep=True)


def orders_of(*intents: Intent, owner: str = "me") -> tuple[Order, ...]:
    table = OrderTable()
    for number, intent in enumerate(intents):
        order = table.plan(IntentRecord(f"s{number}", owner, intent, 5, number))
        table.hear(order, Heard.SENDING)
        table.hear(order, Heard.ACCEPTED, order_id=f"O{number}")
    return table.live()


def going(held: str, *intents: Intent) -> list[int]:
    """The places of those that are to be cancelled while so much is held."""
    orders = orders_of(*intents)
    gone = to_cancel(orders, lambda _owner, _symbol: D(held))
    return [orders.index(order) for order in gone]


@pytest.mark.parametrize("intent", [STOP, BLOCKS_STOP, TARGET, KEPT_ASK])
def test_what_protects_a_position_stays(intent: Intent) -> None:
    assert going("1", intent) == []


@pytest.mark.parametrize(
    ("held", "intent"),
    [("1", ASK), ("1", KEPT_BID), ("0", STOP), ("0.5", STOP), ("-1", STOP), ("0", KEPT_BID)],
    ids=["not kept", "grows it", "nothing held", "more than is held", "grows a short one", "opens one"],
)
def test_what_could_open_or_grow_risk_goes(held: str, intent: Intent) -> None:
    assert going(held, intent) == [0]


def test_a_kept_buy_may_shrink_a_short_position() -> None:
    assert going("-1", KEPT_BID) == []


def test_of_two_that_together_would_turn_the_position_round_the_stop_stays() -> None:
    assert going("1", KEPT_ASK, STOP) == [0]
    assert going("1", STOP, TARGET) == [1]
    assert going("2", KEPT_ASK, STOP) == []


def test_only_the_owners_own_position_counts() -> None:
    (order,) = orders_of(STOP, owner="other")
    held = {("me", "BTC/USD"): D(5)}

    assert to_cancel([order], lambda owner, symbol: held.get((owner, symbol), D(0))) == (order,)


def test_an_order_in_doubt_goes_whatever_it_is() -> None:
    table = OrderTable()
    order = table.plan(IntentRecord("s1", "me", STOP, 5, 1))
    table.hear(order, Heard.LOST)

    assert to_cancel(table.live(), lambda _owner, _symbol: D(1)) == (order,)


async def test_halting_cancels_entries_and_leaves_the_kept_stop(autojump_clock: MockClock) -> None:
    rig = Rig()
    async with rig.caring():
        await rig.opened(market_buy("BTC/USD", qty="0.01"))
        stop = await rig.opened(stop_loss_sell("BTC/USD", qty="0.01", trigger="40000.0", keep=True))
        bid = await rig.opened(limit_buy("BTC/USD", qty="0.001", price="49000.0"))
        rig.assembly.take_mode("risk", Mode.HALTED, "the limit is reached")
        await trio.sleep(2)

        assert rig.foundation.modes.mode is Mode.HALTED
        assert (stop.state, bid.state) == (OrderState.OPEN, OrderState.CANCELED)
        assert rig.venue.open_ids() == [stop.client_order_id]
