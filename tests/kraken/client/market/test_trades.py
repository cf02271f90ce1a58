from collections.abc import Sequence
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.kraken_server import Heard

from seawall.kraken.client import TradesMissed, TradesRefilled
from seawall.kraken.client.market import trades as trades_module
from seawall.kraken.client.market.trades import Hole, TradeTapes
from seawall.kraken.dialect.socket.frames import decode
from seawall.kraken.dialect.socket.market_frames import TradeFrame
from seawall.model.market_data import Trade
from seawall.model.orders import Side


def a_trade(trade_id: int, symbol: str = "BTC/USD") -> Trade:
    return Trade(symbol, Side.SELL, Decimal("45283.5"), Decimal("0.1"), trade_id, trade_id * 1_000_000_000)


class Tapes:
    """Tapes with somebody who listens, and the holes that were asked about."""

    def __init__(self) -> None:
        self.heard = Heard()
        self.holes: list[Hole] = []
        self.notices: list[object] = []
        self.tapes = TradeTapes(self.heard, self.holes.append, self.notices.append)

    def take(self, *ids: int, symbol: str = "BTC/USD") -> None:
        rows = ",".join(
            f'{{"symbol":"{symbol}","side":"sell","price":45283.5,"qty":0.1,"ord_type":"market","trade_id":{trade_id},'
            f'"timestamp":"1970-01-01T00:00:{trade_id % 60:02d}.000000Z"}}'
            for trade_id in ids
        )
        frame = decode(f'{{"channel":"trade","type":"update","data":[{rows}]}}'.encode())
        assert isinstance(frame, TradeFrame)
        self.tapes.follow(symbol)
        self.tapes.take(frame, 1.0)

    def fill(self, hole: Hole, *ids: int, reason: str = "REST does not tell them") -> None:
        self.tapes.fill(hole, [a_trade(trade_id, hole.symbol) for trade_id in ids], reason)

    def told(self) -> list[object]:
        return [fact[1] for fact in self.heard.told]


@pytest.fixture
def tapes() -> Tapes:
    return Tapes()


def test_trades_without_holes_are_told_at_once_and_once(tapes: Tapes) -> None:
    tapes.take(7, 8)
    tapes.take(8, 9)
    assert tapes.told() == [[7, 8], [9]]
    assert not tapes.holes


def test_what_comes_behind_a_hole_waits_for_the_missing_trades(tapes: Tapes) -> None:
    tapes.take(7)
    tapes.take(10)
    tapes.take(11)
    (hole,) = tapes.holes
    assert (hole.symbol, hole.after.trade_id, hole.last_id) == ("BTC/USD", 7, 10)
    assert tapes.told() == [[7]]
    tapes.fill(hole, 6, 7, 8, 9, 10, 11, 12)
    assert tapes.told() == [[7], [8, 9, 10, 11]], "12 comes over the socket, where it is told with the others"
    assert tapes.notices == [TradesRefilled("BTC/USD", 2)]
    tapes.take(12)
    assert tapes.told()[-1] == [12]


def test_what_rest_does_not_tell_is_missed_with_the_reason(tapes: Tapes) -> None:
    tapes.take(7)
    tapes.take(12)
    tapes.fill(tapes.holes[0], 9, reason="why")
    assert tapes.told() == [[7], [9, 12]]
    assert tapes.notices == [TradesMissed("BTC/USD", 3, "why"), TradesRefilled("BTC/USD", 1)]


def test_a_second_hole_that_came_after_the_question_is_asked_about_by_itself(tapes: Tapes) -> None:
    tapes.take(1)
    tapes.take(3)
    tapes.take(6)
    tapes.fill(tapes.holes[0], 2)
    assert tapes.told() == [[1], [2, 3]]
    assert [(hole.after.trade_id, hole.last_id) for hole in tapes.holes] == [(1, 3), (3, 6)]
    tapes.fill(tapes.holes[1], 4, 5)
    assert tapes.told()[-1] == [4, 5, 6]
    assert all(isinstance(notice, TradesRefilled) for notice in tapes.notices)


def test_an_answer_that_reaches_beyond_its_question_fills_later_holes_too(tapes: Tapes) -> None:
    tapes.take(1)
    tapes.take(3)
    tapes.take(6)
    tapes.fill(tapes.holes[0], 2, 3, 4, 5, 6)
    assert tapes.told() == [[1], [2, 3, 4, 5, 6]]
    assert len(tapes.holes) == 1


def test_a_hole_of_one_symbol_holds_up_no_other(tapes: Tapes) -> None:
    tapes.take(1)
    tapes.take(5)
    tapes.take(70, symbol="ETH/USD")
    tapes.take(71, symbol="ETH/USD")
    assert tapes.told() == [[1], [70], [71]]


def test_no_more_is_held_back_than_the_bound_and_a_late_answer_changes_nothing(tapes: Tapes) -> None:
    bound = trades_module._MOST_HELD
    tapes.take(1)
    tapes.take(*range(3, bound + 3))
    assert tapes.told() == [[1]]
    tapes.take(bound + 3)
    assert tapes.told() == [[1], list(range(3, bound + 4))]
    (missed,) = tapes.notices
    assert isinstance(missed, TradesMissed)
    assert missed.count == 1
    tapes.fill(tapes.holes[0], 2)
    assert len(tapes.told()) == 2


@settings(deadline=None)
@given(
    frames=st.lists(st.lists(st.integers(1, 40), max_size=4).map(sorted), max_size=20),
    known=st.sets(st.integers(1, 40)),
    answer_after=st.integers(0, 3),
)
def test_whatever_is_lost_trades_are_told_in_order_and_each_is_told_or_missed(
    frames: Sequence[Sequence[int]], known: set[int], answer_after: int
) -> None:
    tapes = Tapes()
    answered = 0
    for number, ids in enumerate([*frames, []]):
        if ids:
            tapes.take(*ids)
        while answered < len(tapes.holes) and (number % 4 >= answer_after or number == len(frames)):
            tapes.fill(tapes.holes[answered], *sorted(known))
            answered += 1
    told = [trade.trade_id for trade in tapes.heard.trades]
    missed = sum(notice.count for notice in tapes.notices if isinstance(notice, TradesMissed))
    assert told == sorted(set(told))
    came = [trade_id for ids in frames for trade_id in ids]
    if came:
        assert told[-1] == max(came), "nothing is held back for ever"
        assert len(told) + missed == told[-1] - told[0] + 1
