import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from seawall.resilience import BadSetting, Liveness, Pulse, PulseReturned, PulseSilent


class Heard:
    """What a watcher called back."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, float, float]] = []

    def __call__(self, pulse: Pulse, silent_s: float) -> None:
        self.calls.append((pulse.name, silent_s, trio.current_time()))


async def beat_every(pulse: Pulse, period_s: float, times: int) -> None:
    for _ in range(times):
        await trio.sleep(period_s)
        pulse.beat()


async def test_silence_is_reported_when_it_is_due_and_once(autojump_clock: MockClock) -> None:
    """The deadline slides with each beat."""
    liveness, heard = Liveness(), Heard()
    pulse = liveness.watch("book BTC/USD", 10.0)

    with trio.move_on_after(500):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(liveness.run, heard)
            nursery.start_soon(beat_every, pulse, 7.0, 10)

    assert heard.calls == [("book BTC/USD", 10.0, 80.0)]


async def test_one_task_watches_many_each_with_its_own_deadline(autojump_clock: MockClock) -> None:
    liveness, heard = Liveness(), Heard()

    with trio.move_on_after(60):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(liveness.run, heard)
            await wait_all_tasks_blocked()
            alive = liveness.watch("alive", 5.0)
            liveness.watch("slow", 30.0)
            liveness.watch("fast", 2.0)
            nursery.start_soon(beat_every, alive, 4.0, 15)
            assert len(nursery.child_tasks) == 2

    assert heard.calls == [("fast", 2.0, 2.0), ("slow", 30.0, 30.0)]


async def test_one_that_returns_is_watched_anew(autojump_clock: MockClock, notices: list[object]) -> None:
    liveness, heard = Liveness(probe=notices.append), Heard()
    pulse = liveness.watch("trades", 10.0)

    with trio.move_on_after(100):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(liveness.run, heard)
            await trio.sleep(25)
            pulse.beat()

    assert [at for _, _, at in heard.calls] == [10.0, 35.0]
    assert notices == [PulseSilent("trades", 10.0, 10.0), PulseReturned("trades"), PulseSilent("trades", 10.0, 10.0)]


async def test_silence_of_data_is_silence_however_many_pongs_come(autojump_clock: MockClock) -> None:
    """Stamp what matters: the socket's pulse beats with each pong, the subscription's with its data alone."""
    liveness, heard = Liveness(), Heard()
    socket, data = liveness.watch("socket", 10.0), liveness.watch("data", 30.0)

    with trio.move_on_after(90):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(liveness.run, heard)
            nursery.start_soon(beat_every, socket, 5.0, 20)
            nursery.start_soon(beat_every, data, 20.0, 2)

    assert heard.calls == [("data", 30.0, 70.0)]


async def test_a_closed_pulse_is_watched_no_more(autojump_clock: MockClock) -> None:
    liveness, heard = Liveness(), Heard()

    with trio.move_on_after(100):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(liveness.run, heard)
            with liveness.watch("block", 10.0) as pulse:
                await trio.sleep(5)
            pulse.close()

    assert heard.calls == []
    assert liveness.statistics().silent_s == ()


async def test_the_callback_may_stop_the_watch(autojump_clock: MockClock) -> None:
    """What it raises comes out of the watcher: silence may well be an error."""

    def fail(pulse: Pulse, silent_s: float) -> None:
        raise trio.TooSlowError(f"{pulse.name} was silent for {silent_s:g} s")

    liveness = Liveness()
    liveness.watch("private stream", 10.0)

    with pytest.raises(trio.TooSlowError, match="private stream was silent for 10 s"):
        await liveness.run(fail)


async def test_the_callback_may_close_and_open_pulses(autojump_clock: MockClock) -> None:
    liveness = Liveness()
    seen: list[str] = []

    def replace(pulse: Pulse, _silent_s: float) -> None:
        seen.append(pulse.name)
        pulse.close()
        if len(seen) < 3:
            liveness.watch(f"{pulse.name}+", 10.0)

    liveness.watch("a", 10.0)
    with trio.move_on_after(100):
        await liveness.run(replace)

    assert seen == ["a", "a+", "a++"]


async def test_only_one_watcher_at_a_time(autojump_clock: MockClock) -> None:
    liveness, heard = Liveness(), Heard()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(liveness.run, heard)
        await wait_all_tasks_blocked()
        with pytest.raises(RuntimeError, match="already"):
            await liveness.run(heard)
        nursery.cancel_scope.cancel()


async def test_statistics_say_who_is_overdue(autojump_clock: MockClock) -> None:
    liveness, heard = Liveness(), Heard()
    pulse = liveness.watch("a", 10.0)
    liveness.watch("b", 100.0)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(liveness.run, heard)
        await trio.sleep(20)
        assert liveness.statistics().silent_s == (("a", 20.0), ("b", 20.0))
        assert liveness.statistics().overdue == ("a",)
        assert repr(liveness) == "<Liveness of 2, 1 overdue>"
        assert repr(pulse) == "<Pulse 'a' within 10 s, overdue>"
        nursery.cancel_scope.cancel()


@pytest.mark.parametrize("within_s", [0, -1, float("nan"), float("inf"), True])
def test_a_silence_is_a_number_above_zero(within_s: float, manual: MockClock) -> None:
    with pytest.raises(BadSetting, match=r"Pulse\.within_s"):
        Liveness(manual.current_time).watch("a", within_s)
