"""What happened in a world, in order, and a hash of all of it."""

import hashlib
from collections.abc import Callable

import attrs

__all__ = ["Fact", "Trace"]


@attrs.frozen
class Fact:
    """Something happened, `at_s` seconds after the world began.

    `kind` is short, and the same for all facts of a sort; `text` is for people.
    """

    at_s: float
    lane: str
    kind: str
    text: str


@attrs.define(eq=False)
class Trace:
    """Takes down facts. All of them are hashed; they are kept only where somebody wants to read them (`keep`)."""

    now_s: Callable[[], float]
    keep: bool = False
    facts: list[Fact] = attrs.field(factory=list, init=False)
    counts: dict[str, int] = attrs.field(factory=dict, init=False)
    """How many facts of each kind."""
    listeners: list[Callable[[Fact], None]] = attrs.field(factory=list, init=False)
    """Told of each fact, at once; they must not raise."""
    _hash: hashlib.blake2b = attrs.field(factory=lambda: hashlib.blake2b(digest_size=16), init=False, repr=False)

    def tell(self, lane: str, kind: str, text: str) -> None:
        """Take down one fact, now. The text must not hold what differs between two runs, as an address in memory."""
        at_s = self.now_s()
        self.counts[kind] = self.counts.get(kind, 0) + 1
        self._hash.update(f"{at_s!r}|{lane}|{kind}|{text}\n".encode())
        if self.keep or self.listeners:
            fact = Fact(at_s, lane, kind, text)
            if self.keep:
                self.facts.append(fact)
            for listen in self.listeners:
                listen(fact)

    def digest(self) -> str:
        """The hash of everything up to now."""
        return self._hash.hexdigest()
