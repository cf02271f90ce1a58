import math

import pytest
import trio
from support.netlab import Lab

from seawall.sim.world.net.waiting import Wait
from seawall.sim.world.schedule import VirtualClock, sleeps_by


@pytest.mark.parametrize("seed", range(8))
def test_who_is_told_at_the_moment_when_it_is_due_goes_on_once(seed: int) -> None:
    """Alarms that ring at one time wake tasks in an order that the seed decides; the other task may come first, or second."""
    lab, wait = Lab(seed), Wait()

    async def waits() -> None:
        await wait.until(1.0)
        while lab.now_s < 2.0:  # who has gone on already may be told once more, as everybody who waits looks again
            await wait.until(2.0)

    async def tells() -> None:
        await trio.sleep(1.0)
        wait.wake()

    async def main() -> None:
        assert isinstance(lab.clock, VirtualClock)
        with sleeps_by(lab.clock):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(waits)
                nursery.start_soon(tells)

    lab.run(main)
    assert lab.now_s == 2.0


@pytest.mark.parametrize("name", ["lab", "mock_lab"])
def test_what_is_expected_may_change_while_somebody_waits(name: str, request: pytest.FixtureRequest) -> None:
    lab: Lab = request.getfixturevalue(name)
    wait = Wait()

    async def main() -> float:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(wait.until, math.inf)
            await trio.sleep(1)
            wait.expect(50.0)
            await trio.sleep(1)
            wait.expect(7.0)
        return lab.now_s

    assert lab.run(main) == 7.0


@pytest.mark.parametrize("name", ["lab", "mock_lab"])
def test_who_waits_can_be_given_an_error(name: str, request: pytest.FixtureRequest) -> None:
    lab: Lab = request.getfixturevalue(name)
    wait = Wait()

    async def waits() -> None:
        with pytest.raises(trio.ClosedResourceError):
            await wait.until(100.0)

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(waits)
            await trio.sleep(1)
            wait.wake(trio.ClosedResourceError)
            wait.wake(trio.ClosedResourceError)  # nobody waits any more

    lab.run(main)


@pytest.mark.parametrize("name", ["lab", "mock_lab"])
def test_a_cancelled_wait_leaves_the_place_free(name: str, request: pytest.FixtureRequest) -> None:
    lab: Lab = request.getfixturevalue(name)
    wait = Wait()

    async def main() -> float:
        with trio.move_on_after(1):
            await wait.until(5.0)
        wait.expect(2.0)
        await wait.until(6.0)
        return lab.now_s

    assert lab.run(main) == 6.0
