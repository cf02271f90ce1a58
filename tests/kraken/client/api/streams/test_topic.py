import pytest

from seawall.kraken.client.api.streams.errors import StreamLost
from seawall.kraken.client.api.streams.topic import CallbackSink, Topic
from seawall.model.errors import ExchangeError, SeawallError


class Ear:
    """A sink that remembers."""

    def __init__(self) -> None:
        self.told: list[object] = []

    def take(self, item: str, received_s: float) -> None:
        self.told.append((item, received_s))

    def lose(self, subject: str, reason: str) -> None:
        self.told.append(f"lost {subject}: {reason}")

    def restore(self, subject: str) -> None:
        self.told.append(f"restored {subject}")

    def fail(self, error: SeawallError) -> None:
        self.told.append(error)


def test_everybody_is_told_and_who_left_is_not() -> None:
    topic, one, other = Topic[str]("BTC/USD", remembers=True), Ear(), Ear()
    topic.add(one)
    topic.add(other)
    topic.tell("first", 1.0)
    topic.remove(one)
    topic.tell("second", 2.0)

    assert one.told == [("first", 1.0)]
    assert other.told == [("first", 1.0), ("second", 2.0)]
    assert topic.wanted
    topic.remove(other)
    assert not topic.wanted


def test_one_that_comes_late_is_reminded_of_the_newest() -> None:
    topic, late = Topic[str]("account", remembers=True), Ear()
    topic.tell("BTC 1", 1.0, "BTC")
    topic.tell("ETH 1", 2.0, "ETH")
    topic.tell("BTC 2", 3.0, "BTC")
    topic.remind(late)

    assert late.told == [("BTC 2", 3.0), ("ETH 1", 2.0)]


def test_events_are_not_remembered() -> None:
    topic, late = Topic[str]("BTC/USD", remembers=False), Ear()
    topic.tell("trade", 1.0)
    topic.remind(late)

    assert late.told == []


def test_a_loss_is_told_and_what_is_not_to_be_trusted_forgotten() -> None:
    topic, ear, late = Topic[str]("BTC/USD", remembers=True), Ear(), Ear()
    topic.add(ear)
    topic.tell("book", 1.0)
    topic.lose("the socket was lost", forget=True)
    topic.remind(late)

    assert ear.told[1:] == late.told == ["lost BTC/USD: the socket was lost"]
    assert repr(topic) == "<Topic BTC/USD, 1 sinks, lost: the socket was lost>"
    topic.tell("book", 2.0)
    assert topic.lost is None
    topic.lose("again", forget=False)
    topic.restore()
    assert ear.told[-1] == "restored BTC/USD"
    assert topic.lost is None


def test_one_may_leave_while_it_is_told() -> None:
    topic, ear = Topic[str]("BTC/USD", remembers=False), Ear()

    class Once(Ear):
        def take(self, item: str, received_s: float) -> None:
            super().take(item, received_s)
            topic.remove(self)

    once = Once()
    topic.add(once)
    topic.add(ear)
    topic.tell("one", 1.0)
    topic.tell("two", 2.0)

    assert once.told == [("one", 1.0)]
    assert ear.told == [("one", 1.0), ("two", 2.0)]


def test_a_callback_is_called_with_the_message_and_its_arrival() -> None:
    told: list[object] = []
    sink = CallbackSink[str]("books BTC/USD", lambda item, received_s: told.append((item, received_s)), told.append)
    sink.take("book", 1.5)
    sink.lose("BTC/USD", "the socket was lost")
    sink.fail(ExchangeError(("EGeneral:Whatever",)))

    assert told[0] == ("book", 1.5)
    assert isinstance(told[1], StreamLost)
    assert str(told[1]) == "books BTC/USD: BTC/USD: the socket was lost"
    assert isinstance(told[2], ExchangeError)


def test_a_callback_that_does_not_care_for_trouble_is_not_bothered() -> None:
    sink = CallbackSink[str]("books BTC/USD", lambda _item, _received_s: None, None)
    sink.fail(ExchangeError(("EGeneral:Whatever",)))


def failing(*_: object) -> None:
    raise KeyError("a bug")


def test_the_bug_of_a_callback_names_it() -> None:
    sink = CallbackSink[str]("books BTC/USD", failing, failing)
    with pytest.raises(KeyError) as bug:
        sink.take("book", 1.0)
    assert bug.value.__notes__ == ["raised by failing, a callback of books BTC/USD"]
    with pytest.raises(KeyError) as bug:
        sink.lose("BTC/USD", "the socket was lost")
    assert bug.value.__notes__ == ["raised by failing, a callback of books BTC/USD"]
