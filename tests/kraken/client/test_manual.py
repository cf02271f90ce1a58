"""The code of docs/kraken-client.md, run as it stands there against the simulated exchange."""

import re
from collections.abc import AsyncGenerator
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import pytest
import trio
from trio.testing import MockClock

import seawall.kraken
import seawall.kraken.client
import seawall.kraken.client.api
import seawall.kraken.client.rest.keys
import seawall.model.errors
import seawall.resilience
from seawall.kraken.client import ClientSettings
from seawall.kraken.client.api import Kraken, Stream, open_kraken
from seawall.model import market_data, reports
from seawall.sim import Answered, SimSettings, Simulator, open_sim

PAGE = (Path(__file__).parents[3] / "docs" / "kraken-client.md").read_text()


@pytest.fixture
def manual() -> dict[str, Any]:
    """Every name that the page's code defines."""
    names: dict[str, Any] = {"__name__": "manual"}
    for block in re.findall(r"^```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE):
        exec(compile(block, "kraken-client.md", "exec"), names)
    return names


@pytest.fixture
async def sim() -> AsyncGenerator[Simulator, None]:
    with trio.fail_after(60):
        async with open_sim(SimSettings(events_per_s=30.0)) as sim:
            yield sim


@pytest.fixture
def settings(manual: dict[str, Any], sim: Simulator) -> ClientSettings:
    found: ClientSettings = manual["settings_for"](sim)
    return found


@pytest.fixture
async def kraken(settings: ClientSettings) -> AsyncGenerator[Kraken, None]:
    async with open_kraken(settings) as kraken:
        await kraken.wait_live()
        yield kraken


async def test_quotes_are_printed_without_a_key(
    manual: dict[str, Any], settings: ClientSettings, capsys: pytest.CaptureFixture[str]
) -> None:
    with trio.move_on_after(1.5):
        await manual["print_quotes"](ClientSettings(settings.addresses))
    printed = capsys.readouterr().out
    assert re.search(r"^BTC/USD [0-9.]+ [0-9.]+$", printed, re.MULTILINE)
    assert re.search(r"^ETH/USD [0-9.]+ [0-9.]+$", printed, re.MULTILINE)


async def test_a_spread_is_waited_for(manual: dict[str, Any], settings: ClientSettings) -> None:
    assert 0 < await manual["wait_for_spread"](settings, "xbtusd", Decimal(10_000)) <= 10_000


async def test_updates_are_counted_by_a_callback(manual: dict[str, Any], settings: ClientSettings) -> None:
    assert await manual["count_updates"](settings, "BTC/USD", 1.5) > 1


async def test_an_order_is_placed_and_cancelled(
    manual: dict[str, Any], settings: ClientSettings, sim: Simulator, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await manual["place_and_cancel"](settings)
    assert re.fullmatch(r"O\S+ (pending|open)\n", capsys.readouterr().out)
    assert not sim.exchange.open_orders()


async def test_rest_is_looked_around_in(
    manual: dict[str, Any], settings: ClientSettings, capsys: pytest.CaptureFixture[str]
) -> None:
    await manual["look_around"](settings)
    assert re.fullmatch(r"[0-9.]+ [0-9.]+ 0 of 0\n", capsys.readouterr().out)


async def test_fees_are_summed_up_from_the_ledger(manual: dict[str, Any], kraken: Kraken) -> None:
    began_ns = kraken.now_ns() - 5_000_000_000
    order = attrs.evolve(manual["a_bid"](kraken, "taker1", Decimal(1_000_000)), post_only=False)
    await kraken.orders.place(order)
    (fill,) = (await kraken.rest.trades_history()).trades.values()
    assert await manual["fees_paid"](kraken, began_ns) == pytest.approx(fill.fee)
    assert fill.fee > 0


async def test_an_endpoint_of_tomorrow_can_be_called(manual: dict[str, Any], kraken: Kraken) -> None:
    assert (await manual["raw_time"](kraken))["unixtime"] > 1_700_000_000


@pytest.mark.parametrize("carried_out", [True, False])
async def test_an_order_whose_answer_is_lost_is_found_out_about(
    manual: dict[str, Any], kraken: Kraken, sim: Simulator, mock_clock: MockClock, carried_out: bool
) -> None:
    mock_clock.rate = 10
    sim.faults.next_answer("add_order", Answered.CUT, carried_out=carried_out)
    found = await manual["order_id_of"](kraken, manual["a_bid"](kraken, "lost1", Decimal(1000)))
    assert [order.order_id for order in sim.exchange.open_orders()] == ([found] if carried_out else [])
    assert len(sim.requests.of("add_order", "AddOrder")) == 1


async def test_clean_up_of_a_cancelled_task_still_cancels_its_orders(
    manual: dict[str, Any], settings: ClientSettings, sim: Simulator
) -> None:
    with trio.CancelScope() as user:
        async with open_kraken(settings) as kraken, trio.open_nursery() as nursery:
            await kraken.orders.place(manual["a_bid"](kraken, "mine1", Decimal(1000)))
            nursery.start_soon(manual["leave_nothing_resting"], kraken, ["mine1"])
            await trio.lowlevel.checkpoint()
            user.cancel()
    assert not sim.exchange.open_orders()


async def test_an_engine_has_its_listener(
    manual: dict[str, Any], settings: ClientSettings, capsys: pytest.CaptureFixture[str]
) -> None:
    await manual["watch"](ClientSettings(settings.addresses))
    assert re.match(r"BTC/USD [0-9.]+ [0-9.]+\n", capsys.readouterr().out)


def test_the_settings_come_from_the_environment(manual: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KRAKEN_API_KEY", "key")
    monkeypatch.setenv("KRAKEN_API_SECRET", "c2VjcmV0")
    credentials = manual["from_environment"]().credentials
    assert (credentials.key, credentials.secret) == ("key", "c2VjcmV0")


def test_every_class_the_page_names_exists() -> None:
    rooms = (
        seawall.kraken.client,
        seawall.kraken.client.api,
        seawall.kraken.client.rest.keys,
        seawall.model.errors,
        seawall.resilience,
        market_data,
        reports,
    )
    offered = {name for room in rooms for name in room.__all__}
    named = set(re.findall(r"`([A-Z][a-z]+(?:[A-Z][a-z0-9]+)+)`", PAGE))
    assert named >= {"NotSent", "OutcomeUnknown", "MissedMessages", "ReconnectStopped", "BookSnapshot"}
    assert named - {"TypeError", "ValueError"} <= offered


def test_every_setting_the_page_names_exists() -> None:
    named = set(re.findall(r"`(\w+_s|\w+_file|\w+_per_\w+)`", PAGE)) - {"retry_after_s"}
    assert named >= {"request_s", "refill_s", "silent_after_s", "nonce_file", "symbols_per_socket"}
    assert all(hasattr(ClientSettings(), name) for name in named)


def test_every_endpoint_is_on_the_page_and_no_other() -> None:
    table = PAGE.split("## REST, all of it")[1].split("## What can go wrong")[0]
    rows = "".join(line for line in table.splitlines() if line.startswith(("| market", "| account", "| orders")))
    endpoints = {name for name in dir(seawall.kraken.client.api.RestCalls) if not name.startswith("_") and name != "call"}
    assert set(re.findall(r"`(\w+)`", rows)) == endpoints


def test_every_method_the_page_calls_exists() -> None:
    homes = {
        "kraken": Kraken,
        "orders": seawall.kraken.client.api.OrderCalls,
        "history": seawall.kraken.client.api.History,
        "rest": seawall.kraken.client.api.RestCalls,
        "venue": seawall.kraken.KrakenVenue,
        "stream": Stream,
    }
    text = re.sub(r"seawall(\.\w+)+", "", PAGE)
    called = re.findall(r"\b(kraken|orders|history|rest|venue|stream)\.(\w+)", text)
    assert ("kraken", "tickers") in called
    fields = {"rest", "history", "orders", "venue"}
    assert [(home, name) for home, name in called if not hasattr(homes[home], name) and name not in fields] == []
