"""Which parts are started again, and that a bug never is."""

import pytest
import trio
from trio.testing import MockClock

from seawall.engine.services import SERVICE_RESTARTS, start_service
from seawall.model.errors import Unavailable
from seawall.resilience import GaveUp
from seawall.resilience.supervision import ServiceRestarting


async def test_what_the_outside_world_broke_is_started_again(autojump_clock: MockClock) -> None:
    runs: list[float] = []
    notices: list[object] = []

    async def service() -> None:
        runs.append(trio.current_time())
        if len(runs) < 3:
            raise Unavailable("no way to the exchange")
        await trio.sleep_forever()

    async with trio.open_nursery() as nursery:
        start_service(nursery, "reconcile", service, notices.append)
        await trio.sleep(60)
        nursery.cancel_scope.cancel()

    assert len(runs) == 3
    assert [type(notice) for notice in notices] == [ServiceRestarting] * 2


@pytest.mark.parametrize("name", sorted(SERVICE_RESTARTS))
async def test_a_bug_is_never_started_again(autojump_clock: MockClock, name: str) -> None:
    async def service() -> None:
        await trio.lowlevel.checkpoint()
        raise ZeroDivisionError("a bug")

    with pytest.RaisesGroup(ZeroDivisionError, flatten_subgroups=True):
        async with trio.open_nursery() as nursery:
            start_service(nursery, name, service, lambda _: None)


async def test_who_fails_for_ever_is_given_up_and_said_so(autojump_clock: MockClock) -> None:
    async def service() -> None:
        await trio.lowlevel.checkpoint()
        raise Unavailable("no way to the exchange")

    with pytest.RaisesGroup(GaveUp, flatten_subgroups=True):
        async with trio.open_nursery() as nursery:
            start_service(nursery, "balances", service, lambda _: None)


async def test_a_service_that_is_not_in_the_table_is_not_started() -> None:
    async with trio.open_nursery() as nursery:
        with pytest.raises(KeyError):
            start_service(nursery, "unheard of", trio.sleep_forever, lambda _: None)
