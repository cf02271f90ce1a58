"""Switches that make the exchange misbehave, for tests and drills. All are off at the start."""

import re
from collections import deque
from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Final

import attrs
import msgspec

from seawall.model.market_data import VenueStatus
from seawall.sim.exchange.exchange import Exchange
from seawall.sim.settings import Door

__all__ = ["AnswerFault", "Answered", "Faults"]

BUSY: Final = "EService:Busy"

_CHECKSUM = re.compile(r'("checksum":\s*)(\d+)')


class Answered(StrEnum):
    """What comes in place of an answer. On a socket, `BAD_GATEWAY` is a frame that is not JSON, and then its end."""

    AS_USUAL = "as usual"
    NOTHING = "nothing"
    """The connection stays, and is silent about this request."""
    CUT = "cut"
    """The connection ends instead."""
    BAD_GATEWAY = "bad gateway"
    """HTTP 502 with a page of HTML."""
    GARBAGE = "garbage"
    """HTTP 200, or a frame, that is not JSON."""
    REFUSED = "refused"
    """An error of the exchange's, `EService:Busy` unless another is named."""


@attrs.frozen
class AnswerFault:
    """What happens to one request: whether it is carried out, how long it takes to get to the engine, and its answer."""

    answered: Answered
    carried_out: bool
    delay_s: float = 0.0
    error: str = BUSY


def _one_name(method: str) -> str:
    # AddOrder on REST and add_order on a socket are one thing to a test that loses its answer.
    return method.replace("_", "").lower()


def _spoilt(frame: str) -> str:
    return _CHECKSUM.sub(lambda found: f"{found[1]}{(int(found[2]) + 1) % 2**32}", frame, count=1)


