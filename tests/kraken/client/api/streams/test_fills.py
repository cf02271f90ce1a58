from decimal import Decimal

from seawall.kraken.client.api.streams.fills import FillTape
from seawall.model.orders import Side
from seawall.model.reports import Fill


def a_fill(number: int) -> Fill:
    one = Decimal(1)
    return Fill(f"T{number}", "O1", None, "BTC/USD", Side.BUY, one, one, one, (), maker=True, at_ns=number)


def fills(*numbers: int) -> list[Fill]:
    return [a_fill(number) for number in numbers]


def test_what_was_before_anybody_listened_is_not_told() -> None:
    tape = FillTape()

    assert tape.take_snapshot(fills(1, 2)) == ((), None)
    assert not tape.take(a_fill(2))
    assert tape.take(a_fill(3))
    assert not tape.take(a_fill(3))


def test_a_later_snapshot_tells_what_is_new_oldest_first() -> None:
    tape = FillTape()
    tape.take_snapshot(fills(1))
    tape.take(a_fill(2))

    assert tape.take_snapshot(fills(4, 3, 2, 1)) == (tuple(fills(3, 4)), None)


def test_a_snapshot_that_reaches_back_misses_nothing() -> None:
    tape = FillTape()
    tape.take_snapshot(fills(1))
    new, missed = tape.take_snapshot(fills(*range(1, 51)))

    assert len(new) == 49
    assert missed is None


def test_a_full_snapshot_of_new_ones_alone_may_miss_some() -> None:
    tape = FillTape()
    tape.take_snapshot(fills(5))
    new, missed = tape.take_snapshot(fills(*range(10, 60)))

    assert len(new) == 50
    assert missed is not None
    assert (missed.since_ns, missed.until_ns) == (4, 59)
    assert missed.count is None
    assert missed.known == {"T5"} | {f"T{number}" for number in range(10, 60)}


def test_an_account_that_had_none_may_miss_any() -> None:
    tape = FillTape()
    tape.take_snapshot([])
    _, missed = tape.take_snapshot(fills(*range(10, 60)))

    assert missed is not None
    assert missed.since_ns == 0


def test_it_remembers_no_more_than_it_needs() -> None:
    tape = FillTape()
    for number in range(3000):
        assert tape.take(a_fill(number))

    _, missed = tape.take_snapshot(fills(*range(5000, 5050)))
    assert missed is None, "the first snapshot is what was before"
    _, missed = tape.take_snapshot(fills(*range(6000, 6050)))
    assert missed is not None
    assert len(missed.known) == 1000
