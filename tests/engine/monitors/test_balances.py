"""The ledger of fills against the exchange's word."""

from collections.abc import Callable
from decimal import Decimal

import attrs
import pytest
import trio
from trio.testing import MockClock

from seawall.engine.ledger import Ledger
from seawall.engine.monitors.balances import BalanceDiffers, BalancesAgreed, BalancesMonitor, BalancesNotTold
from seawall.engine.settings import Deadlines
from seawall.model.errors import AccessDenied, ExchangeError, OutOfStep, Unavailable
from seawall.model.orders import Side
from seawall.model.reports import Balance, Fill

D = Decimal
HELD = (Balance("BTC", D(1)), Balance("USD", D(1000)))
MORE = (Balance("BTC", D(1)), Balance("USD", D(1500)))
DEADLINES = Deadlines(query_s=10.0, settle_s=2.0)


@attrs.define(eq=False)
class FakeVenue:
    """Answers with what it is given, the last one for ever; an exception is raised, None is never answered."""

    answers: list[tuple[Balance, ...] | Exception | None]
    asked_at_s: list[float] = attrs.field(factory=list)
    meanwhile: Callable[[], object] = lambda: None

    def now_ns(self) -> int:
        return 3_600_000_000_000 + int(trio.current_time() * 1e9)

    async def balances(self) -> tuple[Balance, ...]:
        self.asked_at_s.append(trio.current_time())
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        await trio.sleep(0.1)
        self.meanwhile()
        if answer is None:
            await trio.sleep_forever()
            raise AssertionError("slept for ever")
        if isinstance(answer, Exception):
            raise answer
        return answer


def opened() -> Ledger:
    ledger = Ledger()
    ledger.opening(HELD, at_ns=0)
    return ledger


def buy(exec_id: str) -> Fill:
    return Fill(exec_id, "O1", None, "BTC/USD", Side.BUY, D(1), D(100), D(100), (), maker=True, at_ns=1)


def monitor_of(
    venue: FakeVenue,
    ledger: Ledger,
    told: list[object] | None = None,
    is_quiet: Callable[[], bool] = lambda: True,
) -> BalancesMonitor:
    return BalancesMonitor(
        venue,  # type: ignore[arg-type]  # the one method that is called
        ledger,
        is_quiet,
        DEADLINES,
        every_s=60.0,
        probe=(told if told is not None else []).append,
    )


def test_agreement_is_said_the_first_time_only() -> None:
    monitor = monitor_of(FakeVenue([HELD]), opened())

    assert monitor.look(HELD) == (BalancesAgreed(2),)
    assert monitor.look(HELD) == ()


def test_a_difference_is_said_once_until_it_is_another_one() -> None:
    monitor = monitor_of(FakeVenue([HELD]), opened())
    differs = BalanceDiffers("USD", expected=D(1000), told=D(1500))

    assert monitor.look(MORE) == (differs,)
    assert monitor.look(MORE) == ()
    assert monitor.look((*MORE[:1], Balance("USD", D(1501)))) == (BalanceDiffers("USD", D(1000), D(1501)),)
    assert monitor.look(HELD) == (BalancesAgreed(2),)
    assert monitor.look(MORE) == (differs,)
    assert monitor.look(HELD) == (BalancesAgreed(2),)


def test_a_difference_that_trading_leaves_as_it_is_is_not_said_again() -> None:
    ledger = opened()
    monitor = monitor_of(FakeVenue([HELD]), ledger)
    monitor.look(MORE)
    ledger.apply(buy("T1"))

    assert monitor.look((Balance("BTC", D(2)), Balance("USD", D(1400)))) == ()


def test_one_digit_is_a_difference() -> None:
    monitor = monitor_of(FakeVenue([HELD]), opened())

    assert monitor.differences((Balance("BTC", D("1.00000001")), HELD[1])) == (BalanceDiffers("BTC", D(1), D("1.00000001")),)
    assert monitor.differences((Balance("BTC", D("1.0000")), HELD[1])) == ()


def test_an_asset_the_exchange_does_not_list_is_zero_there_and_one_we_do_not_know_here() -> None:
    monitor = monitor_of(FakeVenue([HELD]), opened())

    assert monitor.differences((Balance("ADA", D(5)), HELD[1])) == (
        BalanceDiffers("ADA", expected=D(0), told=D(5)),
        BalanceDiffers("BTC", expected=D(1), told=D(0)),
    )


