import pytest

from seawall.kraken.client.account.cancels import gravest, why_gone
from seawall.model.errors import AccessDenied, ExchangeError, NotSent, OutcomeUnknown, SeawallError, Unavailable


def test_an_order_that_is_not_open_is_no_failure() -> None:
    assert why_gone("a", ["EOrder:Unknown order"]) == "EOrder:Unknown order"


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ("EService:Timeout", OutcomeUnknown),
        ("EService:Busy", Unavailable),
        ("EGeneral:Permission denied", AccessDenied),
        ("EGeneral:Invalid arguments", ExchangeError),
        ("ENews:What is this", OutcomeUnknown),
    ],
)
def test_other_refusals_of_cancels_are_told_as_what_they_are(error: str, kind: type[SeawallError]) -> None:
    with pytest.raises(kind):
        why_gone("a", [error])


def test_what_was_lost_is_told_before_what_never_left() -> None:
    lost, busy, unsent = OutcomeUnknown("x"), Unavailable("y"), NotSent("z")
    assert gravest([unsent, busy, lost]) is lost
    assert gravest([unsent, busy]) is busy


def test_a_cancel_that_no_answer_names_is_unknown() -> None:
    with pytest.raises(OutcomeUnknown, match="names a"):
        why_gone("a", [])
