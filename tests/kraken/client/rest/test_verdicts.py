import pytest
import trio

from seawall.kraken.client.rest.http import HttpFailed
from seawall.kraken.client.rest.lockout import LockedOut
from seawall.kraken.client.rest.verdicts import HttpRefused, fatal_dial, judge_dial, judge_request, patience_s
from seawall.kraken.client.wire.connection import ConnectionLost, UpgradeRefused
from seawall.kraken.dialect.bad import BadFrame
from seawall.model.errors import AccessDenied, ExchangeError, OutcomeUnknown, RefusedByExchange, Unavailable
from seawall.resilience import Verdict


@pytest.mark.parametrize(
    ("outcome", "verdict"),
    [
        ("an answer", Verdict.SUCCESS),
        (HttpFailed("reset", begun=True, local=False), Verdict.FAILURE),
        (HttpFailed("pool is full", begun=False, local=True), Verdict.NEUTRAL),
        (trio.TooSlowError(), Verdict.FAILURE),
        (LockedOut(900.0), Verdict.NEUTRAL),
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
