"""Several engines that open one journal at the same instant; prints what became of each.

`racer.py WHERE`: a line for each of them: the number of its run, or the class of the error.
"""

import os
import random
import sys
from pathlib import Path

from seawall.journal import Where
from seawall.journal.database import database_at
from seawall.journal.store import open_store
from seawall.model.errors import JournalFailed

ENGINES = 4


def race(where: Where, begin: int, done: int) -> str:
    """Wait for the start, open it, and hold it until all have tried."""
    os.read(begin, 1)
    try:
        with open_store(database_at(where), now_ns=lambda: 7, rng=random.Random()) as store:
            sys.stdout.write(f"{store.replayed.run}\n")
            sys.stdout.flush()
            os.read(done, 1)
            return ""
    except JournalFailed as failure:
        return f"{type(failure).__name__}: {failure}\n"


def main(place: str) -> None:
    where: Where = place if "://" in place else Path(place)
    database_at(where)  # loads what is loaded late, so that all of them are equally fast
    begin, started = os.pipe()
    done, ended = os.pipe()
    engines = []
    for _ in range(ENGINES):
        engine = os.fork()
        if not engine:
            os.close(ended)
            os.write(1, race(where, begin, done).encode())
            os._exit(0)
        engines.append(engine)
    os.write(started, bytes(ENGINES))
    for _ in range(ENGINES - 1):
        os.wait()  # all but the one that holds it
    os.close(ended)
    os.wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
