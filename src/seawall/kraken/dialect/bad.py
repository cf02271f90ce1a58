"""What the dialect says of bytes it cannot use."""

from seawall.model.errors import SeawallError

__all__ = ["BadFrame", "BookBroken", "ChecksumMismatch", "CrossedBook"]

_SHOWN = 160


class BadFrame(SeawallError):
    """A frame or an answer that cannot be understood: not JSON, or a known message with a field that cannot be.

    `reason` says what is wrong and where; `frame` is the beginning of what came, for the log.
    """

    def __init__(self, reason: str, frame: bytes | str = b"") -> None:
        shown = frame[:_SHOWN]
        self.frame = shown.decode("utf-8", "replace") if isinstance(shown, bytes) else shown
        self.reason = reason
        more = "..." if len(frame) > _SHOWN else ""
        super().__init__(f"{reason}; the frame begins {self.frame!r}{more}" if frame else reason)


class BookBroken(SeawallError):
    """A book that is not what the exchange has: drop it, subscribe again, trust it from the next snapshot on."""

    advice = "retry"
    symbol: str


class ChecksumMismatch(BookBroken):
    """The exchange's checksum of a book is not ours."""

    def __init__(self, symbol: str, expected: int, computed: int) -> None:
        super().__init__(f"{symbol}: the exchange's checksum is {expected}, the book's is {computed}")
        self.symbol = symbol
        self.expected = expected
        self.computed = computed


class CrossedBook(BookBroken):
    """The best bid is not below the best ask, though the checksum held."""

    def __init__(self, symbol: str, bid: object, ask: object) -> None:
        super().__init__(f"{symbol}: the best bid {bid} is not below the best ask {ask}")
        self.symbol = symbol
        self.bid = bid
        self.ask = ask
