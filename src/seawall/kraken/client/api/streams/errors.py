"""What a stream tells its reader besides what it is a stream of."""

from seawall.model.errors import Advice, SeawallError

__all__ = ["FellBehind", "MissedMessages", "StreamLost"]


class MissedMessages(SeawallError):
    """Something is missing in this place of a stream; what follows can be read on. `count` is None where nobody knows."""

    advice: Advice = "retry"

    def __init__(self, what: str, count: int | None, reason: str) -> None:
        super().__init__(f"{what}: {'some' if count is None else count} are missing here: {reason}")
        self.count = count
        self.reason = reason


class FellBehind(SeawallError):
    """The reader was too slow for a stream that leaves nothing out: all up to here was read, and the stream is over.

    Open it anew, and ask REST for what happened since the last one that was read.
    """

    def __init__(self, what: str, capacity: int) -> None:
        super().__init__(f"{what}: more than {capacity} waited to be read, so the stream ended where it was full")
        self.capacity = capacity


class StreamLost(SeawallError):
    """What was read last of `symbol` is not to be trusted any more; it is being asked for anew, and the stream goes on then.

    Where the stream is of no pair, `symbol` is `account`.
    """

    advice: Advice = "retry"

    def __init__(self, what: str, symbol: str, reason: str) -> None:
        super().__init__(f"{what}: {symbol}: {reason}")
        self.symbol = symbol
        self.reason = reason
