"""Single orders over their own socket."""

from decimal import Decimal
from pathlib import Path

import attrs
import pytest
from support.sim_client import Frame, open_client, open_wire

from seawall.kraken.dialect import Level3Book, Level3Frame, decode
from seawall.sim import SimSettings
from seawall.sim.exchange.limits import Tier

LIMIT: Frame = {"symbol": "BTC/USD", "side": "buy", "order_type": "limit", "order_qty": 1, "limit_price": 90.5}


async def test_single_orders_have_an_address_of_their_own() -> None:
    async with open_client() as client, client.level3_wire() as wire, client.private_wire() as private:
        addresses = client.sim.addresses
        await wire.send("subscribe", 3, channel="level3", symbol=["BTC/USD"], depth=100)
        acknowledged = await wire.answer("subscribe")
        [row] = (await wire.channel("level3"))["data"]
        answer = await private.ask("add_order", **LIMIT)
        update = await wire.channel("level3")

    assert len({addresses.rest, addresses.public, addresses.private, addresses.level3}) == 4
    assert acknowledged["result"] == {"channel": "level3", "depth": 100, "snapshot": True, "symbol": "BTC/USD"}
    assert row["bids"][0]["limit_price"] > row["bids"][-1]["limit_price"]
    assert update["type"] == "update"
    assert update["data"][0]["asks"] == []
    [told] = update["data"][0]["bids"]
    assert (told["event"], told["order_id"], told["limit_price"], told["order_qty"]) == (
        "add",
        answer["result"]["order_id"],
        Decimal("90.5"),
        1,
    )


async def test_the_book_of_our_own_client_agrees_with_every_message() -> None:
    settings = SimSettings(events_per_s=400.0, history_min=1, crowd_levels=30)
    async with open_client(settings) as client, client.level3_wire() as wire:
        books = {(symbol, depth): Level3Book(symbol, depth) for symbol, depth in (("BTC/USD", 10), ("ETH/USD", 1000))}
        for symbol, depth in books:
            await wire.send("subscribe", channel="level3", symbol=[symbol], depth=depth)
        by_symbol = {symbol: book for (symbol, _), book in books.items()}
        applied = 0
        while applied < 200:
            frame = decode(await wire.text())
            if isinstance(frame, Level3Frame):
                for row in frame.data:
                    by_symbol[row.symbol].apply(row, frame.type == "snapshot")
                    applied += 1

    assert all(book.verified for book in books.values())


async def test_the_other_sockets_do_not_serve_it_and_it_serves_nothing_else() -> None:
    async with open_client() as client, client.level3_wire() as level3, client.private_wire() as private:
        elsewhere = await private.ask("subscribe", channel="level3", symbol=["BTC/USD"])
        errors = [(await level3.ask("subscribe", channel=name, symbol=["BTC/USD"]))["error"] for name in ("book", "executions")]
        trading = await level3.ask("add_order", **LIMIT)

    assert [elsewhere["error"], *errors] == ["Subscription name invalid"] * 3
    assert trading["error"] == "Unsupported event"


async def test_a_token_is_needed() -> None:
    async with open_client() as client:
        async with open_wire(client.sim.addresses.level3) as wire:
            missing = await wire.ask("subscribe", channel="level3", symbol=["BTC/USD"])
        async with open_wire(client.sim.addresses.level3, "stale") as wire:
            stale = await wire.ask("subscribe", channel="level3", symbol=["BTC/USD"])

    assert (missing["error"], stale["error"]) == ("Token(s) not found", "ESession:Invalid session")


async def test_one_depth_of_a_symbol_at_a_time() -> None:
    async with open_client() as client, client.level3_wire() as wire:
        await wire.subscribe("level3", symbol=["BTC/USD"])
        twice = await wire.ask("subscribe", channel="level3", symbol=["BTC/USD"], depth=1000)
        odd = await wire.ask("subscribe", channel="level3", symbol=["ETH/USD"], depth=25)
        gone = await wire.ask("unsubscribe", channel="level3", symbol=["BTC/USD"])
        again = await wire.subscribe("level3", symbol=["BTC/USD"], depth=1000)

    assert (twice["error"], odd["error"]) == ("Already subscribed", "Subscription depth not supported")
    assert (gone["success"], again["type"]) == (True, "snapshot")


@pytest.mark.parametrize(("tier", "taken"), [(Tier.PRO, 5), (Tier.INTERMEDIATE, 2)])
async def test_subscriptions_that_come_too_fast_are_refused(tier: Tier, taken: int) -> None:
    # A clock that stands still, so that nothing of the budget comes back.
    settings = attrs.evolve(SimSettings(tier=tier, events_per_s=0, history_min=1, crowd_levels=2), now_ns=lambda: 10**18)
    async with open_client(settings) as client, client.level3_wire() as wire:
        symbols = list(client.sim.exchange.pairs)[:6]
        await wire.send("subscribe", channel="level3", symbol=symbols, depth=1000)
        answers = [await wire.answer("subscribe") for _ in symbols]

    assert [answer["success"] for answer in answers] == [True] * taken + [False] * (6 - taken)
    assert answers[-1]["error"].startswith("EGeneral:Too many requests:level3")


async def test_a_recording_has_no_orders_to_show(recording: Path) -> None:
    async with open_client(SimSettings(replay=recording, events_per_s=0)) as client, client.level3_wire() as wire:
        answer = await wire.ask("subscribe", channel="level3", symbol=["SC/EUR"])

    assert answer["error"] == "EAPI:Feature disabled:level3 needs single orders, and this market knows levels only"
    assert answer["symbol"] == "SC/EUR"


async def test_a_checksum_can_be_spoilt() -> None:
    async with open_client() as client, client.level3_wire() as wire, client.private_wire() as private:
        snapshot = await wire.subscribe("level3", symbol=["BTC/USD"])
        client.sim.faults.spoil_level3("BTC/USD")
        await private.ask("add_order", **LIMIT | {"limit_price": 99.9})
        wrong = await wire.channel("level3")
        await private.ask("cancel_all")
        right = await wire.channel("level3")

    assert right["data"][0]["checksum"] == snapshot["data"][0]["checksum"]
    assert wrong["data"][0]["checksum"] != right["data"][0]["checksum"]
