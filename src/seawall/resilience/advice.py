"""What an exception says about trying again: its `advice` and its `retry_after_s`, whatever package it comes from."""

from seawall.resilience.errors import ADVICE, Advice
from seawall.resilience.retry_after import clamp_retry_after
from seawall.resilience.verdicts import Verdict, classify, leaves

__all__ = ["advice_of", "advice_said", "retry_after_of"]


def advice_said(error: BaseException) -> Advice | None:
    """The `advice` that an exception carries, if it is one of the four words."""
    word = getattr(error, "advice", None)
    return next((advice for advice in ADVICE if advice == word), None)


def advice_of(error: BaseException) -> Advice:
    """The `advice` that an exception carries; of a group, the most cautious of its leaves.

    One that carries none is judged: failures of the network leave the outcome unknown (`ask`), all else is `give up`.
    """
    words = [advice_said(leaf) or ("ask" if classify(leaf) is Verdict.FAILURE else "give up") for leaf in leaves(error)]
    return max(words, key=ADVICE.index)


def retry_after_of(error: BaseException, cap_s: float) -> float | None:
    """The longest `retry_after_s` that an exception or a group's leaves carry, clamped; None when none makes sense."""
    asked = [clamp_retry_after(getattr(leaf, "retry_after_s", None), cap_s) for leaf in leaves(error)]
    return max((wait_s for wait_s in asked if wait_s is not None), default=None)
