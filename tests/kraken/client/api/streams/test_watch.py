from collections.abc import Callable, Generator
from contextlib import contextmanager

import attrs
import pytest
import trio
import trio.testing

from seawall.kraken.client.api.streams.mailbox import Terms
from seawall.kraken.client.api.streams.stream import Stream
from seawall.kraken.client.api.streams.topic import Topic
from seawall.kraken.client.api.streams.watch import Source, Watch
from seawall.model.errors import ExchangeError

STATE = Terms[str, str](lambda item: item, lambda item: item, lambda item, _received_s: item, capacity=100)


@attrs.define(eq=False)
class Exchange:
    """Grants a subject a second after it is asked for; refuses those it is told to."""

    topics: dict[str, Topic[str]] = attrs.field(factory=dict)
    told: list[str] = attrs.field(factory=list)
    refused: dict[str, Exception] = attrs.field(factory=dict)
    shown: dict[str, str] = attrs.field(factory=dict)
    open: list[Stream[str]] = attrs.field(factory=list)

    def source(self, subject: str) -> Source[str]:
        topic = self.topics.setdefault(subject, Topic(subject, remembers=True))

        async def begin() -> str | None:
            self.told.append(f"begin {subject}")
            await trio.sleep(1)
            if subject in self.refused:
                raise self.refused[subject]
            return self.shown.get(subject)

        async def end() -> None:
            self.told.append(f"end {subject}")
            await trio.sleep(1)
            self.told.append(f"ended {subject}")

        return Source(topic, begin, end)

    def watch(self, *subjects: str) -> Watch[str, str]:
        def sources() -> list[Source[str]]:
            return [self.source(subject) for subject in subjects]

        return Watch("things", STATE, sources, self._opened, raise_lost=False)

    @contextmanager
    def _opened(self, stream: Stream[str]) -> Generator[None, None, None]:
        self.open.append(stream)
        try:
            yield
        finally:
            self.open.remove(stream)


@pytest.fixture
def exchange() -> Exchange:
    return Exchange()


async def test_the_block_is_entered_once_all_is_granted_and_all_is_asked_for_at_once(
    exchange: Exchange, autojump_clock: trio.testing.MockClock
) -> None:
    async with exchange.watch("a", "b", "c") as stream:
        assert trio.current_time() == 1
        assert sorted(exchange.told) == ["begin a", "begin b", "begin c"]
        assert exchange.open == [stream]
        exchange.topics["b"].tell("b", 0.0)
        assert await stream.next() == "b"
    assert exchange.open == []


async def test_leaving_ends_what_nobody_else_watches_and_does_not_wait_for_the_exchange(
    exchange: Exchange, autojump_clock: trio.testing.MockClock
) -> None:
    async with exchange.watch("a"):
        async with exchange.watch("a", "b"):
            before_s = trio.current_time()
        assert trio.current_time() == before_s
        assert [said for said in exchange.told if said.startswith("end")] == ["end b"]
    assert exchange.told[-1] == "end a"
    assert not any(topic.wanted for topic in exchange.topics.values())


async def test_somebody_who_comes_in_the_moment_of_leaving_keeps_it(
    exchange: Exchange, autojump_clock: trio.testing.MockClock
) -> None:
    """Whichever task runs first: what is wanted at the end is not ended."""
    for _ in range(20):
        leave = trio.Event()

        async def leaver(leave: trio.Event = leave) -> None:
            async with exchange.watch("a"):
                await leave.wait()

        async def comer(leave: trio.Event = leave) -> None:
            await leave.wait()
            async with exchange.watch("a"):
                exchange.told.append("came")
                await trio.sleep(5)
                exchange.told.append("still there")

        async with trio.open_nursery() as nursery:
            nursery.start_soon(leaver)
            nursery.start_soon(comer)
            await trio.sleep(2)
            leave.set()
        came = exchange.told.index("came")
        assert not any(said.startswith("end a") for said in exchange.told[came : exchange.told.index("still there")])
        exchange.told.clear()


async def test_a_refusal_ends_the_rest_and_comes_out_as_it_is(exchange: Exchange, autojump_clock: trio.testing.MockClock) -> None:
    exchange.refused["b"] = ExchangeError(("Currency pair not supported",))
    with pytest.raises(ExchangeError, match="not supported"):
        async with exchange.watch("a", "b"):
            pytest.fail("it must not be entered")
    assert {"end a", "end b"} <= set(exchange.told)
    assert exchange.open == []
    exchange.refused["b"] = ValueError("depth: 7 is not one of 10")
    with pytest.raises(ValueError, match="depth: 7"):
        async with exchange.watch("b").each(lambda _item, _received_s: None):
            pytest.fail("it must not be entered")


async def test_who_is_cancelled_while_waiting_wants_nothing_any_more(
    exchange: Exchange, autojump_clock: trio.testing.MockClock
) -> None:
    with trio.move_on_after(0.5) as waiting:
        async with exchange.watch("a"):
            pytest.fail("it must not be entered")
    assert waiting.cancelled_caught
    assert exchange.told == ["begin a", "end a"]


async def test_an_error_of_the_body_comes_out_as_it_is(exchange: Exchange, autojump_clock: trio.testing.MockClock) -> None:
    with pytest.raises(KeyError, match="mine"):
        async with exchange.watch("a"):
            raise KeyError("mine")
    assert exchange.told[-1] == "end a"


async def test_one_that_comes_late_reads_what_was_told_last(exchange: Exchange, autojump_clock: trio.testing.MockClock) -> None:
    async with exchange.watch("a"):
        exchange.topics["a"].tell("a", 0.0)
        async with exchange.watch("a") as late:
            assert await late.next() == "a"


async def test_what_no_message_will_say_is_read_first(exchange: Exchange, autojump_clock: trio.testing.MockClock) -> None:
    exchange.shown["a"] = "a so far"
    told: list[str] = []
    async with exchange.watch("a") as stream, exchange.watch("a").each(lambda item, _received_s: told.append(item)):
        assert await stream.next() == "a so far"
    assert told == []


async def test_a_callback_hears_every_message_while_its_block_lasts(
    exchange: Exchange, autojump_clock: trio.testing.MockClock
) -> None:
    told: list[tuple[str, float]] = []
    async with exchange.watch("a").each(lambda item, received_s: told.append((item, received_s))):
        exchange.topics["a"].tell("a", 1.0)
        exchange.topics["a"].tell("a", 2.0)
    exchange.topics["a"].tell("a", 3.0)

    assert told == [("a", 1.0), ("a", 2.0)]


async def coroutine_function(item: str, received_s: float) -> None:
    """No callback: nobody waits for it."""


@pytest.mark.parametrize("function", [coroutine_function, 5])
def test_what_cannot_be_called_back_is_refused_before_anything_is_asked(
    exchange: Exchange, function: Callable[..., object]
) -> None:
    with pytest.raises(TypeError, match=r"things: .* as it is no plain function"):
        exchange.watch("a").each(function)
    with pytest.raises(TypeError, match=r"things: .* as it is no plain function"):
        exchange.watch("a").each(lambda _item, _received_s: None, function)
    assert exchange.told == []


async def test_a_block_that_is_entered_is_not_entered_twice(exchange: Exchange, autojump_clock: trio.testing.MockClock) -> None:
    watch = exchange.watch("a")
    assert repr(watch) == "<Watch things>"
    async with watch:
        assert repr(watch) == "<Watch things, entered>"
        with pytest.raises(RuntimeError, match="things: this block is entered already"):
            await watch.__aenter__()
    async with watch as again:
        assert again.statistics().read == 0
