"""Opens a journal again and again, each time killed at the next statement, until it once comes to the end.

`upgrader.py ORDER WHERE...` takes one place after the other, all alike, and prints how many statements there were. After each
death the journal is opened as ever, and has to have all that was in it: that order, or none when the name is empty.
"""

import os
import random
import signal
import sys
import time
from pathlib import Path

import sqlalchemy as sa

from seawall.journal import JournalInUse, Where
from seawall.journal.database import database_at
from seawall.journal.store import open_store


def opened(where: Where) -> tuple[str, ...]:
    """The orders that a start finds."""
    while True:
        try:
            with open_store(database_at(where), now_ns=lambda: 7, rng=random.Random(1)) as store:
                return tuple(intent.client_order_id for intent in store.replayed.intents)
        except JournalInUse:
            time.sleep(0.01)  # a server notices in its own time that a session has died


def killed_at(statement: int, where: Where) -> bool:
    """Open it in a process that is killed before that statement; false when there was none."""
    process = os.fork()
    if not process:
        left = [statement]

        def count(*_: object) -> None:
            left[0] -= 1
            if not left[0]:
                os.kill(os.getpid(), signal.SIGKILL)

        sa.event.listen(sa.Engine, "before_cursor_execute", count)
        sa.event.listen(sa.Engine, "commit", count)
        opened(where)
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    assert code in {0, -signal.SIGKILL}, code
    return code != 0


def main(expected: str, *places: str) -> None:
    """See the module."""
    for statement, place in enumerate(places, start=1):
        where: Where = place if "://" in place else Path(place)
        if not killed_at(statement, where):
            sys.stdout.write(f"{statement - 1}\n")
            return
        found = opened(where)
        assert found == ((expected,) if expected else ()), (statement, found)
    raise AssertionError(f"more than {len(places)} statements")


if __name__ == "__main__":
    main(*sys.argv[1:])
