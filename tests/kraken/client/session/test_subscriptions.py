import itertools

import pytest

from seawall.kraken.client.session.rows import Ask, Feed, Phase, Terms
from seawall.kraken.client.session.subscriptions import Subscriptions
from seawall.kraken.dialect.socket.private_frames import Response, Result

BTC, ETH = Feed("book", "BTC/USD"), Feed("book", "ETH/USD")
TRADES = Feed("trade", "BTC/USD")


@pytest.fixture
def table() -> Subscriptions:
    return Subscriptions(itertools.count(1).__next__)


def due(table: Subscriptions, now_s: float) -> list[Ask]:
    """Every request to send now."""
    asks = []
    while (ask := table.next_ask(now_s, lambda _terms: 100)) is not None:
        asks.append(ask)
    return asks


def granted(req_id: int, symbol: str | None, method: str = "subscribe") -> Response:
    return Response(method=method, success=True, req_id=req_id, result=Result(symbol=symbol))


def refused(req_id: int, error: str, symbol: str | None = None, method: str = "subscribe") -> Response:
    return Response(method=method, success=False, req_id=req_id, error=error, symbol=symbol)


def make_live(table: Subscriptions, *feeds: Feed, now_s: float = 0.0) -> None:
    for feed in feeds:
        table.want(feed)
    for ask in due(table, now_s):
        for symbol in ask.symbols:
            table.answered(granted(ask.req_id, symbol), now_s)
    for feed in feeds:
        table.filled(feed, now_s)


def phase(table: Subscriptions, feed: Feed) -> Phase:
    row = table.get(feed)
    assert row is not None
    return row.phase


def test_symbols_of_one_channel_and_interval_are_asked_for_together(table: Subscriptions) -> None:
    for feed in (BTC, ETH, TRADES, Feed("ohlc", "BTC/USD", 1), Feed("ohlc", "BTC/USD", 5)):
        table.want(feed)
    asked = [(ask.channel, ask.symbols, ask.interval_min) for ask in due(table, 0)]
    assert asked == [
        ("book", ("BTC/USD", "ETH/USD"), None),
        ("trade", ("BTC/USD",), None),
        ("ohlc", ("BTC/USD",), 1),
        ("ohlc", ("BTC/USD",), 5),
    ]
    assert due(table, 0) == []


def test_each_symbol_has_an_answer_of_its_own(table: Subscriptions) -> None:
    table.want(BTC)
    table.want(ETH)
    (ask,) = due(table, 0)
    table.answered(granted(ask.req_id, "ETH/USD"), 0)
    table.filled(ETH, 0)
    assert (phase(table, BTC), phase(table, ETH)) == (Phase.ASKED, Phase.LIVE)


@pytest.mark.parametrize("snapshot_first", [True, False])
def test_a_book_is_live_with_both_its_answer_and_its_snapshot(table: Subscriptions, *, snapshot_first: bool) -> None:
    table.want(BTC)
    (ask,) = due(table, 0)
    for snapshot, then in ((snapshot_first, Phase.ASKED), (not snapshot_first, Phase.LIVE)):
        if snapshot:
            table.filled(BTC, 0)
        else:
            table.answered(granted(ask.req_id, "BTC/USD"), 0)
        assert phase(table, BTC) is then


def test_trades_are_live_with_their_answer(table: Subscriptions) -> None:
    table.want(TRADES)
    (ask,) = due(table, 0)
    table.answered(granted(ask.req_id, "BTC/USD"), 0)
    assert phase(table, TRADES) is Phase.LIVE


@pytest.mark.parametrize(
    ("answer_symbol", "error"),
    [("ETH/USD", "Currency pair not supported"), (None, "Currency pair not supported ETH/USD")],
)
def test_a_refusal_is_of_the_symbol_it_names(table: Subscriptions, answer_symbol: str | None, error: str) -> None:
    table.want(BTC)
    table.want(ETH)
    (ask,) = due(table, 0)
    (row,) = table.answered(refused(ask.req_id, error, answer_symbol), 0)
    assert (row.feed, row.error) == (ETH, error)
    assert (phase(table, BTC), phase(table, ETH)) == (Phase.ASKED, Phase.REFUSED)


def test_a_refusal_without_a_name_is_of_the_whole_request(table: Subscriptions) -> None:
    table.want(BTC)
    table.want(ETH)
    (ask,) = due(table, 0)
    assert len(table.answered(refused(ask.req_id, "Subscription depth not supported"), 0)) == 2


def test_what_was_refused_stays_so_until_it_is_wanted_again(table: Subscriptions) -> None:
    table.want(BTC)
    (ask,) = due(table, 0)
    table.answered(refused(ask.req_id, "no", "BTC/USD"), 0)
    table.restart(1)
    assert due(table, 1) == []
    assert table.settled()
    table.want(BTC)
    assert [ask.channel for ask in due(table, 1)] == ["book"]


