"""Waiting for an account, connected, and the first moments after the wait."""

from contextlib import ExitStack
from decimal import Decimal

import attrs
import pytest
import trio
from support.bench import Bench
from support.lease import FakeLease
from support.venue import FakeVenue, FixedBook
from trio.testing import MockClock

from seawall.engine.dead_mans_switch import ForeignOrdersOpen
from seawall.engine.lease import LeaseDoubted, LeaseGone, LeaseTerms, StandbyWaiting
from seawall.engine.market import Market
from seawall.engine.notices import QuestionFailed, Reconciled
from seawall.engine.settings import DeadMansSwitch, EngineSettings, WhenForeign
from seawall.engine.standby import Standby, StandbyEar, StandbyReconciled
from seawall.model.errors import AccountLeased, LeaseLost, RefusedByRisk
from seawall.model.market_data import Book, Candle, Trade, VenueStatus
from seawall.model.orders import Side, limit_buy
from seawall.model.reports import Fill, OrderReport, OrderStatus, PrivateSnapshot

BID = limit_buy("BTC/USD", qty="0.001", price="50000.0")
REPORT = OrderReport("O1", "c-1", OrderStatus.OPEN, 5, symbol="BTC/USD", side=Side.BUY, qty=Decimal(2), filled_qty=Decimal(0))


def fill(name: str) -> Fill:
    return Fill(name, "O1", "c-1", "BTC/USD", Side.BUY, Decimal(1), Decimal(5), Decimal(5), (), maker=True, at_ns=1)


@attrs.define(eq=False)
class Heard:
    """A listener that writes down what it is told."""

    calls: list[tuple[object, ...]] = attrs.field(factory=list)

    def book_changed(self, symbol: str, book: Book, received_s: float) -> None:
        self.calls.append(("book", symbol, book, received_s))

    def book_lost(self, symbol: str, reason: str) -> None:
        self.calls.append(("book lost", symbol, reason))

    def traded(self, trades: object) -> None:
        self.calls.append(("traded", trades))

    def candle_changed(self, candle: object) -> None:
        self.calls.append(("candle", candle))

    def order_reported(self, report: OrderReport) -> None:
        self.calls.append(("order", report))

    def filled(self, fill: Fill) -> None:
        self.calls.append(("fill", fill))

    def balance_changed(self, asset: str, total: Decimal) -> None:
        self.calls.append(("balance", asset, total))

    def private_lost(self, reason: str) -> None:
        self.calls.append(("private lost", reason))

    def private_restored(self, snapshot: PrivateSnapshot) -> None:
        self.calls.append(("private", snapshot))

    def status_changed(self, status: VenueStatus) -> None:
        self.calls.append(("status", status))


def book(symbol: str, bid: int) -> FixedBook:
    return FixedBook(symbol, Decimal(bid), Decimal(bid + 1))


def handed_over(ear: StandbyEar) -> list[tuple[object, ...]]:
    heard = Heard()
    ear.hand_over(heard)
    return heard.calls


def test_an_ear_that_heard_nothing_hands_over_nothing() -> None:
    assert handed_over(StandbyEar()) == []


def test_the_newest_book_of_each_symbol_is_handed_over_and_the_lost_ones_as_lost() -> None:
    ear = StandbyEar()
    ear.book_changed("BTC/USD", book("BTC/USD", 1), 1.0)
    ear.book_changed("BTC/USD", book("BTC/USD", 2), 2.0)
    ear.book_changed("ETH/USD", book("ETH/USD", 3), 3.0)
    ear.book_lost("ETH/USD", "checksum")
    ear.book_lost("SOL/USD", "silent")
    ear.book_changed("SOL/USD", book("SOL/USD", 4), 4.0)
    ear.status_changed(VenueStatus.POST_ONLY)
    assert handed_over(ear) == [
        ("status", VenueStatus.POST_ONLY),
        ("book", "BTC/USD", book("BTC/USD", 2), 2.0),
        ("book", "SOL/USD", book("SOL/USD", 4), 4.0),
        ("book lost", "ETH/USD", "checksum"),
    ]


