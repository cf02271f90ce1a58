"""Plain lines for output that is not a terminal: one fact a line, made for `grep`, `awk` and `tail -f`.

    05:06:07.123  breaker_opened  name=rest failures=5 retry_after_s=60
    ^ UTC         ^ event         ^ fields, always in the same order

Values with spaces, quotes or equal signs are written as JSON text; a field without a value is left out.
"""

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence

import attrs

from seawall.engine.facts import Fact, event_name, facts_of
from seawall.engine.news import clock_text
from seawall.engine.snapshot import EngineSnapshot, QuoteLine

__all__ = ["PlainLines", "line"]

_BARE = re.compile(r'[^\s"=\x00-\x1f\x7f-\x9f]+')


def line(at_ns: int, event: str, facts: Mapping[str, Fact]) -> str:
    """One fact as one line, without a newline. `at_ns`: nanoseconds since the epoch, shown as the time of day in UTC."""
    fields = " ".join(_fields(facts))
    return f"{clock_text(at_ns, millis=True)}  {event}  {fields}".rstrip()


@attrs.define(eq=False)
class PlainLines:
    """A probe that turns each notice into a line, and now and then a snapshot's quotes.

    `write` takes one line with its newline and must not block (see `writer.LineWriter`); `now_ns` is the wall clock.
    """

    write: Callable[[str], None]
    now_ns: Callable[[], int]
    quotes_every_s: float = 5.0
    _quote_told_ns: dict[str, int] = attrs.field(init=False, factory=dict)

    def __call__(self, notice: object) -> None:
        """Write one notice."""
        self.say(event_name(notice), **facts_of(notice))

    def say(self, event: str, /, **facts: Fact) -> None:
        """Write one line of one's own."""
        self.write(line(self.now_ns(), event, facts) + "\n")

    def quotes(self, snapshot: EngineSnapshot) -> None:
        """Write those quotes of a snapshot that were not written within the last `quotes_every_s` seconds."""
        now_ns = self.now_ns()
        for quote in snapshot.quotes:
            told_ns = self._quote_told_ns.get(quote.symbol)
            if told_ns is None or not 0 <= now_ns - told_ns < self.quotes_every_s * 1e9:
                self._quote_told_ns[quote.symbol] = now_ns
                self._quote(quote)

    def _quote(self, quote: QuoteLine) -> None:
        bid, ask = (None if price is None else format(price, "f") for price in (quote.bid, quote.ask))
        self.say("quote", symbol=quote.symbol, bid=bid, ask=ask, age_s=quote.age_s, verified=quote.verified)


def _fields(facts: Mapping[str, Fact], prefix: str = "") -> list[str]:
    fields: list[str] = []
    for name, fact in facts.items():
        match fact:
            case None:
                continue
            case Mapping() if {"type", "text"} <= fact.keys():  # an exception, its type first: fields that can be searched
                fields.append(f"{prefix}{name}={_value(fact['type'])}")
                fields += _fields({key: item for key, item in fact.items() if key != "type"}, f"{prefix}{name}.")
            case Mapping():
                fields += _fields(fact, f"{prefix}{name}.")
            case [Mapping(), *_]:
                fields += _fields({str(place): item for place, item in enumerate(fact)}, f"{prefix}{name}.")
            case _:
                fields.append(f"{prefix}{name}={_value(fact)}")
    return fields


def _value(fact: Fact) -> str:
    match fact:
        case bool():
            return "yes" if fact else "no"
        case float() if math.isfinite(fact):
            return f"{fact:.3f}".rstrip("0").rstrip(".")
        case None | int() | float():
            return str(fact).lower()
        case str():
            return fact if _BARE.fullmatch(fact) else json.dumps(fact, ensure_ascii=False)
        case Sequence() if all(isinstance(item, str) and _BARE.fullmatch(item) and "," not in item for item in fact):
            return ",".join(map(str, fact)) or '""'
        case _:
            return json.dumps(json.dumps(fact, ensure_ascii=False), ensure_ascii=False)
