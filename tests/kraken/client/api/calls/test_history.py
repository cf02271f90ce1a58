from collections.abc import Mapping
from decimal import Decimal

import attrs
import pytest
import trio
import trio.testing

from seawall.kraken.client.api.calls.history import MarketTrades, Rows
from seawall.model.errors import Unavailable
from seawall.model.market_data import Trade
from seawall.model.orders import Side


@attrs.define(eq=False)
class Ledger:
    """Rows by id, newest first, 50 a page; `count` is told or not."""

    total: int
    counts: bool = True
    asked: list[int] = attrs.field(factory=list)
    failures: list[Exception] = attrs.field(factory=list)

    async def page(self, offset: int) -> tuple[Mapping[str, int], int | None]:
        await trio.sleep(1)
        self.asked.append(offset)
        if self.failures:
            raise self.failures.pop()
        numbers = range(self.total - offset, max(self.total - offset - 50, 0), -1)
        return {f"L{number}": number for number in numbers}, self.total if self.counts else None


@pytest.mark.parametrize("counts", [True, False])
@pytest.mark.parametrize(("total", "calls"), [(0, 1), (7, 1), (51, 2), (120, 3)])
async def test_every_row_is_told_once_newest_first(
    total: int, calls: int, counts: bool, autojump_clock: trio.testing.MockClock
) -> None:
    ledger = Ledger(total, counts)
    rows = Rows(ledger.page, 0)

    assert [row async for _, row in rows] == list(range(total, 0, -1))
    assert len(ledger.asked) == rows.calls == calls
    assert "at the end" in repr(rows)


@pytest.mark.parametrize("counts", [True, False])
async def test_a_last_page_that_is_full_is_the_last(counts: bool, autojump_clock: trio.testing.MockClock) -> None:
    ledger = Ledger(100, counts)

    assert len([row async for row in Rows(ledger.page, 0)]) == 100
    assert ledger.asked == ([0, 50] if counts else [0, 50, 100])


async def test_rows_made_meanwhile_repeat_none_and_hide_none(autojump_clock: trio.testing.MockClock) -> None:
    ledger = Ledger(120)
    told = []
    async for _, row in Rows(ledger.page, 0):
        told.append(row)
        if row in (100, 60):
            ledger.total += 7

    assert told == list(range(120, 0, -1))


async def test_after_an_error_or_a_cancellation_the_walk_goes_on_where_it_was(autojump_clock: trio.testing.MockClock) -> None:
    ledger = Ledger(60, failures=[Unavailable("no answer")])
    rows = Rows(ledger.page, 0)
    with pytest.raises(Unavailable):
        await anext(rows)
    with trio.move_on_after(0.5) as cut:
        await anext(rows)

    assert cut.cancelled_caught
    assert [row async for _, row in rows] == list(range(60, 0, -1))


async def test_a_walk_may_begin_in_the_middle(autojump_clock: trio.testing.MockClock) -> None:
    assert [row async for _, row in Rows(Ledger(60).page, 55)] == [5, 4, 3, 2, 1]


def trade(number: int, at_ns: int) -> Trade:
    return Trade("BTC/USD", Side.BUY, Decimal(1), Decimal(1), number, at_ns)


@attrs.define(eq=False)
class Tape:
    """Trades, a thousand an answer, those after an instant."""

    trades: list[Trade]
    asked: list[int | None] = attrs.field(factory=list)

    async def page(self, since_ns: int | None) -> tuple[tuple[Trade, ...], int]:
        await trio.sleep(1)
        self.asked.append(since_ns)
        after = [each for each in self.trades if since_ns is None or each.at_ns > since_ns]
        found = after[-1000:] if since_ns is None else after[:1000]
        return tuple(found), found[-1].at_ns if found else since_ns or 0


async def test_trades_are_told_once_oldest_first_up_to_the_present(autojump_clock: trio.testing.MockClock) -> None:
    tape = Tape([trade(number, number * 10) for number in range(1, 2501)])
    trades = MarketTrades(tape.page, 0)

    assert [each.trade_id async for each in trades] == list(range(1, 2501))
    assert tape.asked == [0, 9_999, 19_989]
    assert trades.calls == 3


async def test_a_page_that_cuts_an_instant_in_two_loses_nothing(autojump_clock: trio.testing.MockClock) -> None:
    tape = Tape([trade(number, 10 + (number // 7) * 10) for number in range(1, 2501)])

    assert [each.trade_id async for each in MarketTrades(tape.page, 0)] == list(range(1, 2501))


async def test_one_instant_of_a_whole_page_does_not_stop_the_walk(autojump_clock: trio.testing.MockClock) -> None:
    tape = Tape([trade(number, 50) for number in range(1, 1001)] + [trade(number, number) for number in range(1001, 1005)])

    told = [each.trade_id async for each in MarketTrades(tape.page, 0)]
    assert told == list(range(1, 1005))


async def test_it_can_be_asked_again_for_what_came_since(autojump_clock: trio.testing.MockClock) -> None:
    tape = Tape([trade(1, 10), trade(2, 20)])
    trades = MarketTrades(tape.page, None)
    assert [each.trade_id async for each in trades] == [1, 2]
    tape.trades += [trade(3, 30)]

    assert [each.trade_id async for each in trades] == [3]
    assert repr(trades) == "<MarketTrades up to 3 after 2 calls>"
