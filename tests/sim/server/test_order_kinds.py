"""Orders of every kind over both transports, and how they are told."""

from decimal import Decimal

import attrs
import pytest
from support.sim_client import QUIET, Frame, Wire, open_client

from seawall.model.orders import Side

ORDER = {"pair": "XBTUSD", "type": "sell", "volume": "1"}
SOCKET: Frame = {"symbol": "BTC/USD", "side": "sell", "order_qty": 1}


async def received(wire: Wire) -> Frame:
    """The next order as it is told at first."""
    while True:
        row: Frame = (await wire.channel("executions"))["data"][0]
        if row["exec_type"] == "pending_new":
            return row


async def test_an_iceberg_is_told_with_what_it_shows_and_each_refill() -> None:
    async with open_client() as client, client.private_wire() as wire:
        await wire.subscribe("executions", snap_orders=False, snap_trades=False, ratecounter=True)
        await wire.send("add_order", **SOCKET, order_type="iceberg", limit_price=100.0, display_qty=0.25)
        row = await received(wire)
        market = client.sim.exchange.market("BTC/USD")
        client.sim.exchange.floor.crowd_take(market, Side.BUY, Decimal("100.0"), Decimal("0.25"))
        rows = [(await wire.channel("executions"))["data"][0] for _ in range(3)]
        [listed] = (await client.result("OpenOrders"))["open"].values()

    assert (row["order_type"], row["display_qty"], row["ratecount"]) == ("iceberg", Decimal("0.25"), 1)
    assert [each["exec_type"] for each in rows] == ["new", "trade", "iceberg_refill"]
    assert rows[-1]["display_qty_remain"] == Decimal("0.25")
    assert (listed["descr"]["ordertype"], listed["displayvol"], listed["vol_exec"]) == ("iceberg", "0.25000000", "0.25000000")


async def test_a_trailing_stop_is_told_with_its_distance_and_its_level() -> None:
    async with open_client() as client, client.private_wire() as wire:
        await wire.subscribe("executions", snap_orders=False, snap_trades=False)
        triggers = {"price": 10, "price_type": "pct"}
        await wire.send("add_order", **SOCKET, order_type="trailing-stop", triggers=triggers)
        row = await received(wire)
        level = client.sim.exchange.open_orders()[0].trigger_price
        client.sim.exchange.print_outside_trade("BTC/USD", Side.BUY, Decimal("110.0"), Decimal(1))
        rows = [(await wire.channel("executions"))["data"][0] for _ in range(2)]
        [listed] = (await client.result("OpenOrders"))["open"].values()

    [moved] = [each for each in rows if each["exec_type"] == "status"]
    assert row["order_type"] == "trailing-stop"
    assert (row["triggers"]["price"], row["triggers"]["price_type"], row["triggers"]["actual_price"]) == (10, "pct", level)
    assert (moved["triggers"]["actual_price"], moved["triggers"]["last_price"]) == (Decimal("99.0"), Decimal("110.0"))
    assert (listed["descr"]["ordertype"], listed["descr"]["price"], listed["stopprice"]) == ("trailing-stop", "+10%", "99.00000")


@pytest.mark.parametrize(
    ("fields", "trigger", "price"),
    [
        ({"ordertype": "stop-loss", "price": "-10"}, "-10", None),
        ({"ordertype": "stop-loss", "price": "#10%"}, "-10%", None),
        ({"ordertype": "take-profit", "price": "#10"}, "+10", None),
        ({"ordertype": "take-profit-limit", "price": "+10", "price2": "+9"}, "+10", "+9"),
        ({"ordertype": "limit", "price": "#5"}, None, "+5"),
        ({"ordertype": "iceberg", "price": "200.0", "displayvol": "0.5"}, None, "200.0"),
    ],
)
async def test_relative_prices_count_from_the_last(fields: dict[str, str], trigger: str | None, price: str | None) -> None:
    async with open_client() as client:
        last = client.sim.exchange.market("BTC/USD").last
        await client.result("AddOrder", **ORDER | fields)
        [order] = client.sim.exchange.open_orders()

    def meant(text: str | None) -> Decimal | None:
        if text is None or text[0] not in "+-":
            return None if text is None else Decimal(text)
        return round(last * (1 + Decimal(text[:-1]) / 100), 1) if text.endswith("%") else last + Decimal(text)

    assert (order.trigger_price, order.limit_price) == (meant(trigger), meant(price))