def test_a_new_connection_is_asked_for_everything(table: Subscriptions) -> None:
    make_live(table, BTC, TRADES)
    table.restart(5)
    assert not table.settled()
    assert [ask.channel for ask in due(table, 5)] == ["book", "trade"]


def test_a_suspect_feed_is_left_and_asked_for_anew_alone(table: Subscriptions) -> None:
    make_live(table, BTC, ETH)
    assert table.suspect(BTC, 10) == 1
    (leave,) = due(table, 10)
    assert (leave.method, leave.symbols) == ("unsubscribe", ("BTC/USD",))
    assert due(table, 10) == []
    table.answered(granted(leave.req_id, "BTC/USD", "unsubscribe"), 10)
    (ask,) = due(table, 10)
    assert (ask.method, ask.symbols) == ("subscribe", ("BTC/USD",))
    assert phase(table, ETH) is Phase.LIVE


def test_a_refused_leave_means_that_there_was_nothing_to_leave(table: Subscriptions) -> None:
    make_live(table, BTC)
    table.suspect(BTC, 0)
    (leave,) = due(table, 0)
    table.answered(refused(leave.req_id, "Subscription Not Found", method="unsubscribe"), 0)
    assert [ask.method for ask in due(table, 0)] == ["subscribe"]


def test_an_exchange_that_is_still_subscribed_is_left_first(table: Subscriptions) -> None:
    table.want(BTC)
    (ask,) = due(table, 0)
    assert table.answered(refused(ask.req_id, "Already subscribed", "BTC/USD"), 0) == []
    assert [ask.method for ask in due(table, 0)] == ["unsubscribe"]


def test_a_feed_under_way_cannot_become_suspect_twice(table: Subscriptions) -> None:
    make_live(table, BTC)
    assert table.suspect(BTC, 0) == 1
    assert table.suspect(BTC, 0) == 0
    assert table.suspect(Feed("book", "XRP/USD"), 0) == 0


def test_resyncs_in_a_row_wait_ever_longer_and_calm_forgives_them(table: Subscriptions) -> None:
    now_s, waits = 0.0, []
    for times in range(1, 9):
        make_live(table, BTC, now_s=now_s)
        assert table.suspect(BTC, now_s) == times
        waits.append(table.next_due_s() - now_s)
        now_s = table.next_due_s()
        (leave,) = due(table, now_s)
        table.answered(granted(leave.req_id, "BTC/USD", "unsubscribe"), now_s)
    assert waits == [0, 1, 2, 4, 8, 16, 30, 30]
    make_live(table, BTC, now_s=now_s)
    assert table.suspect(BTC, now_s + 61) == 1


def test_what_has_no_answer_is_overdue(table: Subscriptions) -> None:
    table.want(BTC)
    due(table, 3)
    assert table.overdue(3) == []
    assert [row.feed for row in table.overdue(4)] == [BTC]


def test_answers_to_other_requests_change_nothing(table: Subscriptions) -> None:
    table.want(BTC)
    (ask,) = due(table, 0)
    assert table.answered(granted(ask.req_id + 1, "BTC/USD"), 0) == []
    assert table.answered(granted(ask.req_id, "ETH/USD"), 0) == []
    assert phase(table, BTC) is Phase.ASKED


def test_many_symbols_are_asked_for_in_several_requests(table: Subscriptions) -> None:
    for number in range(250):
        table.want(Feed("book", f"A{number}/USD"))
    assert [len(ask.symbols) for ask in due(table, 0)] == [100, 100, 50]


def test_what_is_left_repeats_the_terms_on_which_it_was_subscribed(table: Subscriptions) -> None:
    ticker = Feed("ticker", "BTC/USD")
    table.want(BTC, Terms(depth=100))
    table.want(ETH, Terms(depth=10))
    table.want(ticker, Terms(event_trigger="bbo"))
    asked = due(table, 0)
    assert [(ask.symbols, ask.terms) for ask in asked] == [
        (("BTC/USD",), Terms(depth=100)),
        (("ETH/USD",), Terms(depth=10)),
        (("BTC/USD",), Terms(event_trigger="bbo")),
    ]
    for ask in asked:
        table.answered(granted(ask.req_id, ask.symbols[0]), 0)
    table.filled(ticker, 0)
    table.end(ticker, 0)
    (left,) = due(table, 0)
    assert (left.method, left.channel, left.terms) == ("unsubscribe", "ticker", Terms(event_trigger="bbo"))


def test_what_was_never_asked_for_ends_without_a_word(table: Subscriptions) -> None:
    table.want(BTC)
    table.end(BTC, 0)
    table.end(ETH, 0)
    assert table.get(BTC) is None
    assert due(table, 0) == []