def test_open_orders_are_handed_over_as_the_reports_since_the_snapshot_have_made_them() -> None:
    ear = StandbyEar()
    ended = attrs.evolve(REPORT, order_id="O2", client_order_id="c-2")
    ear.private_restored(PrivateSnapshot((REPORT, ended), (fill("T1"),)))
    sparse = OrderReport("O1", None, OrderStatus.OPEN, 9, filled_qty=Decimal(1))
    ear.order_reported(sparse)
    ear.filled(fill("T2"))
    ear.order_reported(attrs.evolve(ended, status=OrderStatus.CANCELED))
    ear.order_reported(attrs.evolve(REPORT, order_id="O3"))
    ear.balance_changed("USD", Decimal(7))
    merged = attrs.evolve(REPORT, at_ns=9, filled_qty=Decimal(1))
    snapshot = PrivateSnapshot((merged, attrs.evolve(REPORT, order_id="O3")), (fill("T1"), fill("T2")))
    assert handed_over(ear) == [("private", snapshot)]


def test_without_a_private_stream_nothing_is_said_of_orders() -> None:
    ear = StandbyEar()
    ear.private_restored(PrivateSnapshot((REPORT,), ()))
    ear.private_lost("cut")
    assert handed_over(ear) == []


def test_a_new_snapshot_replaces_what_was_known_of_orders_and_repeats_no_fill() -> None:
    ear = StandbyEar()
    ear.private_restored(PrivateSnapshot((REPORT,), (fill("T1"),)))
    ear.private_restored(PrivateSnapshot((), (fill("T1"), fill("T2"))))
    assert handed_over(ear) == [("private", PrivateSnapshot((), (fill("T1"), fill("T2"))))]


def test_of_many_fills_as_many_are_kept_as_a_snapshot_of_the_stream_has() -> None:
    ear = StandbyEar()
    ear.private_restored(PrivateSnapshot((), ()))
    for number in range(1_000):
        ear.filled(fill(f"T{number}"))
    [(_, snapshot)] = handed_over(ear)
    assert isinstance(snapshot, PrivateSnapshot)
    assert [kept.exec_id for kept in snapshot.fills] == [f"T{number}" for number in range(950, 1_000)]


def test_after_the_hand_over_everything_is_passed_on_at_once() -> None:
    ear, heard = StandbyEar(), Heard()
    ear.hand_over(heard)
    trade = Trade("BTC/USD", Side.BUY, Decimal(1), Decimal(1), 1, 1)
    zero = Decimal(0)
    candle = Candle("BTC/USD", 60, 0, zero, zero, zero, zero, zero, 0, closed=False)
    told: list[tuple[object, ...]] = [
        ("book", "BTC/USD", book("BTC/USD", 1), 1.0),
        ("book lost", "BTC/USD", "cut"),
        ("traded", [trade]),
        ("candle", candle),
        ("order", REPORT),
        ("fill", fill("T1")),
        ("balance", "USD", Decimal(7)),
        ("private lost", "cut"),
        ("private", PrivateSnapshot((), ())),
        ("status", VenueStatus.ONLINE),
    ]
    ear.book_changed("BTC/USD", book("BTC/USD", 1), 1.0)
    ear.book_lost("BTC/USD", "cut")
    ear.traded([trade])
    ear.candle_changed(candle)
    ear.order_reported(REPORT)
    ear.filled(fill("T1"))
    ear.balance_changed("USD", Decimal(7))
    ear.private_lost("cut")
    ear.private_restored(PrivateSnapshot((), ()))
    ear.status_changed(VenueStatus.ONLINE)
    assert heard.calls == told


async def test_what_is_listed_and_what_was_told_are_compared_again_and_again(autojump_clock: MockClock) -> None:
    ear, notices = StandbyEar(), list[object]()
    venue = FakeVenue(ear)
    venue.restore_private()
    venue.foreign.append(attrs.evolve(REPORT, order_id="O8"))
    ear.order_reported(attrs.evolve(REPORT, order_id="O9"))
    standby = Standby(venue, ear, ("BTC/USD", "NO/SUCH"), 60.0, 5.0, notices.append)
    async with trio.open_nursery() as nursery:
        await nursery.start(standby.run)
        await trio.sleep(30)
        venue.unreachable = True
        await trio.sleep(60)
        nursery.cancel_scope.cancel(reason="the test has ended")
    assert [type(notice) for notice in notices] == [QuestionFailed, StandbyReconciled, QuestionFailed]
    assert notices[1] == StandbyReconciled(open_orders=1, unheard=1, outlived=1)
    assert [call[0] for call in handed_over(ear)] == ["book", "private"]


