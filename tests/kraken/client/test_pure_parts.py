"""The parts of the client that wait for nothing."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
import trio

from seawall.kraken.client import KRAKEN, Addresses, ClientSettings, Credentials
from seawall.kraken.client.answers import Answers
from seawall.kraken.client.cancels import gravest, refused_cancel
from seawall.kraken.client.candles import CandleSeries
from seawall.kraken.client.clock import ExchangeClock
from seawall.kraken.client.connection import ConnectionLost, UpgradeRefused
from seawall.kraken.client.http import HttpFailed
from seawall.kraken.client.pace import Pace
from seawall.kraken.client.sequence import Arrival, Sequence
from seawall.kraken.client.verdicts import HttpRefused, fatal_dial, judge_dial, judge_request, patience_s
from seawall.kraken.dialect.bad import BadFrame
from seawall.kraken.dialect.private_frames import Response
from seawall.model.errors import (
    AccessDenied,
    ExchangeError,
    NotSent,
    OutcomeUnknown,
    RefusedByExchange,
    SeawallError,
    Unavailable,
)
from seawall.model.market_data import Candle
from seawall.resilience import Verdict

# The exchange's clock


class Now:
    def __init__(self) -> None:
        self.s = 1000.0
        self.wall_ns = 5_000_000_000


@pytest.fixture
def now() -> Now:
    return Now()


@pytest.fixture
def clock(now: Now) -> ExchangeClock:
    return ExchangeClock(lambda: now.s, lambda: now.wall_ns)


def test_before_it_was_heard_the_clock_is_the_machines(clock: ExchangeClock) -> None:
    assert clock.now_ns() == 5_000_000_000
    assert clock.uncertainty_s() is None


def test_the_clock_is_taken_from_the_middle_of_the_round_trip(clock: ExchangeClock, now: Now) -> None:
    now.s = 1000.2
    clock.heard(1000.0, 1000.2, 7_000_000_000)
    assert clock.now_ns() == pytest.approx(7_100_000_000, abs=1000)
    assert clock.uncertainty_s() == pytest.approx(0.1, abs=1e-4)


def test_steps_of_the_wall_clock_do_not_move_it(clock: ExchangeClock, now: Now) -> None:
    clock.heard(1000.0, 1000.0, 7_000_000_000)
    now.wall_ns = 10**18
    now.s += 3
    assert clock.now_ns() == 10_000_000_000


def test_a_coarse_word_does_not_replace_a_fine_one_that_it_agrees_with(clock: ExchangeClock, now: Now) -> None:
    clock.heard(1000.0, 1000.02, 7_000_000_000)
    clock.heard(1000.0, 1000.4, 7_000_000_000, granularity_s=1.0)
    assert clock.uncertainty_s() == pytest.approx(0.01, abs=1e-3)


def test_a_word_that_contradicts_is_believed(clock: ExchangeClock, now: Now) -> None:
    clock.heard(1000.0, 1000.02, 7_000_000_000)
    clock.heard(1000.0, 1000.4, 60_000_000_000, granularity_s=1.0)
    assert clock.now_ns() > 60_000_000_000


def test_what_is_surely_past_lies_before_the_estimate(clock: ExchangeClock, now: Now) -> None:
    clock.heard(1000.0, 1000.2, 7_000_000_000)
    assert clock.now_ns() - clock.at_least_ns() == pytest.approx(100_000_000, rel=1e-3)


# Answers


def test_answers_find_who_waits_and_late_ones_find_nobody() -> None:
    answers = Answers()
    first, second = answers.expect("add_order"), answers.expect("add_order")
    assert answers.take(Response(method="add_order", req_id=second.req_id), 1.0) is second
    assert second.done.is_set()
    assert not first.done.is_set()
    answers.forget(first)
    assert answers.take(Response(method="add_order", req_id=first.req_id), 1.0) is None
    assert answers.take(Response(method="add_order"), 1.0) is None
    assert answers.unexpected == 2


def test_a_lost_connection_wakes_everybody_with_the_reason() -> None:
    answers = Answers()
    waiting = [answers.expect("cancel_order", 2) for _ in range(2)]
    answers.lose("gone")
    assert [(each.lost, each.done.is_set()) for each in waiting] == [("gone", True)] * 2
    assert len(answers) == 0


# Sequence numbers


def test_sequence_numbers_are_judged() -> None:
    count = Sequence()
    judged = [count.take(number, snapshot=number == 1) for number in (1, 2, 2, 1, 5, 6)]
    # the second 1 is a snapshot, which begins anew
    assert judged == [
        Arrival.IN_ORDER,
        Arrival.IN_ORDER,
        Arrival.REPEATED,
        Arrival.IN_ORDER,
        Arrival.GAP,
        Arrival.IN_ORDER,
    ]


# Candles


def a_candle(minute: int, close: str = "1", *, closed: bool = False) -> Candle:
    one = Decimal(1)
    return Candle("BTC/USD", 60, minute * 60_000_000_000, one, one, one, Decimal(close), one, 1, closed)


def test_a_later_candle_closes_the_one_before() -> None:
    series = CandleSeries(60)
    assert series.take_snapshot([a_candle(1), a_candle(0)]) == []
    assert [candle.closed for candle in series.all()] == [True, False]
    assert series.take(a_candle(1, "2")) == [a_candle(1, "2")]
    assert series.take(a_candle(2)) == [a_candle(1, "2", closed=True), a_candle(2)]


def test_an_interval_without_later_trades_is_closed_by_the_clock_and_once() -> None:
    series = CandleSeries(60)
    series.take_snapshot([a_candle(0)])
    assert series.close_by(60_000_000_000) == []
    assert series.close_by(63_000_000_000) == [a_candle(0, closed=True)]
    assert series.close_by(99_000_000_000) == []
    assert series.take(a_candle(0, "7")) == [], "what was said to be closed stays as it was"


def test_a_snapshot_after_a_gap_tells_what_was_missed() -> None:
    series = CandleSeries(60)
    series.take_snapshot([a_candle(0), a_candle(1)])
    changed = series.take_snapshot([a_candle(0), a_candle(1, "5"), a_candle(2), a_candle(3)])
    assert [(candle.begin_ns // 60_000_000_000, candle.closed) for candle in changed] == [
        (1, False),
        (1, True),
        (2, False),
        (2, True),
        (3, False),
    ]


def test_history_has_an_end() -> None:
    series = CandleSeries(60)
    series.take_snapshot([a_candle(minute) for minute in range(1000)])
    assert len(series.all()) == 720


# The matching engine's counter


def test_orders_are_held_back_where_the_exchange_would_refuse_them() -> None:
    pace = Pace.of("starter")
    for number in range(60):
        pace.place(f"o{number}", "BTC/USD", 0.0)
    with pytest.raises(NotSent, match="BTC/USD") as held:
        pace.place("o60", "BTC/USD", 0.0)
    assert held.value.retry_after_s == pytest.approx(1.0)
    pace.place("other", "ETH/USD", 0.0)
    pace.place("o60", "BTC/USD", 1.0)


def test_cancels_are_counted_by_age_and_never_held_back() -> None:
    pace = Pace.of("starter")
    for number in range(20):
        pace.place(f"o{number}", "BTC/USD", 0.0)
    for number in range(20):
        pace.cancel(f"o{number}", 0.0)
    with pytest.raises(NotSent) as held:
        pace.place("next", "BTC/USD", 0.0)
    assert held.value.retry_after_s == pytest.approx(20 + 160 + 1 - 60)


def test_an_amend_makes_an_order_young_again() -> None:
    pace = Pace.of("starter")
    pace.place("o", "BTC/USD", 0.0)
    pace.amend("o", 400.0)  # 1
    pace.cancel("o", 401.0)  # 8, as of an order one second old
    for number in range(52):
        pace.place(f"n{number}", "BTC/USD", 401.0)
    with pytest.raises(NotSent):
        pace.place("last", "BTC/USD", 401.0)


def test_the_exchanges_own_refusal_corrects_the_count() -> None:
    pace = Pace.of("pro")
    pace.refused("BTC/USD", RefusedByExchange("EOrder:Rate limit exceeded", ""), 0.0)
    with pytest.raises(NotSent):
        pace.place("o", "BTC/USD", 0.0)
    pace.refused("ETH/USD", RefusedByExchange("EOrder:Insufficient funds", ""), 0.0)
    pace.place("o", "ETH/USD", 0.0)


# Refused cancels


def test_an_order_that_is_not_open_is_no_failure() -> None:
    outcome = refused_cancel("a", ["EOrder:Unknown order"])
    assert (outcome.accepted, outcome.reason) == (False, "EOrder:Unknown order")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ("EService:Timeout", OutcomeUnknown),
        ("EService:Busy", Unavailable),
        ("EGeneral:Permission denied", AccessDenied),
        ("EGeneral:Invalid arguments", ExchangeError),
        ("ENews:What is this", OutcomeUnknown),
    ],
)
def test_other_refusals_of_cancels_are_told_as_what_they_are(error: str, kind: type[SeawallError]) -> None:
    with pytest.raises(kind):
        refused_cancel("a", [error])


def test_what_was_lost_is_told_before_what_never_left() -> None:
    lost, busy, unsent = OutcomeUnknown("x"), Unavailable("y"), NotSent("z")
    assert gravest([unsent, busy, lost]) is lost
    assert gravest([unsent, busy]) is busy


# Verdicts


@pytest.mark.parametrize(
    ("outcome", "verdict"),
    [
        ("an answer", Verdict.SUCCESS),
        (HttpFailed("reset", begun=True, local=False), Verdict.FAILURE),
        (HttpFailed("pool is full", begun=False, local=True), Verdict.NEUTRAL),
        (trio.TooSlowError(), Verdict.FAILURE),
        (HttpRefused(503, None), Verdict.FAILURE),
        (HttpRefused(429, None), Verdict.NEUTRAL),
        (HttpRefused(404, None), Verdict.SUCCESS),
        (Unavailable("EService:Busy"), Verdict.FAILURE),
        (Unavailable("EAPI:Rate limit exceeded", retry_after_s=15.0), Verdict.NEUTRAL),
        (OutcomeUnknown("EService:Unavailable"), Verdict.FAILURE),
        (OutcomeUnknown("EGeneral:Invalid arguments:cl_ord_id not unique"), Verdict.SUCCESS),
        (BadFrame("half"), Verdict.FAILURE),
        (RefusedByExchange("EOrder:Insufficient funds", ""), Verdict.SUCCESS),
        (AccessDenied("EAPI:Invalid key"), Verdict.SUCCESS),
        (KeyError("a bug"), Verdict.NEUTRAL),
    ],
)
def test_verdicts_on_requests(outcome: object, verdict: Verdict) -> None:
    assert judge_request(outcome) is verdict


@pytest.mark.parametrize(
    ("outcome", "verdict"),
    [
        (ConnectionLost("reset"), Verdict.FAILURE),
        (ConnectionRefusedError(), Verdict.FAILURE),
        (trio.BrokenResourceError(), Verdict.FAILURE),
        (UpgradeRefused(503), Verdict.FAILURE),
        (UpgradeRefused(429), Verdict.NEUTRAL),
        (Unavailable("no token", retry_after_s=1.0), Verdict.NEUTRAL),
        (ExchangeError(("Symbol(s) not found",)), Verdict.SUCCESS),
        (KeyError("a bug"), Verdict.NEUTRAL),
    ],
)
def test_verdicts_on_connections(outcome: object, verdict: Verdict) -> None:
    assert judge_dial(outcome) is verdict


def test_a_refused_upgrade_without_a_wait_still_asks_for_one() -> None:
    assert patience_s(UpgradeRefused(429)) == 60
    assert patience_s(UpgradeRefused(429, retry_after_s=90)) == 90
    assert patience_s(UpgradeRefused(503)) is None
    assert patience_s(ExceptionGroup("", [ConnectionLost("x")])) is None


def test_a_wrong_address_is_fatal_only_until_it_has_been_right() -> None:
    assert fatal_dial(UpgradeRefused(404), served_before=False) is not None
    assert fatal_dial(UpgradeRefused(404), served_before=True) is None
    assert fatal_dial(UpgradeRefused(503), served_before=False) is None
    assert fatal_dial(ExceptionGroup("", [AccessDenied("EAPI:Invalid key")]), served_before=True) is not None
    assert fatal_dial(ConnectionLost("x"), served_before=False) is None


# Settings


def test_the_secret_is_never_shown() -> None:
    shown = repr(ClientSettings(credentials=Credentials("key", "c2VjcmV0")))
    assert "c2VjcmV0" not in shown


@pytest.mark.parametrize("rest", ["api.kraken.com", "ftp://api.kraken.com", "https://", "wss://api.kraken.com"])
def test_an_address_that_is_none_is_refused_by_name(rest: str) -> None:
    with pytest.raises(ValueError, match="rest"):
        Addresses(rest, KRAKEN.public, KRAKEN.private, KRAKEN.level3)


@pytest.mark.parametrize(
    "make",
    [
        lambda: ClientSettings(request_s=0.0),
        lambda: ClientSettings(silent_after_s=float("nan")),
        lambda: ClientSettings(dial_s=float("inf")),
        lambda: ClientSettings(book_depth=11),
    ],
)
def test_settings_that_cannot_work_are_refused(make: Callable[[], ClientSettings]) -> None:
    with pytest.raises(ValueError, match=r"_s|depth"):
        make()


def test_a_missing_authority_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        ClientSettings(ca_file=tmp_path / "none.pem").ssl_context()
