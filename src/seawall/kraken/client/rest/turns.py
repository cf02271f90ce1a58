"""One after the other, as long as nobody has to wait for somebody slow."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import attrs
import trio

__all__ = ["Turns"]


@attrs.define(eq=False)
class Turns:
    """Keeps the requests of one API key in the order of their nonces, from the nonce to the last byte written.

    Kraken wants nonces to arrive rising (docs.kraken.com/api/docs/guides/spot-rest-auth). Serialising whole calls would
    let a slow query hold up a cancel; so a turn ends when its request is written, and the next one waits for that at
    most `patience_s`. Who overtakes a connection that does not come up costs that request an `Invalid nonce`, which is
    the right way round: what hangs fails, and what is urgent goes.
    """

    patience_s: float
    overtaken: int = attrs.field(default=0, init=False)
    _newest: trio.Event | None = attrs.field(default=None, init=False)

    @asynccontextmanager
    async def turn(self) -> AsyncGenerator[Callable[[], None], None]:
        """Wait for the turn before; yields the function that ends this one, which leaving the block does at the latest."""
        before, mine = self._newest, trio.Event()
        self._newest = mine
        try:
            if before is not None and not before.is_set():
                with trio.move_on_after(self.patience_s) as patience:
                    await before.wait()
                self.overtaken += patience.cancelled_caught
            yield mine.set
        finally:
            mine.set()
