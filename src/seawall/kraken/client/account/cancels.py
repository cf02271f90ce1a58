"""What a refused cancel means: mostly, that there is nothing left to cancel."""

from collections.abc import Sequence

from seawall.kraken.dialect.error_table import Family
from seawall.kraken.dialect.errors import exception_for, read_errors
from seawall.model.errors import NotSent, OutcomeUnknown, SeawallError

__all__ = ["gravest", "is_of_one_order", "why_gone"]


def is_of_one_order(error: str | None) -> bool:
    """Whether the exchange says that it knows no such open order; any other reason holds for the request as a whole."""
    return read_errors([error or ""]).family is Family.GONE


def why_gone(name: object, errors: Sequence[str]) -> str:
    """Why there was nothing to cancel, by the errors that the cancel of the order called `name` was answered with.

    Raises `OutcomeUnknown` where they leave open whether it was carried out, as no error at all does, else what the
    errors say of a request.
    """
    answer = read_errors(errors)
    if answer.family is Family.GONE:
        return "; ".join(answer.failures)
    if answer.family is Family.UNKNOWN:
        raise OutcomeUnknown("; ".join(answer.failures))
    if not answer.failed:
        raise OutcomeUnknown(f"no answer names {name}")
    raise exception_for(errors, placing=False)


def gravest(failures: Sequence[SeawallError]) -> SeawallError:
    """The one to raise of several: what was lost before what was refused, and last what never left."""
    return min(failures, key=lambda failure: (not isinstance(failure, OutcomeUnknown), isinstance(failure, NotSent)))
