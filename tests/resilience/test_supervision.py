from collections.abc import Sequence

import attrs
import pytest
import trio
import trio.lowlevel
from trio.testing import MockClock

from seawall.resilience import (
    BadSetting,
    GaveUp,
    Quarantined,
    RestartPolicy,
    ServiceGaveUp,
    ServiceRestarting,
    supervise,
)

POLICY = RestartPolicy(on=(OSError,))


@attrs.define
class Service:
    """Runs as long as told, then fails as told, run by run; then returns."""

    runs: Sequence[tuple[float, BaseException]]
    began: list[float] = attrs.field(factory=list)

    async def __call__(self) -> None:
        self.began.append(trio.current_time())
        await trio.lowlevel.checkpoint()
        if len(self.began) <= len(self.runs):
            lived_s, error = self.runs[len(self.began) - 1]
            await trio.sleep(lived_s)
            raise error


async def test_failures_that_the_policy_names_are_restarted_after_its_delays(
    autojump_clock: MockClock, notices: list[object]
) -> None:
    service = Service([(0.0, OSError(n)) for n in range(5)])

    assert await supervise(service, POLICY, name="feed", probe=notices.append) is None
    assert service.began == [0.0, 0.0, 1.0, 3.0, 8.0, 23.0]
    restarts = [notice for notice in notices if isinstance(notice, ServiceRestarting)]
    assert [(notice.failures, notice.delay_s) for notice in restarts] == [(1, 0.0), (2, 1.0), (3, 2.0), (4, 5.0), (5, 15.0)]


async def test_one_failure_too_many_escalates(autojump_clock: MockClock, notices: list[object]) -> None:
    service = Service([(0.0, OSError(n)) for n in range(6)])

    with pytest.raises(GaveUp, match="'feed' failed 6 times") as caught:
        await supervise(service, POLICY, name="feed", probe=notices.append)

    assert isinstance(caught.value.__cause__, ExceptionGroup)
    assert caught.value.__cause__.exceptions[0].args == (5,)
    assert isinstance(notices[-1], ServiceGaveUp)
    assert caught.value.failures == 6


async def test_one_failure_too_many_quarantines(autojump_clock: MockClock, notices: list[object]) -> None:
    """It stays down, and whoever supervises goes on."""
    policy = attrs.evolve(POLICY, exhausted="quarantine", delays_s=())
    quarantined = await supervise(Service([(0.0, OSError())]), policy, name="grid", probe=notices.append)

    assert isinstance(quarantined, Quarantined)
    assert (quarantined.name, quarantined.failures) == ("grid", 1)
    assert notices == [quarantined]


async def test_a_settled_run_forgives_all_before(autojump_clock: MockClock) -> None:
    service = Service([*[(0.0, OSError())] * 4, (60.0, OSError()), *[(0.0, OSError())] * 4])

    assert await supervise(service, POLICY, name="feed") is None
    assert len(service.began) == 10


async def test_runs_that_are_nearly_settled_do_not_add_up_for_ever(autojump_clock: MockClock) -> None:
    """Failures older than the window are forgotten, one by one."""
    policy = attrs.evolve(POLICY, within_s=120.0, delays_s=(0.0, 0.0))
    flapping = Service([(50.0, OSError())] * 20)

    assert await supervise(Service([(100.0, OSError())] * 3), attrs.evolve(policy, settled_after_s=200.0), name="x") is None
    with pytest.raises(GaveUp):
        await supervise(flapping, policy, name="flapping")
    assert len(flapping.began) == 3


@pytest.mark.parametrize("error", [TypeError("a bug"), KeyboardInterrupt()])
async def test_a_bug_passes_as_it_is(error: BaseException) -> None:
    service = Service([(0.0, error)])

    with pytest.raises(type(error)) as caught:
        await supervise(service, POLICY, name="feed")

    assert caught.value is error
    assert len(service.began) == 1


async def test_a_bug_beside_a_named_failure_passes(autojump_clock: MockClock) -> None:
    """And the named failure beside it is not restarted: the program is not what it should be."""
    service = Service([(0.0, ExceptionGroup("both", [OSError(), TypeError("a bug")]))])

    with pytest.RaisesGroup(TypeError):
        await supervise(service, POLICY, name="feed")

    assert len(service.began) == 1


async def test_named_failures_are_found_in_groups(autojump_clock: MockClock) -> None:
    service = Service([(0.0, ExceptionGroup("", [ExceptionGroup("", [ConnectionResetError()]), OSError()]))])

    assert await supervise(service, POLICY, name="feed") is None


async def test_a_cancellation_passes_in_the_service_and_in_the_wait(autojump_clock: MockClock) -> None:
    policy = attrs.evolve(POLICY, delays_s=(1000.0,))
    for service in (Service([(1000.0, OSError())]), Service([(0.0, OSError())])):
        with trio.move_on_after(10) as scope:
            await supervise(service, policy, name="feed")
        assert scope.cancelled_caught
        assert len(service.began) == 1


async def test_a_probe_that_raises_stops_no_restart(autojump_clock: MockClock, caplog: pytest.LogCaptureFixture) -> None:
    def broken(_notice: object) -> None:
        raise RuntimeError("broken probe")

    assert await supervise(Service([(0.0, OSError())]), POLICY, name="feed", probe=broken) is None
    assert "broken probe" in caplog.text


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("on", ()),
        ("on", (trio.Cancelled,)),
        ("on", (ExceptionGroup,)),
        ("on", ("OSError",)),
        ("delays_s", (1.0, -1.0)),
        ("delays_s", (float("nan"),)),
        ("delays_s", (True,)),
        ("within_s", 0.0),
        ("settled_after_s", float("inf")),
        ("exhausted", "shrug"),
    ],
)
def test_settings_that_cannot_work_are_refused_by_name(name: str, value: object) -> None:
    with pytest.raises(BadSetting, match=f"RestartPolicy.{name}"):
        RestartPolicy(**{"on": (OSError,), name: value})  # type: ignore[arg-type]  # the wrong type is the case
