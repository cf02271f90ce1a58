"""How long to wait before the next attempt: doubling delays, and strategies to spread them.

Clients that fail together come back together, unless chance spreads them. A jitter strategy is a function of one
`Draw`; the five here are the usual ones, and your own is as good.
"""

import math
from collections.abc import Callable
from random import Random

import attrs

from seawall.resilience.checks import above_zero, at_least, switch
from seawall.resilience.errors import BadSetting

__all__ = ["Backoff", "Draw", "Jitter", "decorrelated", "equal", "full", "none", "proportional"]

PROPORTION = 0.1
"""How much `proportional` adds, at most."""


@attrs.frozen
class Draw:
    """What a jitter strategy knows. Seconds."""

    nominal_s: float
    """The delay before jitter: doubled, and cut at the maximum."""
    previous_s: float
    """The delay that was waited before this one, or its nominal value when the caller does not say."""
    base_s: float
    max_s: float
    rng: Random


Jitter = Callable[[Draw], float]


def none(draw: Draw) -> float:
    """No spread."""
    return draw.nominal_s


def proportional(draw: Draw) -> float:
    """The delay and up to a tenth more: the least spread, and the most predictable."""
    return draw.nominal_s * (1.0 + PROPORTION * draw.rng.random())


def equal(draw: Draw) -> float:
    """Half the delay, and up to as much again: a bounded tail with a far lower peak. For many reconnecting clients."""
    return draw.nominal_s * (0.5 + 0.5 * draw.rng.random())


def full(draw: Draw) -> float:
    """Anything between nothing and the delay."""
    return draw.nominal_s * draw.rng.random()


def decorrelated(draw: Draw) -> float:
    """Anything between the base and three times the delay before, or the maximum if that is less: the lowest peak."""
    # The range is cut at the maximum, not the draw: cutting the draw would send two clients in three there together.
    most_s = min(draw.max_s, 3.0 * draw.previous_s)
    return draw.base_s + draw.rng.random() * max(0.0, most_s - draw.base_s)


@attrs.frozen
class Backoff:
    """Delays of `min(base_s * 2**n, max_s)`, then spread by `jitter`. Has no state: `n` is the caller's.

    With `proportional` a delay may exceed `max_s` by a tenth. `cap_total` lowers the nominal maximum so that it never
    does, and delays at the cap still differ.
    """

    base_s: float = attrs.field(default=5.0, validator=above_zero)
    max_s: float = attrs.field(default=60.0, validator=above_zero)
    jitter: Jitter = proportional
    cap_total: bool = attrs.field(default=False, validator=switch)

    def __attrs_post_init__(self) -> None:
        at_least("Backoff.max_s", self.max_s, self.base_s, "base_s")

    def nominal_s(self, n: int) -> float:
        """The delay before jitter. `n` counts from 0, and may be as large as it likes."""
        if n < 0:
            raise BadSetting("n", n, "a whole number, zero or more")
        try:
            return min(math.ldexp(self.base_s, n), self.max_s)
        except OverflowError:
            return self.max_s

    def delay_s(self, n: int, rng: Random, previous_s: float | None = None) -> float:
        """The delay before attempt `n` of this schedule (0 is the first that waits).

        `previous_s` is the delay waited before it, which only `decorrelated` looks at.
        """
        nominal_s = self.nominal_s(n)
        if self.cap_total:
            nominal_s = min(nominal_s, self.max_s / (1.0 + PROPORTION))
        if previous_s is None:
            previous_s = self.nominal_s(n - 1) if n else self.base_s
        delay_s = self.jitter(Draw(nominal_s, previous_s, self.base_s, self.max_s, rng))
        return min(delay_s, self.max_s) if self.cap_total else delay_s
