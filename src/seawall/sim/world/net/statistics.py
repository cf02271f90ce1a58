"""What the network has seen."""

import attrs

__all__ = ["NetworkStatistics"]


@attrs.frozen
class NetworkStatistics:
    """Counts since the world began; `open_connections` is now. Bytes are those that were handed to the network."""

    connections: int
    open_connections: int
    refused: int
    resets: int
    segments: int
    bytes_sent: int
    largest_unread: int
    """The most bytes that were ever on the way, or unread, in one direction of one connection."""
