"""What the breaker and the reconnect loop of the textbooks get wrong, and these do not.

Each scenario runs twice: with what this package offers, where it must hold, and with the usual twenty lines, where it must not.
So each is known to be able to fail.
"""

import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from random import Random
from typing import Final, Protocol

import attrs
import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from seawall.resilience import (
    Backoff,
    Breaker,
    BreakerSettings,
    ConnectionBudget,
    Link,
    Reconnect,
    ReconnectSchedule,
    Verdict,
    classify,
    none,
)

Function = Callable[[], Awaitable[object]]


class AnyBreaker(Protocol):
    async def call(self, function: Function) -> object:
        """Run `await function()`, or raise without running it."""


@attrs.define
class TextbookBreaker:
    """The usual twenty lines: 5 failures, 60 s."""

    clock: Callable[[], float] = trio.current_time
    threshold: int = 5
    open_s: float = 60.0
    failures: int = 0
    failed_at: float = 0.0
    state: str = "closed"

    async def call(self, function: Function) -> object:
        if self.state == "open":
            if self.clock() - self.failed_at <= self.open_s:
                raise RuntimeError("the circuit is open")
            self.state = "half open"
        try:
            result = await function()
        except Exception:
            self.failures += 1
            self.failed_at = self.clock()
            if self.failures >= self.threshold:
                self.state = "open"
            raise
        if self.state == "half open":
            self.state, self.failures = "closed", 0
        return result


class Busy(Exception):
    """The other side refuses one request, and is well."""


def judge(outcome: object) -> Verdict:
    """As a client of some venue would: its refusals are answers, and some of its answers are failures."""
    if isinstance(outcome, Busy):
        return Verdict.SUCCESS
    return Verdict.FAILURE if outcome == "unavailable" else classify(outcome)


# Calls


async def answer() -> str:
    await trio.lowlevel.checkpoint()
    return "answer"


async def fail() -> None:
    await trio.lowlevel.checkpoint()
    raise ConnectionRefusedError


def later(delay_s: float, function: Function) -> Function:
    async def delayed() -> object:
        await trio.sleep(delay_s)
        return await function()

    return delayed


async def passes(breaker: AnyBreaker, function: Function = answer) -> bool:
    """Call through the breaker; whether the function was run."""
    ran = False

    async def noted() -> object:
        nonlocal ran
        ran = True
        return await function()

    with suppress(Exception):
        await breaker.call(noted)
    return ran


async def open_it(breaker: AnyBreaker, failures: int = 5) -> None:
    for _ in range(failures):
        await passes(breaker, fail)


# What must hold of a breaker


async def failures_count_in_a_row(breaker: AnyBreaker) -> None:
    await open_it(breaker, 4)
    await passes(breaker)
    await open_it(breaker, 4)
    assert await passes(breaker), "eight failures, and never five in a row"


async def a_spell_ends_when_it_says(breaker: AnyBreaker) -> None:
    await open_it(breaker)
    await trio.sleep(59.999)
    assert not await passes(breaker), "the spell is not over"
    await trio.sleep(60.0 - 59.999)
    assert await passes(breaker), "sixty seconds are sixty seconds"


async def spells_are_timed_by_trios_clock(breaker: AnyBreaker) -> None:
    """The wall clock stands still meanwhile; it could as well jump."""
    await open_it(breaker)
    await trio.sleep(61.0)
    assert await passes(breaker), "a minute passed on trio's clock"


async def a_late_failure_does_not_lengthen_the_spell(breaker: AnyBreaker) -> None:
    async with trio.open_nursery() as nursery:
        nursery.start_soon(passes, breaker, later(50.0, fail))
        await wait_all_tasks_blocked()
        await open_it(breaker)
        await trio.sleep(61.0)
    assert await passes(breaker), "what began before the opening says nothing about now"


async def one_probe_at_a_time(breaker: AnyBreaker) -> None:
    await open_it(breaker)
    await trio.sleep(61.0)
    admitted: list[bool] = []

    async def probe() -> None:
        admitted.append(await passes(breaker, later(1.0, answer)))

    async with trio.open_nursery() as nursery:
        for _ in range(20):
            nursery.start_soon(probe)
    assert sum(admitted) == 1, "twenty came at once"


