"""Switches that make the exchange misbehave, for tests and drills. All are off at the start."""

import random
import re
from collections import deque
from collections.abc import Callable, Iterable

import attrs
import msgspec

from seawall.model.market_data import VenueStatus
from seawall.sim.answer_faults import Answered, AnswerFault, AnswerFaults, AnswerRule
from seawall.sim.exchange.exchange import Exchange
from seawall.sim.frame_faults import FrameFaults
from seawall.sim.settings import Door

__all__ = ["AnswerFault", "AnswerRule", "Answered", "Faults", "SocketSwitches"]

_CHECKSUM = re.compile(r'("checksum":\s*)(\d+)')


@attrs.frozen
class SocketSwitches:
    """What the server lets faults do to its sockets and keys."""

    cut: Callable[[Door | None], int]
    say: Callable[[Door | None, str], None]
    throw: Callable[[Door | None, bytes, bool], int]
    expire_tokens: Callable[[], None]
    use_nonce: Callable[[int], None]
    nonce: Callable[[], int]


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
    rest_hangs_up: bool = False
    """Every REST connection ends right after an answer that did not say so."""
    handshakes_hang: bool = False
    """WebSocket handshakes are never answered, and their connections stay."""
    wrong_accept: bool = False
    """WebSocket handshakes are answered with another's `Sec-WebSocket-Accept`."""
    close_at_once: bool = False
    """Sockets are closed, properly, right after the handshake."""
    goodbye: bytes | None = None
    """What is sent in place of the answer to a close frame; the connection then stays. Empty is nothing at all."""
    refused_subscriptions: dict[tuple[str, str], str] = attrs.field(factory=dict)
    """Errors that answer subscriptions, by channel and symbol (empty for channels without); those made before go on."""
    rest_lag_s: float = 0.0
    """How far the answers about orders and fills lie behind, up to a minute."""
    clock_offset_ns: int = 0
    """Added to the wall clock of the exchange: a clock that jumped."""
    unknown_fields: bool = False
    """Every frame and answer has its keys in another order, and one more that nobody has heard of."""
    silent: set[Door] = attrs.field(factory=set)
    """Doors through which not one byte leaves any more; what comes in is carried out, what would leave is lost."""
    answers: AnswerFaults = attrs.field(factory=AnswerFaults)
    frames: FrameFaults = attrs.field(factory=lambda: FrameFaults(random.Random(0)))
    _checksums: dict[str, int] = attrs.field(factory=dict)
    _level3_checksums: dict[str, int] = attrs.field(factory=dict)
    _doubled_books: dict[str, int] = attrs.field(factory=dict)
    _private_copies: deque[int] = attrs.field(factory=deque)
    _switches: list[SocketSwitches] = attrs.field(factory=list)

    # What tests set.

    def next_answer(
        self, method: str, answered: Answered, *, carried_out: bool = True, delay_s: float = 0.0, times: int = 1
    ) -> None:
        """Spoil the next `times` answers to `method` (either spelling: `AddOrder` or `add_order`).

        `carried_out=False` loses the request itself. `delay_s` holds it back before the engine sees it.
        """
        if answered is Answered.AS_USUAL and not carried_out:
            raise ValueError("next_answer: what was not carried out cannot be answered as usual")
        self.answers.add(method, AnswerFault(answered, carried_out, delay_s), times)

    def refuse_next(self, method: str, error: str, *, carried_out: bool = False, delay_s: float = 0.0, times: int = 1) -> None:
        """Answer the next `times` requests with an error string of the exchange's, as `EAPI:Invalid nonce` or
        `EService:Throttled: 1741500000`; they are carried out all the same where that is said.
        """
        self.answers.add(method, AnswerFault(Answered.REFUSED, carried_out, delay_s, error), times)

    def go_silent(self, *doors: Door) -> None:
        """Stop sending through these doors (all, when none is named), sockets staying open."""
        self.silent.update(doors or Door)

    def speak(self) -> None:
        """End every silence. What was lost meanwhile stays lost."""
        self.silent.clear()

    def close_sockets(self, door: Door | None = None) -> int:
        """End sockets (of one door, or all) without a goodbye; returns how many."""
        return sum(switches.cut(door) for switches in self._switches)

    def say(self, text: str, door: Door | None = None) -> None:
        """Send a text frame of any content to every open socket."""
        for switches in self._switches:
            switches.say(door, text)

    def throw(self, data: bytes, door: Door | None = None, *, then_end: bool = False) -> int:
        """Send any bytes, beneath WebSocket, to every open socket, and end it there where that is said; returns how many."""
        return sum(switches.throw(door, data, then_end) for switches in self._switches)

    def expire_tokens(self) -> None:
        """Make every WebSocket token stale, those in use too."""
        for switches in self._switches:
            switches.expire_tokens()

    def use_nonce(self, nonce: int) -> None:
        """Use a nonce up as another program with the same key would: lower ones are refused from now on."""
        for switches in self._switches:
            switches.use_nonce(nonce)

    @property
    def nonce(self) -> int:
        """The highest nonce that was used."""
        return max((switches.nonce() for switches in self._switches), default=0)

    def spoil_checksum(self, symbol: str, *, times: int = 1) -> None:
        """Make the checksum of the next book updates of a symbol wrong."""
        self._checksums[symbol] = self._checksums.get(symbol, 0) + times

    def forgive_checksums(self, symbol: str) -> None:
        """Spoil no more checksums of a symbol."""
        self._checksums.pop(symbol, None)
        self._level3_checksums.pop(symbol, None)

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

    def take_answer(self, method: str, door: Door = Door.REST) -> AnswerFault | None:
        """The fault planned for this request, which is used up by it."""
        return self.answers.take(door, method)

    def refusal_of(self, channel: str, symbol: str) -> str | None:
        """The error that answers a subscription; None when it is taken."""
        return self.refused_subscriptions.get((channel, symbol))

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

    def bind(self, switches: SocketSwitches) -> None:
        """Let the server say how sockets are ended and spoken to, tokens made stale, and nonces used up."""
        self._switches.append(switches)

    def heal(self) -> None:
        """Set every switch back, and send what was held back. No status is touched, and who is locked out stays so."""
        self.refuse_connections = self.unknown_fields = self.rest_hangs_up = False
        self.handshakes_hang = self.wrong_accept = self.close_at_once = False
        self.handshake_status = self.rest_status = self.goodbye = None
        self.rest_lag_s, self.clock_offset_ns = 0.0, 0
        self.silent.clear()
        self.refused_subscriptions.clear()
        self._checksums.clear()
        self._level3_checksums.clear()
        self._doubled_books.clear()
        self._private_copies.clear()
        self.answers.forget()
        self.frames.heal()
