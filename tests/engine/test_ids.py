import re
from itertools import islice

from seawall.engine.ids import client_order_ids


def test_ids_fit_what_kraken_takes_and_never_repeat() -> None:
    ids = [name for run in range(1, 30) for name in islice(client_order_ids("0123456789abcdef", run), 500)]

    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z0-9]{18}", name) for name in ids)


def test_two_journals_have_ids_of_their_own() -> None:
    assert next(client_order_ids("aa", 1)) != next(client_order_ids("bb", 1))
