import ssl

import pytest
import trio
from trio.testing import MockClock

from seawall.resilience import CircuitOpen, DialTimedOut, Verdict, WaitTooLong, classify
from seawall.resilience.verdicts import leaves, verdict_of


@pytest.mark.parametrize(
    ("outcome", "verdict"),
    [
        (OSError("unreachable"), Verdict.FAILURE),
        (ConnectionRefusedError(), Verdict.FAILURE),
        (TimeoutError(), Verdict.FAILURE),
        (ssl.SSLError("handshake"), Verdict.FAILURE),
        (EOFError(), Verdict.FAILURE),
        (trio.TooSlowError(), Verdict.FAILURE),
        (trio.BrokenResourceError(), Verdict.FAILURE),
        (DialTimedOut("public", 10.0), Verdict.FAILURE),
        (trio.ClosedResourceError(), Verdict.NEUTRAL),
        (CircuitOpen("inner", 1.0), Verdict.NEUTRAL),
        (WaitTooLong("rest", 1.0), Verdict.NEUTRAL),
        (KeyboardInterrupt(), Verdict.NEUTRAL),
        (GeneratorExit(), Verdict.NEUTRAL),
        (TypeError(), Verdict.NEUTRAL),
        (KeyError(), Verdict.NEUTRAL),
        ({"error": []}, Verdict.SUCCESS),
        (None, Verdict.SUCCESS),
        (ExceptionGroup("", [KeyError(), OSError()]), Verdict.FAILURE),
        (BaseExceptionGroup("", [KeyboardInterrupt(), OSError()]), Verdict.NEUTRAL),
    ],
)
def test_the_generic_classifier(outcome: object, verdict: Verdict) -> None:
    """Failures of the network count; bugs, cancellations and what never left the process do not."""
    assert verdict is classify(outcome)


def answered_or_failed(outcome: object) -> Verdict:
    return Verdict.SUCCESS if isinstance(outcome, LookupError) else classify(outcome)


@pytest.mark.parametrize(
    ("group", "verdict"),
    [
        (ExceptionGroup("", [KeyError(), ExceptionGroup("", [OSError()])]), Verdict.FAILURE),
        (ExceptionGroup("", [KeyError(), TypeError()]), Verdict.SUCCESS),
        (ExceptionGroup("", [TypeError(), ValueError()]), Verdict.NEUTRAL),
        (ExceptionGroup("", [CircuitOpen("inner", 1.0)]), Verdict.NEUTRAL),
        (BaseExceptionGroup("", [OSError(), BaseExceptionGroup("", [KeyboardInterrupt()])]), Verdict.NEUTRAL),
    ],
)
def test_a_group_is_judged_by_its_leaves(group: BaseException, verdict: Verdict) -> None:
    """One failure is a failure, but a leaf that cut the call short from outside makes the whole neutral."""
    assert verdict is verdict_of(group, answered_or_failed)


async def test_a_nursery_cancelled_with_an_error_inside_is_neutral(autojump_clock: MockClock) -> None:
    """What a cancelled nursery raises holds the cancellation beside its wreckage, at any depth."""
    seen: list[BaseException] = []

    async def breaks_when_cancelled() -> None:
        try:
            await trio.sleep_forever()
        finally:
            raise OSError("wreckage")

    async def call() -> None:
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(breaks_when_cancelled)
                await trio.sleep_forever()
        except BaseException as error:
            seen.append(error)
            raise

    with pytest.RaisesGroup(OSError, flatten_subgroups=True), trio.move_on_after(1):
        await call()

    assert any(isinstance(leaf, trio.Cancelled) for leaf in leaves(seen[0]))
    assert verdict_of(seen[0], classify) is Verdict.NEUTRAL


def test_an_open_inner_breaker_is_neutral_whatever_the_classifier_thinks() -> None:
    assert verdict_of(CircuitOpen("inner", 1.0), lambda _: Verdict.FAILURE) is Verdict.NEUTRAL
