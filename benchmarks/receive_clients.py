"""Every client there is to compare, by name."""

from collections.abc import Callable
from typing import Final

import attrs
from benchmarks import receive_nautilus, receive_products, receive_seawall, receive_transports
from benchmarks.feed import Feed
from benchmarks.rounds import installed
from benchmarks.work import Measured, Work

__all__ = ["CLIENTS", "Client"]

_BUILT_IN: Final = "the certificates it trusts over TLS are built in: it cannot be told of ours"


@attrs.frozen
class Client:
    """One client. `read` connects, subscribes, has the work done, and leaves."""

    case: str
    """What the table calls it."""
    read: Callable[[str, Feed, Work], Measured]
    distribution: str | None = None
    """What has to be installed for it."""
    not_clear: str | None = None
    """Why it cannot be measured in the clear."""
    not_secure: str | None = None
    """Why it cannot be measured over TLS."""

    @property
    def installed(self) -> bool:
        """Whether it can be measured here."""
        return self.distribution is None or installed(self.distribution) is not None

    def why_not(self, *, secure: bool) -> str | None:
        """Why it cannot be measured on such a feed; None where it can."""
        return self.not_secure if secure else self.not_clear


CLIENTS: Final[dict[str, Client]] = {
    "naive": Client("trio-websocket as it comes, json, dictionaries", receive_transports.naive),
    "stock": Client("trio-websocket as it comes, seawall's dialect", receive_transports.stock),
    "websockets": Client("websockets, seawall's dialect", receive_transports.websockets, "websockets"),
    "aiohttp": Client("aiohttp, seawall's dialect", receive_transports.aiohttp, "aiohttp"),
    "picows": Client("picows, seawall's dialect", receive_transports.picows, "picows"),
    "blocking": Client(
        "limit: a blocking socket, seawall's dialect", receive_transports.blocking, not_secure="its socket is plain"
    ),
    "trio": Client(
        "limit: trio's loop alone, seawall's dialect", receive_transports.trio_alone, not_secure="its socket is plain"
    ),
    "kraken_sdk": Client("python-kraken-sdk, checksum", receive_products.kraken_sdk, "python-kraken-sdk"),
    "ccxt": Client("ccxt.pro, newest only, no checksum", receive_products.ccxt, "ccxt"),
    "cryptofeed": Client(
        "cryptofeed, checksum", receive_products.cryptofeed, "cryptofeed", not_clear="it takes no address but wss"
    ),
    "nautilus": Client(
        "nautilus_trader, Rust client alone, no checksum", receive_nautilus.client, "nautilus_trader", not_secure=_BUILT_IN
    ),
    "nautilus_node": Client(
        "nautilus_trader, node and strategy, no checksum", receive_nautilus.node, "nautilus_trader", not_secure=_BUILT_IN
    ),
    "seawall": Client("seawall", receive_seawall.seawall),
    "seawall_busy": Client("seawall, busy_poll", receive_seawall.busy),
}
