"""What was acknowledged is there after `kill -9`, whenever it comes."""

import subprocess
import sys
from pathlib import Path

import pytest
import trio

from seawall.journal import open_journal, read_orders

KEEPER = Path(__file__).with_name("keeper.py")


def killed_after(acknowledgements: int, path: Path, setting: str) -> list[str]:
    """The ids that a keeper printed until it was killed in the midst of its work."""
    with subprocess.Popen([sys.executable, KEEPER, path, setting], stdout=subprocess.PIPE, text=True) as keeper:
        assert keeper.stdout is not None
        names = [keeper.stdout.readline().strip() for _ in range(acknowledgements)]
        keeper.kill()
        # A line that the kill cut short was not read by anybody either.
        names += [line.strip() for line in keeper.stdout if line.endswith("\n")]
    assert keeper.returncode == -9
    return names


@pytest.mark.parametrize("setting", ["full", "relaxed"])
async def test_every_acknowledged_record_survives_kill_9_and_the_lock_does_not(path: Path, setting: str) -> None:
    """Relaxed, it would not survive the machine."""
    acknowledged: list[str] = []
    kept: list[str] = []
    run = 0
    for count in (1, 37, 150):
        acknowledged += await trio.to_thread.run_sync(killed_after, count, path, setting)
        async with open_journal(path, now_ns=lambda: 1) as journal:
            kept = [intent.client_order_id for intent in journal.replayed.intents]
            run = journal.replayed.run
        assert set(acknowledged) <= set(kept)
        assert len(set(kept)) == len(kept)
    assert run == 6
    assert [order.intent.client_order_id for order in read_orders(path)] == kept
