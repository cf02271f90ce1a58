"""What a frame that makes no sense seems to be of."""

import re
from collections.abc import Iterable
from typing import Final

from seawall.kraken.client.session.rows import Feed, Subscription

__all__ = ["feeds_in_doubt"]

_CHANNEL: Final = re.compile(rb'"channel"\s*:\s*"(\w+)"')
_SYMBOL: Final = re.compile(rb'"symbol"\s*:\s*"([A-Z0-9./]+)"')


def feeds_in_doubt(message: bytes, rows: Iterable[Subscription]) -> list[Feed]:
    """The feeds of the symbols that the message names, or all of its channel.

    Text that is of no channel (a proxy's farewell) took nothing away; should it have, the next checksum tells.
    """
    channel = _CHANNEL.search(message)
    if channel is None:
        return []
    name = channel[1].decode("ascii", "replace")
    symbols = {found.decode("ascii") for found in _SYMBOL.findall(message)}
    return [row.feed for row in rows if row.feed.channel == name and (not symbols or row.feed.symbol in symbols)]
