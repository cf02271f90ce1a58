"""Cancels in batches: orders that are let go of in the same instant leave in one request.

A strategy that ends with forty orders would otherwise send forty requests, and the last order would rest for as long as
all of them take. Only orders that are named are cancelled; nothing here speaks for the account as a whole.
"""

import attrs
import trio

from seawall.engine.settings import Deadlines
from seawall.model.errors import SeawallError
from seawall.model.venue import CancelOutcome, Venue

__all__ = ["MOST_IN_ONE", "Cancels"]

MOST_IN_ONE = 50
"""Orders in one request: what Kraken takes at most (docs.kraken.com/api/docs/websocket-v2/batch_cancel)."""


@attrs.define(eq=False)
class _Batch:
    """Orders that wait for the same request, and then what came of it."""

    names: dict[str, bool] = attrs.field(factory=dict)
    """Each with whether it is the exchange's own id."""
    outcomes: dict[str, CancelOutcome] = attrs.field(factory=dict)
    problem: str = "the desk has closed"
    done: trio.Event = attrs.field(factory=trio.Event)


@attrs.define(eq=False)
class Cancels:
    """Asks for cancels; whoever asks in the same instant shares a request and its fate."""

    venue: Venue
    deadlines: Deadlines
    _gathering: _Batch | None = attrs.field(default=None, init=False)
    _nursery: trio.Nursery | None = attrs.field(default=None, init=False)

    def open(self, nursery: trio.Nursery) -> None:
        """Requests live in this nursery from now on, as whoever waits for them does."""
        self._nursery = nursery

    async def cancel(self, name: str, *, by_order_id: bool = False) -> CancelOutcome | str:
        """Ask once, by our id or by the exchange's own; what the exchange answered, or why no answer came."""
        assert self._nursery is not None, "whoever cancels lives in it"
        batch = self._gathering
        if batch is None or len(batch.names) >= MOST_IN_ONE:
            batch = self._gathering = _Batch()
            self._nursery.start_soon(self._send, batch, name="cancels")
        batch.names[name] = by_order_id
        await batch.done.wait()
        return batch.outcomes.get(name, batch.problem)

    async def _send(self, batch: _Batch) -> None:
        # Begun behind every task that is ready now: those that were let go of in the same instant have joined by then.
        try:
            await trio.lowlevel.checkpoint()
            self._close(batch)
            names = sorted(batch.names)  # oldest first: which task came first is chance
            with trio.fail_after(self.deadlines.cancel_s):
                answers = await self.venue.cancel(
                    [name for name in names if not batch.names[name]], [name for name in names if batch.names[name]]
                )
        except (SeawallError, trio.TooSlowError) as problem:
            batch.problem = f"{type(problem).__name__}: {problem}"
        else:
            batch.outcomes = {answer.client_order_id: answer for answer in answers}
            batch.problem = "the answer does not name the order"
        finally:
            self._close(batch)
            batch.done.set()

    def _close(self, batch: _Batch) -> None:
        if self._gathering is batch:
            self._gathering = None