@attrs.define(eq=False)
class Pair(Bench):
    """A bench whose engine needs a lease."""

    lease: FakeLease = attrs.field(factory=FakeLease)

    def terms(self, *, standby: bool) -> LeaseTerms:
        return LeaseTerms(self.lease, standby=standby, follow=("BTC/USD",))


async def rest(market: Market) -> None:
    async with market.quotes("BTC/USD") as quotes:
        async for _ in quotes:
            break
    async with market.working(BID):
        await trio.sleep_forever()


async def test_an_engine_is_refused_while_another_has_the_account(autojump_clock: MockClock) -> None:
    pair = Pair(lease=FakeLease(held_by="grid on there"))
    with pytest.RaisesGroup(AccountLeased):
        async with pair.engine(rest, lease=pair.terms(standby=False)):
            pytest.fail("entered")
    assert pair.exchange.venue is None
    assert pair.lease.calls == ["take", "release"]


async def test_a_lease_is_let_go_of_after_everything_else(autojump_clock: MockClock) -> None:
    pair = Pair()
    async with pair.engine(rest, lease=pair.terms(standby=False)) as engine:
        await trio.sleep(10)
        assert len(pair.venue.open_ids()) == 1
        line = engine.snapshot().lease
        assert line is not None
        assert (line.account, line.epoch, line.doubt) == ("main", 1, None)
        assert "release" not in pair.lease.calls
    assert engine.certificate is not None
    assert engine.certificate.clean
    assert pair.journal.closed
    assert pair.lease.calls[-1] == "release"


async def test_a_standby_is_connected_sends_nothing_and_opens_no_journal(autojump_clock: MockClock) -> None:
    pair = Pair(lease=FakeLease(held_by="grid on there"))
    async with pair.engine(rest, lease=pair.terms(standby=True)) as engine:
        await trio.sleep(1_000)
        assert engine.snapshot().mode == "standby"
        assert (pair.venue.placed, pair.venue.cancelled, pair.venue.armed) == ([], [], [])
        assert not pair.told(Reconciled)
        assert len(pair.told(StandbyReconciled)) > 3
        assert len(pair.told(StandbyWaiting)) == 1
    assert pair.exchange.closed
    assert not pair.journal.closed, "it was never opened"
    assert engine.certificate is None
    assert pair.lease.calls[-1] == "release"


async def test_when_its_turn_has_come_it_goes_on_as_any_other_with_what_it_heard(autojump_clock: MockClock) -> None:
    pair = Pair(lease=FakeLease(held_by="grid on there"))
    async with pair.engine(rest, lease=pair.terms(standby=True)) as engine:
        await trio.sleep(100)
        venue = pair.venue
        pair.lease.held_by = None
        with trio.fail_after(3):
            await engine.serving()
        await trio.sleep(5)
        assert pair.venue is venue, "it stayed connected"
        assert len(venue.open_ids()) == 1
        names = str(engine.snapshot().tree)
        assert "venue session" in names
        assert "'standby'" not in names
    assert engine.certificate is not None
    assert engine.certificate.clean, str(engine.certificate)
    assert venue.open_ids() == []
    assert pair.journal.closed