async def a_cancelled_probe_decides_nothing_and_makes_room(breaker: AnyBreaker) -> None:
    await open_it(breaker)
    await trio.sleep(61.0)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(passes, breaker, trio.sleep_forever)
        await wait_all_tasks_blocked()
        admitted = await passes(breaker)
        nursery.cancel_scope.cancel()
    assert not admitted, "the probe's place was taken"
    assert await passes(breaker), "the probe's place is free again"


async def a_late_success_does_not_close(breaker: AnyBreaker) -> None:
    async with trio.open_nursery() as nursery:
        nursery.start_soon(passes, breaker, later(62.0, answer))
        await wait_all_tasks_blocked()
        await open_it(breaker)
        await trio.sleep(61.0)
        nursery.start_soon(passes, breaker, later(10.0, fail))
        await trio.sleep(5.0)
        admitted = await passes(breaker)
    assert not admitted, "the probe is out still, and only its word counts"


async def a_late_failure_does_not_reopen(breaker: AnyBreaker) -> None:
    async with trio.open_nursery() as nursery:
        nursery.start_soon(passes, breaker, later(62.0, fail))
        await wait_all_tasks_blocked()
        await open_it(breaker)
        await trio.sleep(61.0)
        nursery.start_soon(passes, breaker, later(10.0, answer))
    assert await passes(breaker), "the probe succeeded"


async def a_hung_probe_has_no_say_when_it_ends(breaker: AnyBreaker) -> None:
    await open_it(breaker)
    await trio.sleep(61.0)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(passes, breaker, later(200.0, fail))
        await trio.sleep(100.0)
        recovered = await passes(breaker)
    assert recovered, "a probe that hangs holds nobody up for ever"
    await open_it(breaker, 4)
    assert await passes(breaker), "four failures since it closed; the hung probe's came too late"


async def an_open_inner_breaker_is_no_failure_of_the_outer(breaker: AnyBreaker) -> None:
    inner = Breaker("inner")
    inner.force_open()
    for _ in range(5):
        with suppress(Exception):
            await breaker.call(lambda: inner.call(answer))
    assert await passes(breaker), "nothing was asked, so nothing has failed"


async def a_refusal_is_an_answer(breaker: AnyBreaker) -> None:
    async def busy() -> None:
        await trio.lowlevel.checkpoint()
        raise Busy

    for _ in range(5):
        await passes(breaker, busy)
    assert await passes(breaker), "it answered five times"


async def a_bug_of_ours_is_no_failure_of_theirs(breaker: AnyBreaker) -> None:
    async def bug() -> None:
        await trio.lowlevel.checkpoint()
        raise KeyError("price")

    for _ in range(5):
        await passes(breaker, bug)
    assert await passes(breaker), "the other side has done nothing"


async def a_result_can_be_a_failure(breaker: AnyBreaker) -> None:
    async def unavailable() -> str:
        await trio.lowlevel.checkpoint()
        return "unavailable"

    for _ in range(5):
        await passes(breaker, unavailable)
    assert not await passes(breaker), "five failures, though none was raised"


async def a_rejection_says_who_and_when(breaker: AnyBreaker) -> None:
    await open_it(breaker)
    await trio.sleep(20.0)
    try:
        await breaker.call(answer)
    except Exception as rejection:  # noqa: BLE001 - of whatever kind it is
        said = (getattr(rejection, "name", None), getattr(rejection, "retry_after_s", None))
    else:
        said = ("admitted", None)
    assert said == ("venue", 40.0), "a caller must know how long to wait"


async def fifty_failing_together_open_it_for_one_spell(breaker: AnyBreaker) -> None:
    """Those that fail after the fifth neither open it again nor count for the time after."""
    async with trio.open_nursery() as nursery:
        for number in range(50):
            nursery.start_soon(passes, breaker, later(number * 0.1, fail))
    await trio.sleep(61.0 - 4.9)
    assert await passes(breaker), "a minute has passed since the fifth"


