"""What waits for a reader: bounded, conflated where only the newest counts, honest about what was lost. No waiting here."""

import enum
from collections.abc import Callable, Hashable, Mapping
from types import MappingProxyType
from typing import Generic, TypeVar

import attrs

from seawall.kraken.client.api.streams.errors import FellBehind, MissedMessages, StreamLost
from seawall.model.errors import SeawallError

__all__ = ["Mailbox", "Overflow", "Terms"]

I = TypeVar("I")  # noqa: E741 - what comes in; T is what is taken out
T = TypeVar("T")


class Overflow(enum.Enum):
    """What a full mailbox does with one more."""

    DROP_OLDEST = "drop the oldest"
    """`pop` raises `MissedMessages` in its place, with how many there were."""
    END = "end"
    """Nothing is left out in the middle: what waits can be read, and then `pop` raises `FellBehind`."""


@attrs.frozen
class Terms(Generic[I, T]):
    """How one kind of stream is kept for a reader.

    `subject` is the pair or the asset that an item is about. An unread item is replaced by one of the same `key`; those of
    the key None are all kept. `view` makes of an item, and of when its bytes arrived (trio's clock), what the reader gets: at
    the moment of reading, as books change meanwhile. `facts` stay true when nothing newer can be heard; other items are a
    state, which is then withdrawn.
    """

    subject: Callable[[I], str]
    key: Callable[[I], Hashable | None]
    view: Callable[[I, float], T]
    capacity: int
    overflow: Overflow = Overflow.DROP_OLDEST
    facts: bool = False


def _nobody_waits() -> None:
    pass


@attrs.define(eq=False, repr=False)
class Mailbox(Generic[I, T]):
    """A `Sink` of items, read in the order in which their keys came; errors are raised in their place among them.

    `wake` is called when something has come. With `raise_lost` a loss is an error for the reader, too.
    """

    what: str
    terms: Terms[I, T]
    raise_lost: bool = False
    wake: Callable[[], object] = attrs.field(default=_nobody_waits, init=False)
    replaced: int = attrs.field(default=0, init=False)
    """Unread items that a newer one took the place of."""
    missed: int = attrs.field(default=0, init=False)
    """Items for which there was no place."""
    _waiting: dict[Hashable, tuple[I, float] | SeawallError] = attrs.field(factory=dict, init=False)
    _newest: dict[str, tuple[I, float]] = attrs.field(factory=dict, init=False)
    _stale: dict[str, str] = attrs.field(factory=dict, init=False)
    _number: int = attrs.field(default=0, init=False)
    _dropped: int = attrs.field(default=0, init=False)
    _over: bool = attrs.field(default=False, init=False)

    def __len__(self) -> int:
        return len(self._waiting)

    # As a sink

    def take(self, item: I, received_s: float) -> None:
        """It came."""
        entry = (item, received_s)
        subject, key = self.terms.subject(item), self.terms.key(item)
        if self._stale:
            self._stale.pop(subject, None)
        self._newest.pop(subject, None)
        self._newest[subject] = entry
        if key is not None and key in self._waiting:
            self.replaced += 1
            self._waiting[key] = entry
        else:
            self._add(key, entry)

    def lose(self, subject: str, reason: str) -> None:
        """Nothing newer can be heard of it: a state that nobody has read yet is withdrawn."""
        self._stale[subject] = reason
        if not self.terms.facts:
            self._waiting.pop(subject, None)
            self._newest.pop(subject, None)
        if self.raise_lost:
            self.fail(StreamLost(self.what, subject, reason))

    def restore(self, subject: str) -> None:
        """It can be heard again."""
        self._stale.pop(subject, None)

    def fail(self, error: SeawallError) -> None:
        """Have `pop` raise this once what came before was read."""
        self._add(None, error)

    # For the reader

    @property
    def ready(self) -> bool:
        """Whether `pop` has something to return or to raise."""
        return bool(self._waiting or self._dropped or self._over)

    @property
    def stale(self) -> Mapping[str, str]:
        """Of what nothing newer can be heard, and why."""
        return MappingProxyType(self._stale)

    def pop(self) -> T:
        """The oldest, removed; only while `ready`. Raises `MissedMessages`, `FellBehind` and the errors put in."""
        if self._dropped:
            count, self._dropped = self._dropped, 0
            raise MissedMessages(self.what, count, f"more than {self.terms.capacity} waited to be read")
        if not self._waiting:
            raise FellBehind(self.what, self.terms.capacity)
        first = self._waiting.pop(next(iter(self._waiting)))
        if isinstance(first, SeawallError):
            raise first
        return self.terms.view(*first)

    def newest(self) -> T | None:
        """The newest of all that was not withdrawn, read or unread."""
        return self.terms.view(*self._newest[next(reversed(self._newest))]) if self._newest else None

    def newest_of(self, subject: str) -> T | None:
        """The newest of one subject."""
        found = self._newest.get(subject)
        return None if found is None else self.terms.view(*found)

    def _add(self, key: Hashable | None, entry: tuple[I, float] | SeawallError) -> None:
        if self._over:
            self.missed += 1
            return
        if len(self._waiting) >= self.terms.capacity:
            if self.terms.overflow is Overflow.END:
                self._over = True
                self.missed += 1
                return
            dropped = self._waiting.pop(next(iter(self._waiting)))
            count = (dropped.count or 1) if isinstance(dropped, MissedMessages) else 1
            self._dropped += count
            self.missed += count
        if key is None:
            self._number += 1
            key = (None, self._number)
        self._waiting[key] = entry
        self.wake()
