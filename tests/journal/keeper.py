"""Keeps intents until it is killed, and prints the id of each once the journal has acknowledged it.

`keeper.py JOURNAL full|relaxed`
"""

import sys
import time
from pathlib import Path

import trio

from seawall.journal import SqlJournal, open_journal
from seawall.model.journal import IntentRecord
from seawall.model.orders import limit_buy


async def keep_on(journal: SqlJournal, worker: int) -> None:
    number = 0
    while True:
        number += 1
        name = f"{journal.replayed.run}-{worker}-{number}"
        wish = limit_buy("BTC/USD", qty="0.001", price="45283.50")
        await journal.keep([IntentRecord(name, "grid", wish, deadline_ns=2, at_ns=1)])
        sys.stdout.write(f"{name}\n")
        sys.stdout.flush()


async def main() -> None:
    async with (
        open_journal(Path(sys.argv[1]), now_ns=time.time_ns, sync=sys.argv[2] == "full") as journal,
        trio.open_nursery() as nursery,
    ):
        for worker in range(5):
            nursery.start_soon(keep_on, journal, worker)


trio.run(main)
