"""A link that is dialled again when it drops, for as long as that makes sense.

The caller brings one async function that dials and serves; `Reconnect` decides when it is called. Before each dial, in
this order: the breaker is looked at, the connection budget is asked, the breaker is asked. So no dial is counted while
the breaker is open, and no probe's place is held while a dial waits for its turn.

    async def attempt(link: Link) -> None:
        async with open_websocket_url(url) as socket:
            await subscribe(socket)
            link.serving()                # the dial's deadline is off
            while True:
                frame = await socket.get_message()
                link.heard()
"""

from collections.abc import Awaitable, Callable
from functools import partial
from random import Random

import attrs
import trio

from seawall.resilience.breaker import Breaker
from seawall.resilience.connection_budget import ConnectionBudget
from seawall.resilience.errors import CircuitOpen, DialTimedOut, ReconnectStopped
from seawall.resilience.link_board import LinkBoard
from seawall.resilience.link_states import LinkState, Phase
from seawall.resilience.links import DialFailed, Link, LinkLost, ReconnectStatistics
from seawall.resilience.permits import Permit
from seawall.resilience.probes import Probe, ignore, tell
from seawall.resilience.reconnect_schedule import Attempts, ReconnectSchedule
from seawall.resilience.redial import RedialRules, carried_retry_after, never_fatal
from seawall.resilience.verdicts import Verdict, leaves

__all__ = ["Reconnect"]