BREAKER_SCENARIOS: Final = [
    failures_count_in_a_row,
    a_spell_ends_when_it_says,
    spells_are_timed_by_trios_clock,
    a_late_failure_does_not_lengthen_the_spell,
    one_probe_at_a_time,
    a_cancelled_probe_decides_nothing_and_makes_room,
    a_late_success_does_not_close,
    a_late_failure_does_not_reopen,
    a_hung_probe_has_no_say_when_it_ends,
    an_open_inner_breaker_is_no_failure_of_the_outer,
    a_refusal_is_an_answer,
    a_bug_of_ours_is_no_failure_of_theirs,
    a_result_can_be_a_failure,
    a_rejection_says_who_and_when,
    fifty_failing_together_open_it_for_one_spell,
]
every_breaker_scenario = pytest.mark.parametrize("scenario", BREAKER_SCENARIOS, ids=lambda scenario: scenario.__name__)


@every_breaker_scenario
async def test_of_this_breaker(scenario: Callable[[AnyBreaker], Awaitable[None]], autojump_clock: MockClock) -> None:
    await scenario(Breaker("venue", classify=judge))


@every_breaker_scenario
async def test_not_of_the_textbooks(scenario: Callable[[AnyBreaker], Awaitable[None]], autojump_clock: MockClock) -> None:
    clock = time.time if scenario is spells_are_timed_by_trios_clock else trio.current_time
    with pytest.raises(AssertionError):
        await scenario(TextbookBreaker(clock))


# What must hold of a link


class Refused(Exception):
    """The handshake was answered with a status."""

    def __init__(self, status: int, retry_after_s: float | None = None) -> None:
        super().__init__(status)
        self.status = status
        self.retry_after_s = retry_after_s


def fatal(error: BaseException) -> str | None:
    return "the key is refused" if isinstance(error, Refused) and error.status == 401 else None


@attrs.define
class Server:
    """Answers each dial alike: `refusal` when it connects, silence in place of the acknowledgement, or a drop."""

    refusal: Exception | None = None
    acknowledges: bool = True
    lives_s: float = 0.01
    dialled: list[float] = attrs.field(factory=list)

    async def connect(self) -> None:
        self.dialled.append(round(trio.current_time(), 6))
        await trio.lowlevel.checkpoint()
        if self.refusal is not None:
            raise self.refusal

    async def serve(self, subscribed: Callable[[], None]) -> None:
        if not self.acknowledges:
            await trio.sleep_forever()
        subscribed()
        await trio.sleep(self.lives_s)
        raise ConnectionResetError

    @property
    def gaps(self) -> list[float]:
        return [round(after - before, 6) for before, after in zip(self.dialled, self.dialled[1:], strict=False)]


async def this_link(server: Server) -> None:
    async def attempt(link: Link) -> None:
        await server.connect()

        def subscribed() -> None:
            link.serving()
            link.heard()

        await server.serve(subscribed)

    breaker = Breaker("venue", BreakerSettings(failure_threshold=6, open_s=100.0))
    schedule = ReconnectSchedule(backoff=Backoff(jitter=none))
    await Reconnect(
        "link", attempt, schedule=schedule, breaker=breaker, budget=ConnectionBudget(), rng=Random(1), fatal=fatal
    ).run()


def textbook_delay_s(n: int) -> float:
    return float(min(5.0 * 2**n, 60.0))


@attrs.define
class TextbookLink:
    """A few instant attempts, then backoff around the breaker; a handshake is a success."""

    server: Server
    breaker: TextbookBreaker = attrs.field(factory=lambda: TextbookBreaker(threshold=6, open_s=100.0))
    attempts: int = 0

    async def run(self) -> None:
        while True:
            await self.connect()
            with suppress(ConnectionResetError):
                await self.server.serve(lambda: None)

    async def connect(self) -> None:
        for _ in range(3):
            with suppress(Exception):
                return await self.dial()
            await trio.sleep(0.5)
        while True:
            with suppress(Exception):
                await self.breaker.call(self.dial)
                return None
            self.attempts += 1
            await trio.sleep(textbook_delay_s(self.attempts))

    async def dial(self) -> None:
        with trio.fail_after(10.0):
            await self.server.connect()
        self.attempts = 0


