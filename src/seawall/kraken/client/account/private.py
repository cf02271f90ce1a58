"""The private socket: our orders, fills and balances for the listener."""

from collections.abc import Awaitable, Callable
from typing import Final

import attrs

from seawall.kraken.client.account.pace import Pace
from seawall.kraken.client.clock import ExchangeClock
from seawall.kraken.client.market.reference import Reference
from seawall.kraken.client.session.facts import FrameUnknown, SessionExpired, Takers
from seawall.kraken.client.session.rows import Ask, Feed, Subscription
from seawall.kraken.client.session.sequence import Arrival
from seawall.kraken.client.session.sequence import Sequence as Count
from seawall.kraken.client.session.session import Session
from seawall.kraken.dialect.bad import BadFrame
from seawall.kraken.dialect.error_table import Family
from seawall.kraken.dialect.errors import exception_for, read_errors
from seawall.kraken.dialect.socket import requests
from seawall.kraken.dialect.socket.market_frames import Status
from seawall.kraken.dialect.socket.private_frames import BalancesFrame, ExecutionRow, ExecutionsFrame
from seawall.kraken.dialect.socket.reports import balance_total, fill, new_words, order_report, private_snapshot
from seawall.kraken.dialect.unknown import Unknown
from seawall.model.venue import Probe, VenueListener
from seawall.resilience import Link
from seawall.resilience.probes import tell

__all__ = ["EXECUTIONS", "PrivateGap", "PrivateSocket"]

EXECUTIONS: Final = Feed("executions")
BALANCES: Final = Feed("balances")


@attrs.frozen
class PrivateGap:
    """Messages of a private channel were lost; it is subscribed anew, which brings a snapshot."""

    channel: str
    expected: int
    came: int


@attrs.define(eq=False)
class PrivateSocket:
    """Gives meaning to a `Session` of the private host (an `Owner`). `session` is set by who builds both.

    `get_token` asks REST for the token that every private request carries. It has to be used within 15 minutes, and a dial
    has seconds; used once, it stays good for as long as its connection does (docs.kraken.com/api/docs/guides/spot-ws-auth).
    `pace` is told of orders, and of the exchange's own rate counters.
    """

    _listener: VenueListener
    _reference: Reference
    _get_token: Callable[[], Awaitable[str]]
    _probe: Probe
    _pace: Pace
    _clock: ExchangeClock
    session: Session = attrs.field(init=False)
    _token: str = attrs.field(default="", init=False, repr=False)
    _told_lost: bool = attrs.field(default=True, init=False)
    _counts: dict[Feed, Count] = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self._counts = {EXECUTIONS: Count(), BALANCES: Count()}

    async def attempt(self, link: Link) -> None:
        """One connection's life."""
        for feed in self._counts:
            self.session.feeds.want(feed)
        await self.session.attempt(link)

    @property
    def token(self) -> str:
        """The token of the connection that is; empty before the first one."""
        return self._token

    # As an Owner

    async def prepare(self) -> None:
        """A new connection needs a new token."""
        self._token = await self._get_token()
        for count in self._counts.values():
            count.forget()

    def encode(self, ask: Ask) -> str:
        """The text of a subscribe or unsubscribe; both snapshots are asked for by name."""
        if ask.method == "unsubscribe":
            return requests.unsubscribe(ask.channel, ask.req_id, token=self._token)
        if ask.channel == EXECUTIONS.channel:
            return requests.subscribe(
                ask.channel, ask.req_id, snap_orders=True, snap_trades=True, ratecounter=True, token=self._token
            )
        return requests.subscribe(ask.channel, ask.req_id, snapshot=True, token=self._token)

    def takers(self) -> Takers:
        """Reports, fills and totals go on as they come, the listener merges them."""
        return {
            ExecutionsFrame: self._take_executions,
            BalancesFrame: self._take_balances,
            Status: self._reference.take_status,
        }

    def misunderstood(self, bad: BadFrame, message: bytes) -> None:
        """Its sequence number was lost with it: the next message of that channel will show the gap. Do not wait for it."""
        for feed in self._counts:
            if f'"{feed.channel}"'.encode() in message:
                self._doubt(feed, f"a frame was not understood: {bad.reason}")

    def refused(self, row: Subscription) -> None:
        """Without its subscriptions this socket has no use: another connection, with another token, is to try."""
        error = row.error or "no reason given"
        row.error = None
        self.session.feeds.want(row.feed)
        failure = exception_for([error], placing=False)
        self.session.fail(SessionExpired(error) if read_errors([error]).family is Family.SESSION else failure)

    def lost(self, reason: str) -> None:
        """Facts about orders may go missing from now on."""
        if not self._told_lost:
            self._told_lost = True
            self._listener.private_lost(reason)

    def _take_executions(self, frame: ExecutionsFrame, received_s: float) -> None:
        if not self._in_order(EXECUTIONS, frame.sequence, snapshot=frame.snapshot):
            return
        for word in (word for row in frame.data for word in new_words(row)):
            tell(self._probe, FrameUnknown(self.session.name, word.what, word.value))
        self._take_threshold()
        if frame.snapshot:
            self._told_lost = False
            snapshot = private_snapshot(frame)
            for each in snapshot.open_orders:
                self._pace.reported(each, received_s, self._clock.now_ns())
            self._listener.private_restored(snapshot)
            self.session.feeds.filled(EXECUTIONS, received_s)
            return
        for row in frame.data:
            execution = fill(row)
            if execution is not None:
                self._listener.filled(execution)
            report = order_report(row)
            if not isinstance(report, Unknown):
                self._pace.reported(report, received_s, self._clock.now_ns())
                self._listener.order_reported(report)
            self._take_count(row, received_s)

    def _take_threshold(self) -> None:
        """The rate limit of the account's tier is in the acknowledgement, which may come before the snapshot or after."""
        row = self.session.feeds.get(EXECUTIONS)
        if row is not None and row.result is not None and row.result.maxratecount is not None:
            self._pace.allowed(row.result.maxratecount)

    def _take_count(self, row: ExecutionRow, received_s: float) -> None:
        """The exchange's own rate counter of the pair. A row of an order that just ended may name no pair."""
        symbol = row.symbol or self._pace.symbol_of(row.order_id)
        if row.ratecount is not None and symbol is not None:
            self._pace.counted(symbol, float(row.ratecount), received_s)

    def _take_balances(self, frame: BalancesFrame, received_s: float) -> None:
        if not self._in_order(BALANCES, frame.sequence, snapshot=frame.snapshot):
            return
        for row in frame.data:
            self._listener.balance_changed(*balance_total(row))
        if frame.snapshot:
            self.session.feeds.filled(BALANCES, received_s)

    def _in_order(self, feed: Feed, number: int, *, snapshot: bool) -> bool:
        """Whether a message is to be taken; a gap before it is told first, and has the channel subscribed anew."""
        count = self._counts[feed]
        before = count.last
        arrival = count.take(number, snapshot=snapshot)
        if arrival is Arrival.GAP and before is not None:
            tell(self._probe, PrivateGap(feed.channel, before + 1, number))
            self._doubt(feed, f"{feed.channel}: message {number} came after {before}")
        return arrival is not Arrival.REPEATED

    def _doubt(self, feed: Feed, reason: str) -> None:
        if feed is EXECUTIONS:
            self.lost(reason)
        self.session.feeds.suspect(feed)