def test_what_was_refused_ends_without_a_word(table: Subscriptions) -> None:
    table.want(BTC)
    (ask,) = due(table, 0)
    table.answered(refused(ask.req_id, "no", "BTC/USD"), 0)
    table.end(BTC, 0)
    assert table.get(BTC) is None


def test_what_is_served_ends_when_the_exchange_has_let_go(table: Subscriptions) -> None:
    make_live(table, BTC)
    table.end(BTC, 5)
    (leave,) = due(table, 5)
    assert leave.method == "unsubscribe"
    table.answered(granted(leave.req_id, "BTC/USD", "unsubscribe"), 5)
    assert table.get(BTC) is None
    assert due(table, 5) == []


def test_what_waits_for_its_resync_ends_at_once(table: Subscriptions) -> None:
    make_live(table, BTC)
    table.suspect(BTC, 0)
    (leave,) = due(table, 0)
    table.answered(granted(leave.req_id, "BTC/USD", "unsubscribe"), 0)
    make_live(table, BTC)
    assert table.suspect(BTC, 0) == 2
    assert due(table, 0) == []
    table.end(BTC, 0)
    assert [ask.method for ask in due(table, 0)] == ["unsubscribe"]


@pytest.mark.parametrize("filled", [True, False])
def test_what_is_on_its_way_is_left_once_it_has_come(table: Subscriptions, *, filled: bool) -> None:
    table.want(BTC)
    (ask,) = due(table, 0)
    if filled:
        table.filled(BTC, 0)
    table.end(BTC, 0)
    assert due(table, 0) == [], "leaving before it has come could be answered in any order"
    table.answered(granted(ask.req_id, "BTC/USD"), 0)
    table.filled(BTC, 0)
    (leave,) = due(table, 0)
    assert leave.method == "unsubscribe"
    table.answered(granted(leave.req_id, "BTC/USD", "unsubscribe"), 0)
    assert table.get(BTC) is None


def test_what_is_on_its_way_and_then_refused_is_over(table: Subscriptions) -> None:
    table.want(BTC)
    (ask,) = due(table, 0)
    table.end(BTC, 0)
    assert table.answered(refused(ask.req_id, "no", "BTC/USD"), 0) == []
    assert table.get(BTC) is None


def test_what_is_just_being_left_is_not_asked_for_again(table: Subscriptions) -> None:
    make_live(table, BTC)
    table.suspect(BTC, 0)
    (leave,) = due(table, 0)
    table.end(BTC, 0)
    assert table.suspect(BTC, 0) == 0
    table.answered(granted(leave.req_id, "BTC/USD", "unsubscribe"), 0)
    assert table.get(BTC) is None


def test_a_new_connection_is_not_told_of_what_had_ended(table: Subscriptions) -> None:
    make_live(table, BTC, ETH)
    table.end(BTC, 0)
    table.restart(1)
    assert [ask.symbols for ask in due(table, 1)] == [("ETH/USD",)]


def test_what_the_exchange_was_too_busy_for_is_asked_for_later(table: Subscriptions) -> None:
    table.want(BTC)
    (ask,) = due(table, 0)
    table.answered(refused(ask.req_id, "EService:Busy", "BTC/USD"), 0)
    table.put_off(BTC, 5.0, 0)
    assert table.settled(), "the others need not wait for it"
    assert (due(table, 4), table.next_due_s()) == ([], 5.0)
    assert [ask.symbols for ask in due(table, 5)] == [("BTC/USD",)]


def test_many_resyncs_at_once_share_a_budget(table: Subscriptions) -> None:
    feeds = [Feed("book", f"A{number}/USD") for number in range(50)]
    make_live(table, *feeds)
    assert [table.suspect(feed, 0) for feed in feeds] == [1] * 50
    at_s = sorted(row.not_before_s for row in table)
    assert at_s[9] == 0.0
    assert at_s[-1] == pytest.approx(8.0)
    assert [ask.symbols for ask in due(table, 0)] == [tuple(f"A{number}/USD" for number in range(10))]


def test_a_feed_that_breaks_three_times_in_a_row_is_unverified_until_it_was_calm(table: Subscriptions) -> None:
    make_live(table, BTC, ETH)
    now_s = 0.0
    for times in range(1, 4):
        assert table.unverified(now_s) == []
        assert table.suspect(BTC, now_s) == times
        now_s = table.next_due_s()
        (leave,) = due(table, now_s)
        table.answered(granted(leave.req_id, "BTC/USD", "unsubscribe"), now_s)
        make_live(table, BTC, now_s=now_s)
    assert table.unverified(now_s + 60) == [BTC]
    assert table.unverified(now_s + 61) == []
