"""Turning what can be set about a world, for as long as a fault lasts, so that all of it can be put back."""

from collections.abc import Generator
from contextlib import contextmanager

import attrs

__all__ = ["Dials"]

_Turn = tuple[int, object]


@attrs.define(eq=False)
class _Dial:
    target: object
    name: str
    before: object
    turns: list[_Turn] = attrs.field(factory=list)

    def apply(self) -> None:
        setattr(self.target, self.name, self.turns[-1][1] if self.turns else self.before)


@attrs.define(eq=False)
class Dials:
    """Attributes that faults have set, and what they were before the first of them.

    Faults overlap: the newest turn of an attribute holds, and when the last one is taken back, the first value is there again,
    in whatever order they end.
    """

    _dials: dict[tuple[int, str], _Dial] = attrs.field(factory=dict)
    _count: int = 0

    def __len__(self) -> int:
        return len(self._dials)

    @contextmanager
    def turned(self, target: object, **values: object) -> Generator[None, None, None]:
        """Set attributes of `target` while inside."""
        self._count += 1
        number = self._count
        for name, value in values.items():
            key = id(target), name
            dial = self._dials.get(key)
            if dial is None:
                dial = self._dials[key] = _Dial(target, name, getattr(target, name))
            dial.turns.append((number, value))
            dial.apply()
        try:
            yield
        finally:
            for name in values:
                self._take_back((id(target), name), number)

    def reset(self) -> None:
        """Take every turn back, now. Those who made them may still do so themselves."""
        for dial in self._dials.values():
            dial.turns.clear()
            dial.apply()
        self._dials.clear()

    def _take_back(self, key: tuple[int, str], number: int) -> None:
        dial = self._dials.get(key)
        if dial is None:
            return
        dial.turns = [turn for turn in dial.turns if turn[0] != number]
        dial.apply()
        if not dial.turns:
            del self._dials[key]
