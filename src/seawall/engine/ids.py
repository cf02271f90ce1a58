"""Client order ids: unique for the life of a journal, and across journals by chance of one in two thousand million."""

from collections.abc import Iterator
from itertools import count

__all__ = ["client_order_ids", "is_of_journal"]

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_JOURNAL_DIGITS = 6
_RUN_DIGITS = 4
_ORDER_DIGITS = 7


def client_order_ids(journal_id: str, run: int) -> Iterator[str]:
    """An endless supply of ids for one run of one journal.

    Kraken takes free text of up to 18 characters (docs.kraken.com/api/docs/guides/spot-clordid) and asks for uniqueness
    among open orders only, so an id that is never used again is our own duty: the id holds the journal's own id
    (hexadecimal text), the number of the run, and a counter. Lower-case letters and digits are what every version of
    the exchange is known to take.
    """
    head = _head(journal_id) + _base36(run, _RUN_DIGITS)
    return (head + _base36(number, _ORDER_DIGITS) for number in count(1))


def is_of_journal(client_order_id: str, journal_id: str) -> bool:
    """Whether an engine of this journal, in whatever run, made the id."""
    head = _head(journal_id)
    return client_order_id.startswith(head) and len(client_order_id) == len(head) + _RUN_DIGITS + _ORDER_DIGITS


def _head(journal_id: str) -> str:
    return "s" + _base36(int(journal_id, 16), _JOURNAL_DIGITS)


def _base36(number: int, places: int) -> str:
    digits = ""
    for _ in range(places):
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return digits
