from decimal import Decimal

import attrs
import pytest

from seawall.engine.news import News, clock_text
from seawall.engine.sentences import sentence


@attrs.frozen
class SocketLost:
    name: str
    waited_s: float
    error: BaseException | None = None
    at_ns: int = 5


@attrs.frozen
class OrderNoted:
    order: str
    qty: Decimal

    def __str__(self) -> str:
        return f"order {self.order} over\n{self.qty}"


@attrs.frozen
class Ticked:
    pass


@sentence.register
def _(notice: Ticked) -> str:
    return ""


class Clock:
    now = 0

    def __call__(self) -> int:
        return self.now


def test_lines_carry_the_time_and_are_oldest_first() -> None:
    clock = Clock()
    news = News(now_ns=clock)
    news(OrderNoted("sw1", Decimal(1)))
    clock.now = 3_723_456_000_000
    news(OrderNoted("sw2", Decimal(2)))
    assert news.lines(5) == ("00:00:00 order sw1 over 1", "01:02:03 order sw2 over 2")
    assert news.lines(1) == ("01:02:03 order sw2 over 2",)
    assert news.lines(0) == ()


def test_the_ring_is_bounded() -> None:
    news = News(limit=3, now_ns=Clock())
    for number in range(10):
        news(OrderNoted(f"sw{number}", Decimal(1)))
    assert [line.split()[2] for line in news.lines(100)] == ["sw7", "sw8", "sw9"]


def test_the_same_sentence_again_is_counted_and_not_repeated() -> None:
    news = News(now_ns=Clock())
    for _time in range(3):
        news(SocketLost("public", 1.0))
    assert news.lines(5) == ("00:00:00 socket lost: name public, waited_s 1 (×3)",)


def test_a_notice_without_a_sentence_is_not_news() -> None:
    news = News(now_ns=Clock())
    news(Ticked())
    assert news.lines(5) == ()


def test_a_ring_without_room_is_refused() -> None:
    with pytest.raises(ValueError, match="limit"):
        News(limit=0)


def test_the_time_of_day_is_utc_and_wraps_at_midnight() -> None:
    assert clock_text(86_400_000_000_000 + 1_002_000_000, millis=True) == "00:00:01.002"
