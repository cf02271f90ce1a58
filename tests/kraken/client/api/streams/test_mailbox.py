from decimal import Decimal

import pytest

from seawall.kraken.client.api.streams import kinds
from seawall.kraken.client.api.streams.errors import FellBehind, MissedMessages, StreamLost
from seawall.kraken.client.api.streams.mailbox import Mailbox, Overflow, Terms
from seawall.model.errors import ExchangeError
from seawall.model.market_data import Candle

STATE = Terms[str, str](
    subject=lambda item: item[0], key=lambda item: item[0], view=lambda item, received_s: f"{item}@{received_s:g}", capacity=3
)
EVENTS = Terms[str, str](
    subject=lambda item: item[0], key=lambda _item: None, view=lambda item, _received_s: item, capacity=3, facts=True
)
ENDING = Terms[str, str](
    subject=lambda item: item[0],
    key=lambda _item: None,
    view=lambda item, _received_s: item,
    capacity=3,
    overflow=Overflow.END,
    facts=True,
)


def filled(terms: Terms[str, str], *items: str, raise_lost: bool = False) -> Mailbox[str, str]:
    mailbox = Mailbox("things", terms, raise_lost)
    for number, item in enumerate(items):
        mailbox.take(item, float(number))
    return mailbox


def all_of(mailbox: Mailbox[str, str]) -> list[str]:
    read = []
    while mailbox.ready:
        read.append(mailbox.pop())
    return read


def test_of_a_state_the_newest_is_read_and_in_the_order_in_which_subjects_came() -> None:
    mailbox = filled(STATE, "a1", "b1", "a2", "a3")

    assert all_of(mailbox) == ["a3@3", "b1@1"]
    assert mailbox.replaced == 2
    assert mailbox.missed == 0


def test_of_events_every_one_is_read() -> None:
    mailbox = filled(EVENTS, "a1", "a1", "a2")

    assert all_of(mailbox) == ["a1", "a1", "a2"]
    assert mailbox.replaced == 0


def test_a_state_is_looked_at_when_it_is_read() -> None:
    book = ["old"]
    terms = Terms[list[str], str](lambda _book: "a", lambda _book: "a", lambda item, _received_s: item[0], 3)
    mailbox = Mailbox("things", terms)
    mailbox.take(book, 0.0)
    book[0] = "new"

    assert mailbox.pop() == "new"


def test_the_oldest_events_make_room_and_their_reader_is_told_how_many_first() -> None:
    mailbox = filled(EVENTS, "a1", "a2", "a3", "a4", "a5")

    with pytest.raises(MissedMessages, match="2 are missing here") as missed:
        mailbox.pop()
    assert missed.value.count == 2
    assert all_of(mailbox) == ["a3", "a4", "a5"]
    assert mailbox.missed == 2


def test_an_error_that_is_dropped_is_counted_with_what_it_stood_for() -> None:
    mailbox = filled(EVENTS)
    mailbox.fail(MissedMessages("things", 7, "lost on the way"))
    for item in ("a1", "a2", "a3", "a4"):
        mailbox.take(item, 0.0)

    with pytest.raises(MissedMessages) as missed:
        mailbox.pop()
    assert missed.value.count == 8


def test_a_stream_that_leaves_nothing_out_ends_where_it_was_full() -> None:
    mailbox = filled(ENDING, "a1", "a2", "a3", "a4", "a5")

    assert [mailbox.pop() for _ in range(3)] == ["a1", "a2", "a3"]
    for _ in range(2):
        assert mailbox.ready
        with pytest.raises(FellBehind, match="more than 3 waited"):
            mailbox.pop()
    mailbox.take("a6", 6.0)
    assert len(mailbox) == 0
    assert mailbox.missed == 3


def test_a_state_that_is_lost_is_not_read_any_more() -> None:
    mailbox = filled(STATE, "a1", "b1")
    mailbox.lose("a", "the socket was lost")

    assert all_of(mailbox) == ["b1@1"]
    assert dict(mailbox.stale) == {"a": "the socket was lost"}
    assert mailbox.newest_of("a") is None
    assert mailbox.newest() == "b1@1"

    mailbox.take("a2", 5.0)
    assert dict(mailbox.stale) == {}
    assert all_of(mailbox) == ["a2@5"]


def test_facts_stay_when_nothing_newer_can_be_heard() -> None:
    mailbox = filled(EVENTS, "a1")
    mailbox.lose("a", "the socket was lost")

    assert all_of(mailbox) == ["a1"]
    assert mailbox.newest() == "a1"
    assert list(mailbox.stale) == ["a"]
    mailbox.restore("a")
    assert list(mailbox.stale) == []


def test_a_loss_is_raised_to_those_who_ask_for_it() -> None:
    mailbox = filled(STATE, "a1", "b1", raise_lost=True)
    mailbox.lose("a", "the socket was lost")

    assert mailbox.pop() == "b1@1"
    with pytest.raises(StreamLost, match="things: a: the socket was lost") as lost:
        mailbox.pop()
    assert (lost.value.symbol, lost.value.advice) == ("a", "retry")


def test_errors_are_raised_in_their_place() -> None:
    mailbox = filled(EVENTS, "a1")
    mailbox.fail(ExchangeError(("EGeneral:Whatever",)))
    mailbox.take("a2", 2.0)

    assert mailbox.pop() == "a1"
    with pytest.raises(ExchangeError):
        mailbox.pop()
    assert mailbox.pop() == "a2"


def test_the_newest_is_known_after_it_was_read() -> None:
    mailbox = filled(STATE, "a1", "b1", "a2")
    all_of(mailbox)

    assert mailbox.newest() == "a2@2"
    assert mailbox.newest_of("b") == "b1@1"
    assert mailbox.newest_of("c") is None
    assert filled(STATE).newest() is None


def candle(minute: int, close: str, *, closed: bool = False) -> Candle:
    price = Decimal(close)
    return Candle("BTC/USD", 60, minute * 60_000_000_000, price, price, price, price, Decimal(1), 1, closed)


def test_a_running_candle_is_replaced_and_a_closed_one_stays() -> None:
    mailbox = Mailbox("candles", kinds.CANDLES)
    changes = [candle(0, "1"), candle(0, "2"), candle(0, "2", closed=True), candle(1, "3"), candle(1, "4")]
    for number, change in enumerate(changes):
        mailbox.take(change, float(number))

    assert [mailbox.pop() for _ in range(len(mailbox))] == [changes[2], changes[4]]
    assert mailbox.newest_of("BTC/USD") == changes[4]


def test_memory_is_flat_however_many_messages_come() -> None:
    mailbox = Mailbox("candles", kinds.CANDLES)
    for minute in range(30_000):
        mailbox.take(candle(minute, "1"), 0.0)

    assert len(mailbox) == kinds.CANDLES.capacity
    with pytest.raises(MissedMessages):
        mailbox.pop()
    assert mailbox.pop().begin_ns == 20_000 * 60_000_000_000
