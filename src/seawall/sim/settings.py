"""What can be set about the simulated exchange, and where it is to be found."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Final, Literal

import attrs

from seawall.model.numbers import exact
from seawall.model.orders import Number
from seawall.sim.exchange.admission import PostOnlyCrossing
from seawall.sim.exchange.limits import Tier
from seawall.sim.exchange.pairs import DEFAULT_PAIRS, Pair

__all__ = ["DEFAULT_BALANCES", "PERMISSIONS", "AnswerOrder", "Door", "ReplayStart", "SimAddresses", "SimSettings", "Speed"]

Speed = float | Literal["max"]
ReplayStart = Literal["first", "all"]
AnswerOrder = Literal["answer first", "events first", "either"]

PERMISSIONS: Final = (
    "query-funds",
    "query-open-trades",
    "query-closed-trades",
    "modify-trades",
    "close-trades",
    "query-ledger",
    "create-ws-token",
)
"""What a key may be allowed that means something here (docs.kraken.com/api/docs/rest-api/get-api-key-info)."""

DEFAULT_BALANCES: Final[Mapping[str, Decimal]] = {
    "USD": Decimal("100000.0000"),
    "EUR": Decimal("50000.0000"),
    "CHF": Decimal("50000.0000"),
    "BTC": Decimal("1.0000000000"),
    "ETH": Decimal("10.0000000000"),
}


class Door(StrEnum):
    """The four addresses under which the exchange listens."""

    REST = "rest"
    PUBLIC = "public"
    PRIVATE = "private"
    LEVEL3 = "level3"


def _exact_balances(balances: Mapping[str, Number]) -> Mapping[str, Decimal]:
    return {asset: exact(amount, f"balances.{asset}") for asset, amount in balances.items()}


def _exact_volume(volume: Number) -> Decimal:
    return exact(volume, "volume_usd")


@attrs.frozen
class SimAddresses:
    """URLs of one running simulator. Single orders (`level3`) have an address of their own, as at the exchange
    (docs.kraken.com/api/docs/websocket-v2/level3).
    """

    rest: str
    public: str
    private: str
    level3: str


@attrs.frozen
class SimSettings:
    """Settings of one simulated exchange. Durations are seconds; balances are by asset name (`BTC`), exact.

    `host` is the IPv4 address to listen at; 127.0.0.1 is this machine's alone. URLs have `name` there; None is `host` itself.
    `port` 0 lets the system choose; else REST, the public, the private and the level 3 socket listen on it and the three
    after it.
    With `replay` the pairs are those of the recording, and `pairs` is not used.
    """

    host: str = "127.0.0.1"
    name: str | None = None
    port: int = 0
    seed: int = 1
    pairs: tuple[Pair, ...] = DEFAULT_PAIRS
    balances: Mapping[str, Decimal] = attrs.field(default=DEFAULT_BALANCES, converter=_exact_balances)
    """What the account starts with. The default ones are cut to the assets that are traded here; others have to be."""
    tier: Tier = Tier.PRO
    volume_usd: Decimal = attrs.field(default=Decimal(0), converter=_exact_volume)
    """What the account has traded in the thirty days before, in US dollars: fees fall with it."""
    limits_enforced: bool = True
    """Whether the rate counters refuse (docs.kraken.com/api/docs/guides/spot-ratelimits) or only count."""
    nonce_window: int = 0
    """How far below the highest nonce a late one may lie (docs.kraken.com/api/docs/guides/spot-rest-auth)."""
    permissions: tuple[str, ...] = PERMISSIONS
    """What the key may do; a method that needs another is refused."""
    connection_budget: int | None = 150
    """WebSocket connections in ten minutes; one more and none is taken for as long. None is no limit."""
    post_only_crossing: PostOnlyCrossing = "refuse"
    answer_order: AnswerOrder = "either"
    """Whether the answer to a trading request comes before the events it causes: both are seen at the exchange."""

    events_per_s: float = 20.0
    """How lively the generated market is: steps per second and pair. 0 is a market that stands still."""
    crowd_levels: int = 60
    """How many prices of each side the crowd quotes."""
    history_min: int = 720
    """Minutes of past candles that the generated market starts with."""

    replay: Path | None = None
    """A recording: one `{"t": seconds, "frame": {…}}` a line, frames of the v2 `book` channel at depth 1000."""
    speed: Speed = 1.0
    """How much faster than recorded the replay runs; `max` waits for its readers alone."""
    replay_start: ReplayStart = "first"
    """What releases the replay: the first book subscriber, or one for each symbol of the recording."""

    certificate: Path | None = None
    """PEM file with the certificate chain; with `key` all four addresses speak TLS."""
    key: Path | None = None

    heartbeat_s: float = 1.0
    idle_close_s: float = 60.0
    """A socket from which nothing came for so long is closed."""
    outbox_frames: int = 10_000
    """Frames queued for one slow reader; one more and its socket is closed."""
    close_s: float = 2.0
    """How long sockets may take to say goodbye when the simulator closes."""
    request_log: int = 10_000

    now_ns: Callable[[], int] | None = None
    """The wall clock, nanoseconds since the epoch; None is the system's."""

    def __attrs_post_init__(self) -> None:
        if (self.certificate is None) != (self.key is None):
            raise ValueError("certificate, key: TLS needs both files, or neither")
        if not 0 <= self.port <= 65_532:
            raise ValueError(f"port: {self.port} is not 0, nor leaves room for four up to 65535")
        if self.speed != "max" and not self.speed > 0:
            raise ValueError(f"speed: {self.speed} is neither above zero nor 'max'")
        if self.volume_usd < 0:
            raise ValueError(f"volume_usd: {self.volume_usd} is below zero")
        if self.nonce_window < 0:
            raise ValueError(f"nonce_window: {self.nonce_window} is below zero")
        if strangers := [name for name in self.permissions if name not in PERMISSIONS]:
            raise ValueError(f"permissions: {', '.join(strangers)} is not among {', '.join(PERMISSIONS)}")
        if self.events_per_s < 0:
            raise ValueError(f"events_per_s: {self.events_per_s} is below zero")