@pytest.mark.parametrize("when", [WhenForeign.ASK, WhenForeign.ON, WhenForeign.OFF])
async def test_a_turn_that_comes_beside_orders_that_are_not_ours_starts_as_the_configuration_says(
    autojump_clock: MockClock, when: WhenForeign
) -> None:
    """By then nobody is there to be asked: `ask` ends the standby, by name of the key, and leaves the account to another."""
    pair = Pair(
        lease=FakeLease(held_by="grid on there"), settings=EngineSettings(dead_mans_switch=DeadMansSwitch(when_foreign=when))
    )
    pair.exchange.foreign.append(OrderReport("X1", None, OrderStatus.OPEN, 0, symbol="BTC/USD", side=Side.BUY))
    with ExitStack() as stack:
        if when is WhenForeign.ASK:
            stack.enter_context(
                pytest.RaisesGroup(pytest.RaisesExc(ForeignOrdersOpen, match="when_foreign"), flatten_subgroups=True)
            )
        async with pair.engine(rest, lease=pair.terms(standby=True)) as engine:
            await trio.sleep(100)
            assert engine.snapshot().mode == "standby", "while it waits it has nothing to ask"
            pair.lease.held_by = None
            await engine.serving()
            await trio.sleep(5)
            assert len(pair.venue.open_ids()) == 1
            assert pair.venue.armed[:1] == ([60] if when is WhenForeign.ON else [])
    assert bool(pair.venue.placed) is (when is not WhenForeign.ASK)
    assert pair.lease.calls[-1] == "release"


async def test_a_crash_of_the_venue_while_it_waits_ends_the_standby_and_is_raised(autojump_clock: MockClock) -> None:
    pair = Pair(lease=FakeLease(held_by="grid on there"))
    with pytest.RaisesGroup(ZeroDivisionError, flatten_subgroups=True):
        async with pair.engine(rest, lease=pair.terms(standby=True)) as engine:
            await trio.sleep(10)
            pair.exchange.crash.set()
            await engine.stopped()
    assert pair.lease.calls[-1] == "release"


async def test_a_crash_of_the_venue_after_its_turn_stops_it_in_good_order(autojump_clock: MockClock) -> None:
    pair = Pair()
    with pytest.RaisesGroup(ZeroDivisionError, flatten_subgroups=True):
        async with pair.engine(rest, lease=pair.terms(standby=True)) as engine:
            await engine.serving()
            await trio.sleep(5)
            pair.exchange.crash.set()
            await engine.stopped()
    assert engine.certificate is not None
    assert len(engine.certificate.crashes) == 1
    assert pair.journal.closed


async def test_a_program_that_is_cancelled_leaves_its_standby_at_once(autojump_clock: MockClock) -> None:
    pair = Pair(lease=FakeLease(held_by="grid on there"))
    began = trio.current_time()
    with trio.move_on_after(10):
        async with pair.engine(rest, lease=pair.terms(standby=True)):
            await trio.sleep_forever()
    assert trio.current_time() - began < 11
    assert pair.lease.calls[-1] == "release"


async def test_an_engine_that_loses_the_account_cancels_sends_nothing_else_and_stops(autojump_clock: MockClock) -> None:
    pair = Pair()
    with pytest.RaisesGroup(LeaseLost, flatten_subgroups=True):
        async with pair.engine(rest, lease=pair.terms(standby=False)) as engine:
            await trio.sleep(20)
            armed = list(pair.venue.armed)
            pair.lease.lost = True
            await engine.stopped()
    assert pair.told(LeaseGone)
    assert engine.certificate is not None
    assert "the lease was lost: a newer epoch has begun" in engine.certificate.reason
    assert engine.certificate.confirmed
    assert pair.venue.open_ids() == []
    assert pair.venue.armed == armed, "the switch is the successor's now"


async def test_an_engine_that_is_not_sure_refuses_and_goes_on_once_it_is(autojump_clock: MockClock) -> None:
    pair = Pair()
    refusals: list[str] = []

    async def again(market: Market) -> None:
        async with market.quotes("BTC/USD") as quotes:
            async for _ in quotes:
                break
        while True:
            try:
                async with market.working(BID):
                    await trio.sleep(1)
            except RefusedByRisk as refusal:
                refusals.append(refusal.rule)
            await trio.sleep(1)

    async with pair.engine(again, lease=pair.terms(standby=False)):
        await trio.sleep(20)
        pair.lease.hangs = True
        await trio.sleep(5)
        sent = len(pair.venue.placed)
        await trio.sleep(20)
        assert len(pair.venue.placed) == sent
        assert pair.venue.open_ids() == []
        assert set(refusals) == {"lease"}
        assert len(pair.told(LeaseDoubted)) == 1
        pair.lease.hangs = False
        pair.venue.quote()  # the first one is too old by now
        await trio.sleep(10)
        assert len(pair.venue.placed) > sent
