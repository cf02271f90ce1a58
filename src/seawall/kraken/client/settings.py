"""Where Kraken is, who we are there, and how long we wait for it."""

import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal, TypeVar, get_args
from urllib.parse import urlsplit

import attrs

from seawall.kraken.dialect.books.book import DEPTHS

__all__ = ["KRAKEN", "Addresses", "ClientSettings", "Credentials", "Tier"]

T = TypeVar("T")

Tier = Literal["starter", "intermediate", "pro"]
"""Kraken's verification levels, which decide the rate limits (docs.kraken.com/api/docs/guides/spot-rest-ratelimits)."""


def _http(_instance: object, attribute: "attrs.Attribute[str]", value: str) -> None:
    _check_url(attribute.name, value, ("https", "http"))


def _websocket(_instance: object, attribute: "attrs.Attribute[str]", value: str) -> None:
    _check_url(attribute.name, value, ("wss", "ws"))


def _check_url(name: str, value: str, schemes: tuple[str, str]) -> None:
    parts = urlsplit(value)
    if parts.scheme not in schemes or not parts.hostname:
        raise ValueError(f"{name}: {value!r} is not a URL such as {schemes[0]}://host/path")


def _above_zero(_instance: object, attribute: "attrs.Attribute[float]", value: float) -> None:
    if type(value) not in {int, float} or not 0 < value < float("inf"):
        raise ValueError(f"{attribute.name}: {value!r} is not a finite number above zero")


def _from_one(_instance: object, attribute: "attrs.Attribute[int]", value: int) -> None:
    if type(value) is not int or value < 1:
        raise ValueError(f"{attribute.name}: {value!r} is not a whole number from 1 on")


def _one_of(*words: object) -> Callable[[object, "attrs.Attribute[T]", T], None]:
    def check(_instance: object, attribute: "attrs.Attribute[T]", value: T) -> None:
        if value not in words:
            raise ValueError(f"{attribute.name}: {value!r} is not one of {', '.join(map(str, words))}")

    return check


@attrs.frozen
class Addresses:
    """The hosts of one exchange; `https`/`wss`, or `http`/`ws` for one on this machine."""

    rest: str = attrs.field(validator=_http)
    public: str = attrs.field(validator=_websocket)
    private: str = attrs.field(validator=_websocket)
    level3: str = attrs.field(validator=_websocket)


KRAKEN: Final = Addresses(
    rest="https://api.kraken.com",
    public="wss://ws.kraken.com/v2",
    private="wss://ws-auth.kraken.com/v2",
    level3="wss://ws-l3.kraken.com/v2",
)
"""The exchange itself (docs.kraken.com/api/docs/guides/spot-ws-intro, .../spot-rest-intro)."""


@attrs.frozen
class Credentials:
    """An API key and its secret, base64 text as Kraken shows it. The repr hides the secret."""

    key: str
    secret: str = attrs.field(repr=lambda _secret: "'***'")


@attrs.frozen
class ClientSettings:
    """Everything about the client that may be set. Durations are seconds.

    Without `credentials` only market data is to be had. With `ca_file` the certificates in it (PEM) are trusted, and
    no others. With `nonce_file` nonces rise above those of every run that used that file, whatever the clock did meanwhile,
    and a second process that names it is refused.
    """

    addresses: Addresses = KRAKEN
    credentials: Credentials | None = None
    ca_file: Path | None = None
    nonce_file: Path | None = None
    tier: Tier = attrs.field(default="starter", validator=_one_of(*get_args(Tier)))
    request_s: float = attrs.field(default=10.0, validator=_above_zero)
    """One REST request, from its turn to the last byte of its answer."""
    connect_s: float = attrs.field(default=5.0, validator=_above_zero)
    """Within a REST request: TCP and TLS."""
    turn_s: float = attrs.field(default=0.25, validator=_above_zero)
    """How long a signed request waits for the one before it to be written, so that nonces arrive in order."""
    dial_instant_s: float = attrs.field(default=10.0, validator=_above_zero)
    """One of the first, instant dials of a socket: name look-up to subscribed."""
    dial_s: float = attrs.field(default=30.0, validator=_above_zero)
    """A later dial."""
    write_s: float = attrs.field(default=5.0, validator=_above_zero)
    """One frame's way to the kernel; after that the connection is dropped."""
    goodbye_s: float = attrs.field(default=1.0, validator=_above_zero)
    """The close handshake of a socket; after that it is closed by force."""
    answer_s: float = attrs.field(default=10.0, validator=_above_zero)
    """The answer to a subscribe or unsubscribe of a connection that serves."""
    ping_every_s: float = attrs.field(default=20.0, validator=_above_zero)
    silent_after_s: float = attrs.field(default=10.0, validator=_above_zero)
    """A socket without any frame for this long is dead (Kraken sends a heartbeat a second while nothing else is said)."""
    doubtful_after_s: float = attrs.field(default=3.0, validator=_above_zero)
    """A private socket without any frame for this long is not given new requests: they go by REST."""
    quiet_after_s: float = attrs.field(default=60.0, validator=_above_zero)
    """REST is asked whether its market moved when a feed was silent for this long."""
    refill_s: float = attrs.field(default=5.0, validator=_above_zero)
    """How long trades are held back while REST is asked for those that are missing before them."""
    book_depth: int = attrs.field(default=10, validator=_one_of(*DEPTHS))
    symbols_per_socket: int = attrs.field(default=100, validator=_from_one)
    """So many symbols share a public socket; for more, a further one is opened."""
    follow_instruments: bool = True
    """Whether the status and grid of every pair are followed from the start."""
    max_message_bytes: int = attrs.field(default=8 * 2**20, validator=_from_one)
    """A longer message ends its connection."""
    busy_poll: bool = False
    """Ask the sockets for bytes at every turn of trio's loop in place of sleeping until there are some: messages are seen some
    tens of microseconds sooner, and one core is always busy, with nothing to do as with much."""

    def ssl_context(self) -> ssl.SSLContext:
        """What both transports trust. Raises `OSError` when `ca_file` cannot be read."""
        try:
            return ssl.create_default_context(cafile=self.ca_file)
        except OSError as error:
            error.add_note(f"ca_file: {self.ca_file}")  # Python says what is wrong, and not with which file
            raise