async def textbook_link(server: Server) -> None:
    await TextbookLink(server).run()


AnyLink = Callable[[Server], Awaitable[None]]


async def play(link: AnyLink, server: Server, seconds: float) -> None:
    with trio.move_on_after(seconds), suppress(Exception):
        await link(server)


async def the_first_delay_is_the_base(link: AnyLink) -> None:
    server = Server(refusal=ConnectionRefusedError())
    await play(link, server, 40.0)
    assert server.dialled == [0.0, 0.5, 1.0, 6.0, 16.0, 36.0], "three at once, then after 5, 10, 20 s"


async def a_handshake_alone_earns_no_instant_attempts(link: AnyLink) -> None:
    server = Server()
    await play(link, server, 600.0)
    assert len(server.dialled) < 20, "a venue that drops every connection at once must not see a storm"


async def the_acknowledgement_is_part_of_the_dial(link: AnyLink) -> None:
    server = Server(acknowledges=False)
    await play(link, server, 60.0)
    assert len(server.dialled) > 1, "connected and never subscribed is not connected"


async def an_open_breaker_is_waited_for_exactly(link: AnyLink) -> None:
    server = Server(refusal=ConnectionRefusedError())
    await play(link, server, 1000.0)
    assert 100.0 in server.gaps, "the dial after an opening comes when the breaker says, not when a poll happens to"


async def handshakes_that_drop_open_the_breaker(link: AnyLink) -> None:
    server = Server()
    await play(link, server, 600.0)
    assert 100.01 in server.gaps, "a connection that does not last is a failure, though its handshake succeeded"


async def a_refused_key_is_not_tried_again(link: AnyLink) -> None:
    server = Server(refusal=Refused(401))
    await play(link, server, 100.0)
    assert server.dialled == [0.0], "it will be refused for ever"


async def a_named_wait_is_kept(link: AnyLink) -> None:
    server = Server(refusal=Refused(503, retry_after_s=120.0))
    await play(link, server, 130.0)
    assert server.dialled == [0.0, 120.0], "the other side said when"


LINK_SCENARIOS: Final = [
    the_first_delay_is_the_base,
    a_handshake_alone_earns_no_instant_attempts,
    the_acknowledgement_is_part_of_the_dial,
    an_open_breaker_is_waited_for_exactly,
    handshakes_that_drop_open_the_breaker,
    a_refused_key_is_not_tried_again,
    a_named_wait_is_kept,
]
every_link_scenario = pytest.mark.parametrize("scenario", LINK_SCENARIOS, ids=lambda scenario: scenario.__name__)


@every_link_scenario
async def test_of_this_link(scenario: Callable[[AnyLink], Awaitable[None]], autojump_clock: MockClock) -> None:
    await scenario(this_link)


@every_link_scenario
async def test_not_of_the_textbooks_link(scenario: Callable[[AnyLink], Awaitable[None]], autojump_clock: MockClock) -> None:
    with pytest.raises(AssertionError):
        await scenario(textbook_link)


def test_a_backoff_of_a_thousand_attempts_does_not_overflow() -> None:
    assert Backoff(jitter=none).delay_s(1100, Random(1)) == 60.0
    with pytest.raises(OverflowError):
        textbook_delay_s(1100)


def test_delays_that_must_not_exceed_their_maximum_do_not() -> None:
    """The usual jitter is added to the maximum; here it can be kept below, and delays at the maximum still differ."""
    rng = Random(1)
    kept = [Backoff(cap_total=True).delay_s(9, rng) for _ in range(100)]
    usual = [Backoff().delay_s(9, rng) for _ in range(100)]

    assert max(kept) <= 60.0 < max(usual)
    assert len(set(kept)) == 100
