import logging

import pytest
import trio

from seawall.resilience.probes import ignore, tell


def test_a_notice_is_handed_over(notices: list[object]) -> None:
    tell(notices.append, "fact")
    tell(ignore, "fact")

    assert notices == ["fact"]


def test_an_exception_of_the_probe_is_logged_and_goes_no_further(caplog: pytest.LogCaptureFixture) -> None:
    def broken(_notice: object) -> None:
        raise ValueError("broken probe")

    tell(broken, "fact")

    assert [(record.levelno, record.getMessage()) for record in caplog.records] == [(logging.ERROR, "a probe failed on 'fact'")]
    assert "broken probe" in caplog.text


def test_an_interrupt_in_a_probe_passes() -> None:
    def interrupted(_notice: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tell(interrupted, "fact")


async def test_a_cancellation_in_a_probe_passes() -> None:
    """A probe may be part of a guest loop's machinery: what it is told from above is not ours to keep."""
    caught: list[BaseException] = []

    def cancelled(_notice: object) -> None:
        raise caught[0]

    with trio.CancelScope() as scope:
        scope.cancel()
        try:
            await trio.lowlevel.checkpoint()
        except trio.Cancelled as error:
            caught.append(error)
            raise
    assert scope.cancelled_caught

    with pytest.raises(trio.Cancelled):
        tell(cancelled, "fact")