async def test_a_trailing_stop_over_rest() -> None:
    async with open_client() as client:
        await client.result("AddOrder", **ORDER, ordertype="trailing-stop-limit", price="+5", price2="-1")
        [order] = client.sim.exchange.open_orders()

    assert order.trigger_price == client.sim.exchange.market("BTC/USD").last - 5
    assert str(order.ask.limit_offset) == "-1"


async def test_cash_is_spent_over_both_transports() -> None:
    async with open_client() as client, client.private_wire() as wire:
        await client.result("AddOrder", **ORDER | {"type": "buy", "volume": "5"}, ordertype="market", oflags="viqc")
        await wire.ask("add_order", symbol="BTC/USD", side="buy", order_type="market", cash_order_qty=5)
        first, second = client.sim.exchange.orders.values()
        row = (await client.result("QueryOrders", txid=first.order_id))[first.order_id]

    assert Decimal("4.99") < first.cum_cost <= 5
    assert Decimal("4.99") < second.cum_cost <= 5
    assert (row["vol"], row["oflags"]) == ("5.00000000", "viqc,fciq")


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"order_type": "iceberg", "limit_price": 100}, "EGeneral:Invalid arguments:display_qty"),
        ({"order_type": "limit", "limit_price": 100, "display_qty": 1}, "EGeneral:Invalid arguments:display_qty"),
        ({"order_type": "trailing-stop"}, "EGeneral:Invalid arguments:triggers"),
        ({"order_type": "trailing-stop", "triggers": {"price": -1}}, "EGeneral:Invalid arguments:triggers"),
        ({"order_type": "trailing-stop-limit", "triggers": {"price": 1}}, "EGeneral:Invalid arguments:limit_price"),
        ({"order_type": "stop-loss", "triggers": {"price": 1, "price_type": "odd"}}, "EGeneral:Invalid arguments:triggers"),
        (
            {"order_type": "stop-loss", "triggers": {"price": 1, "reference": "index"}},
            "EGeneral:Invalid arguments:Index unavailable",
        ),
        ({"order_type": "limit", "limit_price": 1, "limit_price_type": "pct"}, "EGeneral:Invalid arguments:limit_price_type"),
        ({"order_type": "market", "cash_order_qty": 1}, "EGeneral:Invalid arguments:order_qty"),
        ({"order_type": "limit", "limit_price": 100, "conditional": {}}, "EGeneral:Invalid arguments:conditional"),
    ],
)
async def test_what_does_not_go_together_is_refused(fields: Frame, error: str) -> None:
    async with open_client() as client, client.private_wire() as wire:
        answer = await wire.ask("add_order", None, **SOCKET | fields)

    assert answer["error"] == error
    assert client.sim.exchange.orders == {}


async def test_the_volume_of_the_account_sets_its_fees() -> None:
    async with open_client(attrs.evolve(QUIET, volume_usd=Decimal(60_000))) as client:
        answer = await client.result("TradeVolume", pair="XBTUSD")
        none = await client.result("TradeVolume")

    assert answer["volume"] == "60000.0000"
    assert answer["fees"]["XXBTZUSD"] == {
        "fee": "0.2400",
        "minfee": "0.1000",
        "maxfee": "0.4000",
        "nextfee": "0.2200",
        "nextvolume": "100000.0000",
        "tiervolume": "50000.0000",
    }
    assert answer["fees_maker"]["XXBTZUSD"]["fee"] == "0.1400"
    assert (none["fees"], none["fees_maker"]) == (None, None)