def test_notices_read_as_sentences() -> None:
    assert str(BalanceDiffers("USD", D(1000), D(1500))) == "USD: the exchange holds 1500, our fills add up to 1000"
    assert str(BalancesAgreed(2)) == "balances agree, 2 assets"
    assert str(BalancesNotTold("no")) == "balances could not be compared: no"


async def test_a_difference_counts_when_a_second_answer_tells_it_too(autojump_clock: MockClock) -> None:
    venue = FakeVenue([MORE])

    assert await monitor_of(venue, opened()).compare() == (BalanceDiffers("USD", D(1000), D(1500)),)
    assert venue.asked_at_s == pytest.approx([0.0, 2.1])


async def test_a_difference_that_is_gone_in_the_second_answer_was_none(autojump_clock: MockClock) -> None:
    venue = FakeVenue([MORE, HELD])

    assert await monitor_of(venue, opened()).compare() == ()


async def test_nothing_is_compared_while_an_order_is_under_way(autojump_clock: MockClock) -> None:
    venue = FakeVenue([MORE])

    assert await monitor_of(venue, opened(), is_quiet=lambda: False).compare() == ()
    assert venue.asked_at_s == []


async def test_nothing_is_compared_before_the_ledger_is_opened(autojump_clock: MockClock) -> None:
    venue = FakeVenue([MORE])

    assert await monitor_of(venue, Ledger()).compare() == ()
    assert venue.asked_at_s == []


async def test_an_answer_that_a_fill_overtook_is_dropped(autojump_clock: MockClock) -> None:
    ledger = opened()
    venue = FakeVenue([MORE], meanwhile=lambda: ledger.apply(buy("T1")))

    assert await monitor_of(venue, ledger).compare() == ()
    assert len(venue.asked_at_s) == 1


async def test_an_answer_that_an_order_overtook_is_dropped(autojump_clock: MockClock) -> None:
    venue = FakeVenue([MORE])
    quiet = iter([True, False])

    assert await monitor_of(venue, opened(), is_quiet=lambda: next(quiet)).compare() == ()


@pytest.mark.parametrize(
    ("problem", "text"),
    [
        (Unavailable("busy"), "Unavailable: busy"),
        (ExchangeError(("EGeneral:Internal error",)), "ExchangeError: EGeneral:Internal error"),
        (None, "no answer within 10 s"),
    ],
)
async def test_an_exchange_that_cannot_be_asked_is_said_once_and_asked_again(
    problem: Exception | None, text: str, autojump_clock: MockClock
) -> None:
    told: list[object] = []
    venue = FakeVenue([problem, problem, problem, HELD])
    with trio.move_on_after(300):
        await monitor_of(venue, opened(), told).run()

    assert told == [BalancesNotTold(text), BalancesAgreed(2)]


async def test_a_second_failure_after_an_answer_is_said_again(autojump_clock: MockClock) -> None:
    told: list[object] = []
    venue = FakeVenue([Unavailable("busy"), HELD, Unavailable("busy")])
    with trio.move_on_after(300):
        await monitor_of(venue, opened(), told).run()

    unheard = BalancesNotTold("Unavailable: busy")
    assert told == [unheard, BalancesAgreed(2), unheard]


async def test_a_refused_key_is_given_a_long_rest(autojump_clock: MockClock) -> None:
    told: list[object] = []
    venue = FakeVenue([AccessDenied("EAPI:Invalid key"), HELD])
    with trio.move_on_after(3_700):
        await monitor_of(venue, opened(), told).run()

    assert len(venue.asked_at_s) >= 2
    assert venue.asked_at_s[1] >= 3_600
    assert isinstance(told[0], BalancesNotTold)
    assert "AccessDenied" in told[0].problem
    assert told[1] == BalancesAgreed(2)


async def test_a_bug_ends_the_monitor(autojump_clock: MockClock) -> None:
    with pytest.raises(OutOfStep), trio.move_on_after(300):
        await monitor_of(FakeVenue([OutOfStep("a bug")]), opened()).run()
