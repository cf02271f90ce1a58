"""What can go wrong with the answer to one request."""

from collections import deque
from collections.abc import Callable
from enum import StrEnum
from typing import Final

import attrs

from seawall.sim.settings import Door

__all__ = ["BUSY", "AnswerFault", "AnswerFaults", "AnswerRule", "Answered"]

BUSY: Final = "EService:Busy"


class Answered(StrEnum):
    """What comes in place of an answer. On a socket, `BAD_GATEWAY` is a frame that is not JSON, and then its end."""

    AS_USUAL = "as usual"
    NOTHING = "nothing"
    """The connection stays, and is silent about this request."""
    CUT = "cut"
    """The connection ends instead."""
    BAD_GATEWAY = "bad gateway"
    """HTTP 502 with a page of HTML."""
    SERVER_ERROR = "server error"
    """HTTP 500 with a page of HTML; on a socket as `BAD_GATEWAY`."""
    GARBAGE = "garbage"
    """HTTP 200, or a frame, that is not JSON."""
    TRUNCATED = "truncated"
    """HTTP 200, or a frame, with JSON that stops in the middle; its length is right."""
    HALF = "half"
    """The head and half of the body, or half of a frame, and then the end of the connection."""
    TRICKLE = "trickle"
    """A body that comes byte by byte, one in a second; on a socket as `HALF`."""
    REFUSED = "refused"
    """An error of the exchange's, `EService:Busy` unless another is named."""


@attrs.frozen
class AnswerFault:
    """What happens to one request: whether it is carried out, how long it takes to get to the engine, and its answer."""

    answered: Answered
    carried_out: bool
    delay_s: float = 0.0
    error: str = BUSY


AnswerRule = Callable[[Door, str], AnswerFault | None]
"""Gets the door a request came through and its method, as spelt there; None leaves it in peace."""


def _one_name(method: str) -> str:
    # AddOrder on REST and add_order on a socket are one thing to a test that loses its answer.
    return method.replace("_", "").lower()


@attrs.define(eq=False)
class AnswerFaults:
    """Faults of the next requests by method, each used up once, and rules that stay until they are taken away."""

    rules: list[AnswerRule] = attrs.field(factory=list)
    _next: dict[str, deque[AnswerFault]] = attrs.field(factory=dict)

    def add(self, method: str, fault: AnswerFault, times: int) -> None:
        """Let it happen to the next requests of this method."""
        self._next.setdefault(_one_name(method), deque()).extend([fault] * times)

    def take(self, door: Door, method: str) -> AnswerFault | None:
        """The fault of this request: the next one planned for its method, or the first that a rule finds for it."""
        queue = self._next.get(_one_name(method))
        if queue:
            return queue.popleft()
        return next((fault for rule in self.rules if (fault := rule(door, method)) is not None), None)

    def forget(self) -> None:
        """Spoil nothing more."""
        self.rules.clear()
        self._next.clear()
