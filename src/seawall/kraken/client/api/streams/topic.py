"""One thing that the sockets tell of (the book of a pair, its trades, the account's orders), and who wants to hear it."""

from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

import attrs

from seawall.kraken.client.api.streams.errors import StreamLost
from seawall.model.errors import SeawallError

__all__ = ["CallbackSink", "Sink", "Topic"]

I = TypeVar("I")  # noqa: E741 - what comes in, as in `mailbox`
I_contra = TypeVar("I_contra", contravariant=True)


class Sink(Protocol[I_contra]):
    """Somebody who wants every message. Called by the task that reads the socket: nothing here waits."""

    def take(self, item: I_contra, received_s: float) -> None:
        """It came; `received_s` is when its bytes did, on trio's clock."""
        ...

    def lose(self, subject: str, reason: str) -> None:
        """Nothing newer can be heard until the next `take`, or `restore`."""
        ...

    def restore(self, subject: str) -> None:
        """It can be heard again."""
        ...

    def fail(self, error: SeawallError) -> None:
        """Something went wrong that its user must know."""
        ...


@attrs.define(eq=False, repr=False)
class Topic(Generic[I]):
    """The sinks of one subject. It `remembers` the newest item under each key for those who come later, or none."""

    subject: str
    remembers: bool
    newest: dict[str, tuple[I, float]] = attrs.field(factory=dict, init=False)
    lost: str | None = attrs.field(default=None, init=False)
    """Why nothing newer can be heard now."""
    _sinks: tuple[Sink[I], ...] = attrs.field(default=(), init=False)

    def __repr__(self) -> str:
        return f"<Topic {self.subject}, {len(self._sinks)} sinks{'' if self.lost is None else ', lost: ' + self.lost}>"

    @property
    def wanted(self) -> bool:
        """Whether anybody listens."""
        return bool(self._sinks)

    def add(self, sink: Sink[I]) -> None:
        """Every message from now on is for this one, too."""
        self._sinks += (sink,)

    def remind(self, sink: Sink[I]) -> None:
        """Tell one that came late what was told last."""
        if self.lost is not None:
            sink.lose(self.subject, self.lost)
        for item, received_s in self.newest.values():
            sink.take(item, received_s)

    def remove(self, sink: Sink[I]) -> None:
        """Nothing more for this one."""
        self._sinks = tuple(each for each in self._sinks if each is not sink)

    def tell(self, item: I, received_s: float, key: str = "") -> None:
        """To all, in the order in which they came."""
        if self.remembers:
            self.newest[key] = (item, received_s)
        self.lost = None
        for sink in self._sinks:
            sink.take(item, received_s)

    def lose(self, reason: str, *, forget: bool) -> None:
        """Nothing newer can be heard; what must not be believed without that is to be forgotten."""
        self.lost = reason
        if forget:
            self.newest.clear()
        for sink in self._sinks:
            sink.lose(self.subject, reason)

    def restore(self) -> None:
        """It can be heard again."""
        self.lost = None
        for sink in self._sinks:
            sink.restore(self.subject)

    def fail(self, error: SeawallError) -> None:
        """Tell all that something went wrong."""
        for sink in self._sinks:
            sink.fail(error)


@attrs.define(eq=False, repr=False)
class CallbackSink(Generic[I]):
    """A `Sink` that calls `call` with every message, and `troubled`, where there is one, with what went wrong between them.

    What either raises is a bug of theirs: it goes on to whoever told, with a note that names the function.
    """

    what: str
    call: Callable[[I, float], object]
    troubled: Callable[[SeawallError], object] | None

    def take(self, item: I, received_s: float) -> None:
        """Hand it on."""
        try:
            self.call(item, received_s)
        except Exception as bug:
            bug.add_note(f"raised by {_name(self.call)}, a callback of {self.what}")
            raise

    def lose(self, subject: str, reason: str) -> None:
        """Hand it on as an error."""
        self.fail(StreamLost(self.what, subject, reason))

    def restore(self, subject: str) -> None:
        """The next message says so."""

    def fail(self, error: SeawallError) -> None:
        """Hand it on."""
        if self.troubled is None:
            return
        try:
            self.troubled(error)
        except Exception as bug:
            bug.add_note(f"raised by {_name(self.troubled)}, a callback of {self.what}")
            raise


def _name(function: object) -> str:
    return str(getattr(function, "__qualname__", None) or repr(function))