@attrs.define(eq=False, repr=False)
class Reconnect:
    """One link, kept up by `run()`.

    `attempt` dials and serves, and tells its `Link` so. It returns when we close the link, and raises when it drops.
    `fatal` gives the reason for which dialling again would be pointless (a refused key, a certificate that does not
    verify), or None. `retry_after` gives the seconds that the other side asks for, or None; the schedule clamps them.

    What the breaker's classifier calls neutral, without a wait asked for, is a bug or nobody's business: it comes out
    of `run` as it was raised.
    """

    name: str
    _attempt: Callable[[Link], Awaitable[None]]
    schedule: ReconnectSchedule = attrs.field(kw_only=True, factory=ReconnectSchedule)
    breaker: Breaker = attrs.field(kw_only=True)
    budget: ConnectionBudget = attrs.field(kw_only=True)
    _rng: Random = attrs.field(kw_only=True)
    _probe: Probe = attrs.field(kw_only=True, default=ignore)
    _fatal: Callable[[BaseException], str | None] = attrs.field(kw_only=True, default=never_fatal)
    _retry_after: Callable[[BaseException], float | None] = attrs.field(kw_only=True, default=carried_retry_after)
    _attempts: Attempts = attrs.field(init=False)
    _rules: RedialRules = attrs.field(init=False)
    _board: LinkBoard = attrs.field(init=False)
    _pause: trio.CancelScope | None = attrs.field(init=False, default=None)
    _running: bool = attrs.field(init=False, default=False)
    _link: Link | None = attrs.field(init=False, default=None)
    _dials: int = attrs.field(init=False, default=0)
    _served: int = attrs.field(init=False, default=0)
    _stable: int = attrs.field(init=False, default=0)

    def __attrs_post_init__(self) -> None:
        self._attempts = Attempts(self.schedule)
        self._rules = RedialRules(self._fatal, self._retry_after, self.schedule.retry_after_cap_s, self.breaker.judge)
        self._board = LinkBoard(self.name, self._probe)

    async def run(self) -> None:
        """Keep the link up until `attempt` returns: we closed it.

        Raises `ReconnectStopped` from the last failure when it is fatal or the schedule is exhausted, and bugs as they
        are. A cancellation passes, and ends the attempt under way.
        """
        if self._running:
            raise RuntimeError(f"link {self.name!r} is already running")
        self._running = True
        self._attempts.settled()
        reason = "closed by us"
        try:
            while (error := await self._dial(await self._leave())) is not None:
                delay_s = self._after_failure(error)
                await self._wait(delay_s, "to dial again", partial(trio.sleep, delay_s))
        except ReconnectStopped as stopped:
            reason = stopped.reason
            raise
        except BaseException as error:
            bugs = [leaf for leaf in leaves(error) if not isinstance(leaf, trio.Cancelled)]
            reason = f"a bug: {type(bugs[0]).__name__}: {bugs[0]}" if bugs else "cancelled"
            raise
        finally:
            self._running = False
            self._board.enter(LinkState(Phase.STOPPED, reason=reason))

    def kick(self) -> None:
        """Cut a wait short: there is reason to think that a dial would work now.

        Without effect while it dials or serves. An open breaker still stands in the way, until its `probe_now` or `reset`.
        """
        if self._pause is not None:
            self._pause.cancel(reason="kicked")

    @property
    def state(self) -> LinkState:
        """Where it stands."""
        return self._board.state

    async def wait_live(self) -> None:
        """Wait until the link serves. Raises `ReconnectStopped` when it has stopped or stops before that."""
        await self._board.wait_live()

    async def wait_change(self) -> LinkState:
        """Wait until the state changes; the state then. A state that lasts for no time at all may be missed."""
        return await self._board.wait_change()

    def statistics(self) -> ReconnectStatistics:
        """A snapshot."""
        heard_at = None if self._link is None else self._link.last_heard_at
        failures = self._attempts.failures
        return ReconnectStatistics(self.name, self.state, failures, self._dials, self._served, self._stable, heard_at)

    def __repr__(self) -> str:
        failures = self._attempts.failures
        return f"<Reconnect {self.name!r} {self.state.phase}, {failures} failures in a row, {self._dials} dials>"

    async def _leave(self) -> Permit:
        """Leave to dial, from all who have a say."""
        while True:
            while (wait_s := self.breaker.peek()) > 0.0:
                await self._wait(wait_s, "for its breaker", self.breaker.wait_passable)
            self._board.enter(LinkState(Phase.CONNECTING))
            stamp = await self.budget.take()
            try:
                return self.breaker.acquire()
            except CircuitOpen:
                self.budget.refund(stamp)

    async def _dial(self, permit: Permit) -> Exception | None:
        """One attempt: None when we closed it, else why it failed. Raises, as they are, bugs and cancellations."""
        self._dials += 1
        dial_s = self._attempts.dial_s
        scope = trio.CancelScope(deadline=trio.current_time() + dial_s)
        self._link = link = Link(scope, self._on_serving)
        error: Exception | None = None
        try:
            try:
                with scope:
                    error = await self._serve(link, permit)
            except ExceptionGroup as wreckage:  # what broke while the deadline was cutting the dial short
                error = wreckage
            except BaseExceptionGroup as wreckage:  # cancelled from outside just as it broke: the drop is nobody's business now
                _, rest = wreckage.split(lambda leaf: isinstance(leaf, Exception) and self._rules.may_redial(leaf))
                raise wreckage if rest is None else rest from None
            if error is not None and not self._rules.may_redial(error):
                raise error
            too_slow = scope.cancelled_caught or (error is not None and scope.cancel_called)
            if too_slow:
                timed_out = DialTimedOut(self.name, dial_s)
                timed_out.__cause__ = error
                error = timed_out
            if error is not None:
                dropped = too_slow or link.live_at is not None
                permit.settle(Verdict.FAILURE if dropped else self.breaker.judge(error), error)
        finally:
            permit.neutral()  # what is not settled by now has taught nothing
        return error

    async def _serve(self, link: Link, permit: Permit) -> Exception | None:
        error: Exception | None = None
        # Shielded, so that its end is never the cancellation of somebody further out, which would replace the error.
        settling = trio.CancelScope(shield=True)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._settle_when_stable, link, permit, settling, name=f"{self.name}: stable?")
            try:
                await self._attempt(link)
            except Exception as raised:  # noqa: BLE001 - carried out of the nursery, which would wrap it; judged in _dial
                error = raised
            finally:
                settling.cancel(reason="the attempt has ended")
        return error

    async def _settle_when_stable(self, link: Link, permit: Permit, settling: trio.CancelScope) -> None:
        with settling:
            await link.wait_stable(self.schedule.stable_after_s)
            link.stable = True
            permit.success()
            self._attempts.settled()
            self._stable += 1
            self._board.enter(LinkState(Phase.STABLE))

    def _on_serving(self) -> None:
        self._served += 1
        self._board.enter(LinkState(Phase.LIVE))

    def _after_failure(self, error: Exception) -> float:
        """The delay before the next attempt; raises `ReconnectStopped` when there is none."""
        link = self._link
        assert link is not None
        now = trio.current_time()
        reason, asked_s = self._rules.fatal_reason(error), self._rules.asked_s(error)
        if link.stable:
            delay_s = asked_s or 0.0
        elif self._rules.nothing_was_tried(error):
            delay_s = max(self.schedule.instant_gap_s, asked_s or 0.0)  # nothing was tried, so nothing has failed
        else:
            delay_s = self._attempts.failed(self._rng, took_s=now - link.began_at, retry_after_s=asked_s)
        if link.live_at is not None:
            tell(self._probe, LinkLost(self.name, now - link.live_at, link.stable, delay_s, error))
        else:
            tell(self._probe, DialFailed(self.name, self._attempts.failures, delay_s, error))
        if reason is None and self._attempts.exhausted:
            reason = f"{self._attempts.failures} attempts in a row have failed"
        if reason is not None:
            raise ReconnectStopped(self.name, reason) from error
        return delay_s

    async def _wait(self, delay_s: float, reason: str, wait: Callable[[], Awaitable[None]]) -> None:
        if delay_s > 0.0:
            self._board.enter(LinkState(Phase.WAITING, until=trio.current_time() + delay_s, reason=reason))
            with trio.CancelScope() as self._pause:
                await wait()
            self._pause = None
