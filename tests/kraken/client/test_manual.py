"""The code of docs/kraken-client.md, run as it stands there against the simulated exchange."""

import re
from collections.abc import AsyncGenerator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import trio

import seawall.kraken.client
import seawall.model.errors
import seawall.resilience
from seawall.kraken.client import ClientSettings, open_venue
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
    with trio.fail_after(30):
        async with open_sim(SimSettings()) as sim:
            yield sim


async def test_the_touch_is_watched_without_a_key(
    manual: dict[str, Any], sim: Simulator, capsys: pytest.CaptureFixture[str]
) -> None:
    settings: ClientSettings = manual["settings_for"](sim)
    await manual["watch"](ClientSettings(settings.addresses))
    assert re.match(r"BTC/USD [0-9.]+ [0-9.]+\n", capsys.readouterr().out)


async def test_an_order_is_placed_and_cancelled(
    manual: dict[str, Any], sim: Simulator, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await manual["place_and_cancel"](manual["settings_for"](sim))
    assert "it rests as" in capsys.readouterr().out
    assert not sim.exchange.open_orders()


@pytest.mark.parametrize("carried_out", [True, False])
async def test_an_order_whose_answer_is_lost_is_found_out_about(
    manual: dict[str, Any], sim: Simulator, carried_out: bool
) -> None:
    sim.faults.next_answer("add_order", Answered.CUT, carried_out=carried_out)
    async with open_venue(manual["settings_for"](sim), manual["Fills"]()) as venue:
        await venue.wait_live()
        found = await manual["order_id_of"](venue, manual["a_bid"](venue, "lost1", Decimal(1000)))
        assert [order.order_id for order in sim.exchange.open_orders()] == ([found] if carried_out else [])
        assert len(sim.requests.of("add_order", "AddOrder")) == 1


async def test_clean_up_of_a_cancelled_task_still_cancels_its_orders(manual: dict[str, Any], sim: Simulator) -> None:
    with trio.CancelScope() as user:
        async with open_venue(manual["settings_for"](sim), manual["Fills"]()) as venue, trio.open_nursery() as nursery:
            await venue.wait_live()
            await venue.place(manual["a_bid"](venue, "mine1", Decimal(1000)), lambda: None)
            nursery.start_soon(manual["leave_nothing_resting"], venue, ["mine1"])
            await trio.lowlevel.checkpoint()
            user.cancel()
    assert not sim.exchange.open_orders()


def test_the_settings_come_from_the_environment(manual: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KRAKEN_API_KEY", "key")
    monkeypatch.setenv("KRAKEN_API_SECRET", "c2VjcmV0")
    credentials = manual["from_environment"]().credentials
    assert (credentials.key, credentials.secret) == ("key", "c2VjcmV0")


def test_every_class_the_page_names_exists() -> None:
    offered = {name for room in (seawall.kraken.client, seawall.model.errors, seawall.resilience) for name in room.__all__}
    named = set(re.findall(r"`([A-Z][a-z]+(?:[A-Z][a-z]+)+)`", PAGE))
    assert named >= {"NotSent", "OutcomeUnknown", "TradesMissed", "ReconnectStopped"}
    assert named - {"Decimal"} <= offered


def test_every_setting_the_page_names_exists() -> None:
    named = set(re.findall(r"`(\w+_s)`", PAGE)) - {"retry_after_s"}
    assert named >= {"request_s", "refill_s", "silent_after_s"}
    assert all(hasattr(ClientSettings(), name) for name in named)
