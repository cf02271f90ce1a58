from decimal import Decimal

import attrs
import pytest
import trio

from seawall.cli.exit_codes import ExitCode
from seawall.cli.outcome import code_of_failed_start, code_of_run, leaves
from seawall.config import ConfigError, Fault
from seawall.engine.certificate import Certificate
from seawall.engine.dead_mans_switch import ForeignOrdersOpen
from seawall.model.errors import AccessDenied, JournalFailed, Unavailable, UnknownSymbol
from seawall.resilience import ReconnectStopped

CLEAN = Certificate(
    engine="demo",
    reason="SIGINT",
    ran_s=1.0,
    tasks_left=(),
    open_orders=(),
    in_doubt=(),
    kept=("kept on purpose",),
    positions=(("grid", "BTC/USD", Decimal(1)),),
    dead_mans_switch="disarmed",
    journal="closed",
)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, ExitCode.CLEAN),
        ({"open_orders": None}, ExitCode.UNCONFIRMED),
        ({"open_orders": ("o",)}, ExitCode.UNCONFIRMED),
        ({"in_doubt": ("o",)}, ExitCode.UNCONFIRMED),
        ({"tasks_left": ("t",)}, ExitCode.UNCONFIRMED),
        ({"unclosed": (("grid", "BTC/USD", "cancel only"),)}, ExitCode.UNCONFIRMED),
        ({"journal": "failed: disk full"}, ExitCode.JOURNAL_FAILED),
        ({"crashes": ("KeyError: 1",)}, ExitCode.INTERNAL_ERROR),
        ({"quarantined": ("grid",)}, ExitCode.QUARANTINED),
        ({"quarantined": ("grid",), "crashes": ("x",), "journal": "failed: x", "in_doubt": ("o",)}, ExitCode.UNCONFIRMED),
        ({"quarantined": ("grid",), "crashes": ("x",), "journal": "failed: x"}, ExitCode.JOURNAL_FAILED),
        ({"quarantined": ("grid",), "crashes": ("x",)}, ExitCode.INTERNAL_ERROR),
    ],
)
def test_a_certificate_is_judged_by_what_asks_for_a_person_first(changes: dict[str, object], code: ExitCode) -> None:
    certificate = attrs.evolve(CLEAN, **changes)  # type: ignore[arg-type]  # a table of tests has no field types
    assert code_of_run(certificate) is code
    assert certificate.clean is (code is ExitCode.CLEAN)


@pytest.mark.parametrize(
    ("errors", "code"),
    [
        ([ConfigError("x", [Fault("a", "b")])], ExitCode.CONFIGURATION),
        ([UnknownSymbol("BTC/USB")], ExitCode.CONFIGURATION),
        ([AccessDenied("EAPI:Invalid key")], ExitCode.ACCESS_DENIED),
        ([JournalFailed("disk full")], ExitCode.JOURNAL_FAILED),
        ([Unavailable("maintenance")], ExitCode.UNREACHABLE),
        ([trio.TooSlowError()], ExitCode.UNREACHABLE),
        ([OSError("no route")], ExitCode.UNREACHABLE),
        ([OSError("no route"), AccessDenied("x")], ExitCode.ACCESS_DENIED),
        ([KeyError("x")], ExitCode.INTERNAL_ERROR),
        ([OSError("no route"), KeyError("x")], ExitCode.INTERNAL_ERROR),
    ],
)
def test_a_failed_start_is_judged_by_its_errors_however_deep(errors: list[Exception], code: ExitCode) -> None:
    assert code_of_failed_start(ExceptionGroup("outer", [ExceptionGroup("inner", errors)])) is code


def test_orders_of_other_hands_ask_for_a_line_of_configuration() -> None:
    assert code_of_failed_start(ForeignOrdersOpen(["X1"])) is ExitCode.CONFIGURATION


def test_a_link_that_was_refused_for_good_is_judged_by_its_cause() -> None:
    stopped = ReconnectStopped("private socket", "the key is refused")
    stopped.__cause__ = AccessDenied("EAPI:Invalid key")
    assert code_of_failed_start(ExceptionGroup("", [stopped])) is ExitCode.ACCESS_DENIED


def test_the_leaves_of_groups_come_in_order() -> None:
    one, two, three = OSError(1), OSError(2), OSError(3)
    assert list(leaves(ExceptionGroup("", [one, ExceptionGroup("", [two]), three]))) == [one, two, three]
    assert list(leaves(one)) == [one]
