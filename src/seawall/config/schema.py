"""Everything that may be configured, as plain data with defaults. Durations are seconds.

The engine's own settings (`seawall.engine.settings`) are part of it as they are. What stands here is what the rooms around the
engine need, in words of its own: neither the exchange's client nor the simulator is imported to read a file.
"""

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Final, Literal

import attrs

from seawall.engine import settings
from seawall.engine.settings import ExitRules
from seawall.resilience import RestartPolicy

__all__ = [
    "KRAKEN",
    "Addresses",
    "Deadlines",
    "Exchange",
    "JournalSync",
    "Lease",
    "Mode",
    "Restart",
    "Sim",
    "Speed",
    "StrategyConfig",
    "Tier",
]


class Mode(StrEnum):
    """Where market data comes from, and where orders go."""

    SIM = "sim"
    """A Kraken-speaking server on this machine."""
    PAPER = "paper"
    """Kraken's live market data; orders are filled here. No keys are needed."""
    LIVE = "live"
    """Kraken, with real money."""


class JournalSync(StrEnum):
    """When an order counts as written."""

    FULL = "full"
    """When it is on the disk: it outlives the machine."""
    RELAXED = "relaxed"
    """When the system, or PostgreSQL, has it: it outlives the process; its last moments may be lost with the machine."""


Tier = Literal["starter", "intermediate", "pro"]
"""Kraken's verification levels, which decide the rate limits (docs.kraken.com/api/docs/guides/spot-rest-ratelimits)."""

Speed = float | Literal["max"]
"""How many times faster than it was recorded; `max` is as fast as it is read."""


@attrs.frozen
class Addresses:
    """The URLs of one exchange."""

    rest: str
    public: str
    private: str
    level3: str


KRAKEN: Final = Addresses(
    rest="https://api.kraken.com",
    public="wss://ws.kraken.com/v2",
    private="wss://ws-auth.kraken.com/v2",
    level3="wss://ws-l3.kraken.com/v2",
)
"""Kraken itself (docs.kraken.com/api/docs/guides/spot-ws-intro, .../spot-rest-intro)."""


@attrs.frozen
class Sim:
    """The simulated exchange, where one is started."""

    seed: int = 1
    """Equal seeds make equal markets."""
    port: int = 0
    """0 is any free one."""
    pairs: tuple[str, ...] = ()
    """Empty is every pair that the simulator knows."""
    balances: Mapping[str, Decimal] = attrs.field(factory=dict)
    """Asset to what the account starts with, simulated or on paper; empty is the simulator's own choice."""
    replay: Path | None = None
    """A recording to play; None is a market made up from the seed."""
    speed: Speed = 1.0


@attrs.frozen
class Exchange:
    """Which exchange, and as whom. The four URLs are given together or not at all."""

    rest: str | None = None
    public: str | None = None
    private: str | None = None
    level3: str | None = None
    ca_file: Path | None = None
    """PEM; trusted alone, in place of the system's."""
    tier: Tier = "starter"
    key_file: Path | None = None
    """Read when the environment names no key; see `seawall.config.credentials`."""
    book_depth: int = 10
    busy_poll: bool = False
    """Whether sockets are asked for bytes without a pause, which costs a core and saves some tens of microseconds a message."""
    symbols_per_socket: int = 100
    """So many symbols share a public socket."""
    nonce_file: Path | None = None
    """Where the nonces of the key are kept, so that they rise whatever the clock does between two runs."""
    sim: Sim = Sim()

    @property
    def addresses(self) -> Addresses | None:
        """The URLs as given; None when they are not."""
        if self.rest is None or self.public is None or self.private is None or self.level3 is None:
            return None
        return Addresses(self.rest, self.public, self.private, self.level3)


@attrs.frozen
class Deadlines(settings.Deadlines):
    """How long anything in the program waits for anything, and how often it looks: the engine's, and those of the rooms below.

    A subclass, so that the engine's own defaults are written once, and a new one is known to the file at once.
    """

    request_s: float = 10.0
    """One REST request, from its turn to the last byte of its answer."""
    connect_s: float = 5.0
    """Within a REST request: TCP and TLS."""
    turn_s: float = 0.25
    """How long a signed request waits for the one before it to be written, so that nonces arrive in order."""
    dial_instant_s: float = 10.0
    """One of the first, instant dials of a socket: name look-up to subscribed."""
    dial_s: float = 30.0
    """A later dial."""
    write_s: float = 5.0
    """One frame's way to the kernel; after that the connection is dropped."""
    goodbye_s: float = 1.0
    """The close handshake of a socket; after that it is closed by force."""
    answer_s: float = 10.0
    """The answer to a subscribe or unsubscribe of a connection that serves."""
    ping_every_s: float = 20.0
    silent_after_s: float = 10.0
    """A socket without any frame for this long is dead."""
    quiet_after_s: float = 60.0
    """A book without a change for this long is compared with what REST says."""
    journal_drain_s: float = 5.0
    """At the end: what was noted, on its way to the disk."""
    reconcile_every_s: float = 300.0
    monitor_every_s: float = 1.0
    balances_every_s: float = 60.0
    check_in_s: float = 30.0
    """A service or strategy that has not checked in for this long is named, and the dead man's switch is not renewed."""
    lease_every_s: float = 1.0
    """How often the lease of the account is renewed, and asked for by a standby."""
    lease_valid_s: float = 4.0
    """How long it is believed after it was renewed; later nothing but cancels is sent."""


@attrs.frozen
class Lease:
    """Which account this engine trades alone, and what it does when another one has it."""

    account: str | None = None
    """A name for the account, equal wherever it is traded; None is a digest of the API key."""
    directory: Path | None = None
    """Where this user's engines keep their lock files; None is `$XDG_STATE_HOME/seawall`, or `~/.local/state/seawall`."""
    standby: bool = False
    """Whether it waits, connected, for its turn, where it would be refused else."""


@attrs.frozen
class Restart:
    """What follows when a strategy fails; the defaults are the engine's own."""

    delays_s: tuple[float, ...] = (1.0, 5.0, 15.0)
    """The wait before each restart; one failure more than there are delays exhausts them."""
    within_s: float = 3600.0
    """Failures longer ago than this are forgotten."""
    settled_after_s: float = 300.0
    """A run that lasted this long makes all earlier failures forgotten."""
    exhausted: Literal["escalate", "quarantine"] = "quarantine"
    """Stop the engine, or leave the strategy out for the rest of the run."""

    def policy(self) -> RestartPolicy:
        """As the supervisor takes it: any exception of a strategy's is its own affair."""
        return RestartPolicy(
            on=(Exception,),
            delays_s=self.delays_s,
            within_s=self.within_s,
            settled_after_s=self.settled_after_s,
            exhausted=self.exhausted,
        )


@attrs.frozen
class StrategyConfig:
    """One strategy to run. `use` is `package.module:attribute` or `file.py:attribute`."""

    name: str
    use: str
    symbols: tuple[str, ...] = ()
    """What it trades, where that is known beforehand: mode `live` asks for limits on these, or on all when there are none."""
    parameters: Mapping[str, object] = attrs.field(factory=dict)
    exits: ExitRules | None = None
    check_in_s: float | None = None
    """How often at least it calls `market.check_in()`; left out, it is taken to be well while it runs."""
    restart: Restart = Restart()