@attrs.define(eq=False)
class Faults:
    """The switches of one simulator. Those that say "next" are used up; the others stay until set back."""

    exchange: Exchange
    refuse_connections: bool = False
    """New connections are closed before a byte is read."""
    handshake_status: int | None = None
    """The HTTP status that answers WebSocket handshakes (429, 503), in place of an upgrade."""
    rest_status: int | None = None
    """The HTTP status, with a page of HTML, that answers every REST call; nothing is carried out."""
    rest_lag_s: float = 0.0
    """How far the answers about orders and fills lie behind, up to a minute."""
    clock_offset_ns: int = 0
    """Added to the wall clock of the exchange: a clock that jumped."""
    unknown_fields: bool = False
    """Every frame and answer has its keys in another order, and one more that nobody has heard of."""
    silent: set[Door] = attrs.field(factory=set)
    """Doors through which not one byte leaves any more; what comes in is carried out, what would leave is lost."""
    _answers: dict[str, deque[AnswerFault]] = attrs.field(factory=dict)
    _checksums: dict[str, int] = attrs.field(factory=dict)
    _level3_checksums: dict[str, int] = attrs.field(factory=dict)
    _doubled_books: dict[str, int] = attrs.field(factory=dict)
    _private_copies: deque[int] = attrs.field(factory=deque)
    _cut_sockets: list[Callable[[Door | None], int]] = attrs.field(factory=list)
    _say: list[Callable[[Door | None, str], None]] = attrs.field(factory=list)
    _expire: list[Callable[[], None]] = attrs.field(factory=list)
    _use_nonce: list[Callable[[int], None]] = attrs.field(factory=list)

    # What tests set.

    def next_answer(
        self, method: str, answered: Answered, *, carried_out: bool = True, delay_s: float = 0.0, times: int = 1
    ) -> None:
        """Spoil the next `times` answers to `method` (either spelling: `AddOrder` or `add_order`).

        `carried_out=False` loses the request itself. `delay_s` holds it back before the engine sees it.
        """
        if answered is Answered.AS_USUAL and not carried_out:
            raise ValueError("next_answer: what was not carried out cannot be answered as usual")
        queue = self._answers.setdefault(_one_name(method), deque())
        queue.extend([AnswerFault(answered, carried_out, delay_s)] * times)

    def refuse_next(self, method: str, error: str, *, carried_out: bool = False, delay_s: float = 0.0, times: int = 1) -> None:
        """Answer the next `times` requests with an error string of the exchange's, as `EAPI:Invalid nonce` or
        `EService:Throttled: 1741500000`; they are carried out all the same where that is said.
        """
        queue = self._answers.setdefault(_one_name(method), deque())
        queue.extend([AnswerFault(Answered.REFUSED, carried_out, delay_s, error)] * times)

    def go_silent(self, *doors: Door) -> None:
        """Stop sending through these doors (all, when none is named), sockets staying open."""
        self.silent.update(doors or Door)

    def speak(self) -> None:
        """End every silence. What was lost meanwhile stays lost."""
        self.silent.clear()

    def close_sockets(self, door: Door | None = None) -> int:
        """End sockets (of one door, or all) without a goodbye; returns how many."""
        return sum(cut(door) for cut in self._cut_sockets)

    def say(self, text: str, door: Door | None = None) -> None:
        """Send a text frame of any content to every open socket."""
        for say in self._say:
            say(door, text)

    def expire_tokens(self) -> None:
        """Make every WebSocket token stale, those in use too."""
        for expire in self._expire:
            expire()

    def use_nonce(self, nonce: int) -> None:
        """Use a nonce up as another program with the same key would: lower ones are refused from now on."""
        for use in self._use_nonce:
            use(nonce)

    def spoil_checksum(self, symbol: str, *, times: int = 1) -> None:
        """Make the checksum of the next book updates of a symbol wrong."""
        self._checksums[symbol] = self._checksums.get(symbol, 0) + times

    def spoil_level3(self, symbol: str, *, times: int = 1) -> None:
        """Make the checksum of the next `level3` updates of a symbol wrong."""
        self._level3_checksums[symbol] = self._level3_checksums.get(symbol, 0) + times

    def double_book(self, symbol: str, *, times: int = 1) -> None:
        """Send the next book updates of a symbol twice."""
        self._doubled_books[symbol] = self._doubled_books.get(symbol, 0) + times

    def lose_private(self, *, times: int = 1) -> None:
        """Lose the next private frames: their number is missing from the sequence."""
        self._private_copies.extend([0] * times)

    def double_private(self, *, times: int = 1) -> None:
        """Send the next private frames twice, number and all."""
        self._private_copies.extend([2] * times)

    def set_status(self, status: VenueStatus) -> None:
        """Change what the exchange takes."""
        self.exchange.set_status(status)

    # What the server asks.

    def take_answer(self, method: str) -> AnswerFault | None:
        """The fault planned for this request, which is used up by it."""
        queue = self._answers.get(_one_name(method))
        return queue.popleft() if queue else None

    def mangle_book(self, symbol: str, frame: str) -> Iterable[str]:
        """What is sent in place of a book frame."""
        if self._checksums.get(symbol):
            self._checksums[symbol] -= 1
            frame = _spoilt(frame)
        if self._doubled_books.get(symbol):
            self._doubled_books[symbol] -= 1
            return (frame, frame)
        return (frame,)

    def mangle_level3(self, symbol: str, frame: str) -> Iterable[str]:
        """What is sent in place of a `level3` update."""
        if self._level3_checksums.get(symbol):
            self._level3_checksums[symbol] -= 1
            frame = _spoilt(frame)
        return (frame,)

    def dress(self, text: str) -> str:
        """What is sent in place of any frame or answer that is a JSON object."""
        if not self.unknown_fields or not text.startswith("{"):
            return text
        fields = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
        return msgspec.json.encode({"unheard_of": [1, {"of": None}], **dict(reversed(fields.items()))}).decode()

    def private_copies(self) -> int:
        """How often the next private frame is sent."""
        return self._private_copies.popleft() if self._private_copies else 1

    def bind(
        self,
        cut: Callable[[Door | None], int],
        say: Callable[[Door | None, str], None],
        expire: Callable[[], None],
        use_nonce: Callable[[int], None],
    ) -> None:
        """Let the server say how sockets are ended and spoken to, tokens made stale, and nonces used up."""
        self._cut_sockets.append(cut)
        self._say.append(say)
        self._expire.append(expire)
        self._use_nonce.append(use_nonce)
