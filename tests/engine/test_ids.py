import re
from itertools import islice

from seawall.engine.ids import client_order_ids, is_of_journal


def test_ids_fit_what_kraken_takes_and_never_repeat() -> None:
    ids = [name for run in range(1, 30) for name in islice(client_order_ids("0123456789abcdef", run), 500)]

    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z0-9]{18}", name) for name in ids)


def test_two_journals_have_ids_of_their_own() -> None:
    assert next(client_order_ids("aa", 1)) != next(client_order_ids("bb", 1))


def test_an_id_says_which_journal_made_it_in_whatever_run() -> None:
    for run in (1, 99):
        made = next(client_order_ids("c0ffee", run))
        assert is_of_journal(made, "c0ffee")
        assert not is_of_journal(made, "c0ffef")
        assert not is_of_journal(made[:-1], "c0ffee")
        assert not is_of_journal(made + "0", "c0ffee")
