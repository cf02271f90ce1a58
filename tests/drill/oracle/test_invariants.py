"""Each promise, broken once: exactly that one is found broken. And a story in which all of them hold."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import attrs
import pytest
from support.scene import NAME, LifeByHand, Scene, as_told, certificate
from support.sim import BUY, SELL, START_NS, SYMBOL, these

from seawall.drill.oracle import (
    INVARIANTS,
    BreakerSpell,
    Dial,
    JournalRows,
    OrderLimits,
    Rival,
    Spell,
    Terms,
    judge,
)
from seawall.drill.told import SeenBook
from seawall.kraken.dialect.times import to_rfc3339
from seawall.model.journal import NoteRecord
from seawall.model.market_data import Quote, Trade
from seawall.model.order_states import OrderState
from seawall.model.orders import limit_buy
from seawall.sim.exchange.orders import OrderChange

OTHER = "sabcdef00010000002"
LATER_RUN = "sabcdef00020000001"
BREAKS: dict[str, list[Callable[[Scene], None]]] = {}


def breaks(name: str) -> Callable[[Callable[[Scene], None]], Callable[[Scene], None]]:
    """Mark a function that tells a story in which one promise is broken."""

    def note(story: Callable[[Scene], None]) -> Callable[[Scene], None]:
        BREAKS.setdefault(name, []).append(story)
        return story

    return note


def quote(scene: Scene, *, bid: str = "99.9", ask: str = "100.1", after_gap: bool = False) -> Quote:
    """What the exchange shows now, unless it is said otherwise."""
    at_ns, received_s = scene.stage.clock.ns, scene.now_s()
    return Quote(SYMBOL, Decimal(bid), Decimal(50), Decimal(ask), Decimal(50), received_s, at_ns, after_gap=after_gap)


# Orders.


@breaks("one-order-per-intent")
def an_intent_becomes_two_orders(scene: Scene) -> None:
    first = scene.open()
    scene.stage.exchange.cancel_order(first)
    scene.stage.exchange.cancel_order(scene.stage.place(scene.stage.order(BUY, "1", "99", cl_ord_id=NAME)))
    scene.step(OrderState.CANCELED, filled="0")


@breaks("journaled-before-sent")
def an_order_comes_before_its_record(scene: Scene) -> None:
    order = scene.send()
    scene.plan()
    scene.cancel(order)


@breaks("journaled-before-sent")
def an_order_has_no_record_at_all(scene: Scene) -> None:
    scene.watch.intent_of = None
    scene.stage.exchange.cancel_order(scene.send())


@breaks("journaled-before-sent")
def an_order_is_for_more_than_its_record(scene: Scene) -> None:
    scene.plan(qty="0.5")
    scene.cancel(scene.send(qty="1"))


@breaks("journaled-before-sent")
def an_order_is_at_another_price_than_its_record(scene: Scene) -> None:
    scene.plan(price="98")
    scene.cancel(scene.send(price="99"))


@breaks("journaled-before-sent")
def an_order_is_good_for_longer_than_its_record(scene: Scene) -> None:
    scene.plan()
    scene.ask_order(good_s=35)
    scene.step(OrderState.NEVER_PLACED)


@breaks("every-intent-ends")
def an_intent_never_ends(scene: Scene) -> None:
    scene.stage.exchange.cancel_order(scene.open())


@breaks("every-intent-ends")
def an_intent_ends_twice(scene: Scene) -> None:
    scene.cancel(scene.open())
    scene.step(OrderState.EXPIRED)


@breaks("id-sent-once")
def an_id_is_sent_again(scene: Scene) -> None:
    order = scene.open()
    scene.ask_order()
    scene.cancel(order)


@breaks("ends-agree")
def the_journal_has_another_end(scene: Scene) -> None:
    scene.stage.exchange.cancel_order(scene.open())
    scene.step(OrderState.EXPIRED, filled="0")


@breaks("ends-agree")
def an_order_that_was_placed_is_never_placed_to_the_journal(scene: Scene) -> None:
    scene.stage.exchange.cancel_order(scene.open())
    scene.step(OrderState.NEVER_PLACED)


@breaks("ends-agree")
def an_order_that_was_never_there_is_canceled_to_the_journal(scene: Scene) -> None:
    scene.plan()
    scene.step(OrderState.CANCELED)


@breaks("ends-agree")
def another_quantity_had_filled(scene: Scene) -> None:
    order = scene.open()
    scene.ask("cancel_order", cl_ord_id=[NAME])
    scene.stage.exchange.cancel_order(order)
    scene.step(OrderState.CANCELED, filled="0.5")


@breaks("ends-agree")
def an_amend_that_was_made_is_not_in_the_journal(scene: Scene) -> None:
    order = scene.open()
    scene.steps[-1] = attrs.evolve(scene.steps[-1], qty=Decimal(1), limit_price=Decimal(99))
    scene.ask("amend_order", cl_ord_id=NAME, limit_price="98.5")
    scene.stage.exchange.amend_order(order, OrderChange(limit_price=Decimal("98.5")))
    scene.cancel(order)


@breaks("ends-agree")
def an_amend_that_was_not_made_is_in_the_journal(scene: Scene) -> None:
    order = scene.open()
    scene.steps[-1] = attrs.evolve(scene.steps[-1], qty=Decimal(2), limit_price=Decimal(99))
    scene.cancel(order)


@breaks("ends-are-final")
def an_order_is_open_after_its_end(scene: Scene) -> None:
    scene.cancel(scene.open())
    scene.step(OrderState.OPEN)


@breaks("ends-are-final")
def a_strategy_sees_an_order_come_back(scene: Scene) -> None:
    scene.cancel(scene.open())
    told = scene.tell()
    for state in (OrderState.CANCELED, OrderState.OPEN, OrderState.CANCELED):
        told.saw(scene.now_s(), state)


@breaks("own-orders-only")
def an_order_nobody_knows_is_cancelled(scene: Scene) -> None:
    scene.ask("cancel_order", cl_ord_id=["somebody-else"])


@breaks("own-orders-only")
def an_id_of_the_exchange_that_never_was_is_amended(scene: Scene) -> None:
    scene.ask("amend_order", order_id="OXXXXX-XXXXX-XXXXXX", limit_price="98")


@breaks("foreign-orders-untouched")
def everything_is_cancelled_with_a_foreign_order_among_it(scene: Scene) -> None:
    scene.stage.place(scene.stage.order(BUY, "1", "95"))
    scene.ask("cancel_all")
    scene.stage.exchange.cancel_all()


@breaks("foreign-orders-untouched")
def a_foreign_order_is_never_told_of(scene: Scene) -> None:
    scene.wait(2)
    scene.stage.place(scene.stage.order(BUY, "1", "95"))
    scene.wait(100)


@breaks("foreign-orders-untouched")
def our_switch_takes_a_foreign_order_that_it_was_to_spare(scene: Scene) -> None:
    scene.evidence.terms = attrs.evolve(scene.terms, switch_spares_foreign=True)
    scene.evidence.faults = (Spell("foreign-order", 0.0, 20.0),)
    scene.wait(2)
    scene.stage.place(scene.stage.order(BUY, "1", "95"))
    scene.stage.exchange.cancel_all_after(10)
    scene.wait(11)


@breaks("never-overfilled")
def more_fills_than_was_asked_for(scene: Scene) -> None:
    scene.watch.intent_of = None
    scene.plan(qty="0.5")
    scene.fill(scene.send(price="100.0"))


@breaks("fills-counted-once")
def a_fill_is_missing(scene: Scene) -> None:
    scene.fill(scene.open(price="100.0"))
    scene.fills.clear()


@breaks("fills-counted-once")
def a_fill_is_counted_twice(scene: Scene) -> None:
    order = scene.open(price="100.0")
    scene.stage.take(SELL, "0.4", "100.0")
    scene.cancel_rest(order)
    (fill,) = scene.record.fills
    scene.count(fill)
    scene.count(fill)


@breaks("fills-counted-once")
def a_fill_has_another_price(scene: Scene) -> None:
    scene.fill(scene.open(price="100.0"))
    wrong = attrs.evolve(scene.fills[0].fill, price=Decimal("99.5"))
    scene.fills[0] = attrs.evolve(scene.fills[0], fill=wrong)


@breaks("fills-counted-once")
def a_strategy_is_told_of_a_fill_twice(scene: Scene) -> None:
    fill = scene.fill(scene.open(price="100.0"))
    told = scene.tell()
    told.fills += [(1.0, as_told(fill)), (2.0, as_told(fill))]
    told.saw(2.0, OrderState.FILLED)


@breaks("money-adds-up")
def a_fee_is_not_what_was_charged(scene: Scene) -> None:
    scene.fill(scene.open(price="100.0"))
    wrong = attrs.evolve(scene.fills[0].fill, fees=())
    scene.fills[0] = attrs.evolve(scene.fills[0], fill=wrong)


@breaks("money-adds-up")
def money_vanishes_at_the_exchange(scene: Scene) -> None:
    scene.stage.exchange.floor.account.balances["USD"] -= Decimal("0.0001")


@breaks("within-limits")
def a_price_is_off_the_tick(scene: Scene) -> None:
    scene.plan(price="99.05")
    scene.ask_order(price="99.05")
    scene.step(OrderState.REFUSED)


@breaks("within-limits")
def an_order_by_rest_is_below_the_minimum(scene: Scene) -> None:
    scene.plan(qty="0.0001")
    deadline = to_rfc3339(scene.stage.clock.ns, 3)
    wish = {"pair": "XBTUSD", "type": "buy", "ordertype": "limit", "volume": "0.0001", "price": "99", "deadline": deadline}
    scene.ask("AddOrder", cl_ord_id=NAME, **wish)
    scene.step(OrderState.REFUSED)


@breaks("within-limits")
def an_order_is_larger_than_the_limit(scene: Scene) -> None:
    scene.evidence.terms = Terms(other_limits=OrderLimits(max_order_qty=Decimal("0.5")))
    scene.cancel(scene.open())


@breaks("within-limits")
def an_order_is_worth_more_than_the_limit(scene: Scene) -> None:
    scene.evidence.terms = Terms(other_limits=OrderLimits(max_order_notional=Decimal(98)))
    scene.cancel(scene.open())


@breaks("within-limits")
def orders_together_would_hold_too_much(scene: Scene) -> None:
    scene.evidence.terms = Terms(limits={SYMBOL: OrderLimits(max_position_qty=Decimal("1.5"))})
    for order in (scene.open(), scene.open(OTHER)):
        scene.cancel(order)


@breaks("within-limits")
def too_many_orders_are_open(scene: Scene) -> None:
    scene.evidence.terms = Terms(other_limits=OrderLimits(max_open_orders=1))
    for order in (scene.open(), scene.open(OTHER)):
        scene.cancel(order)


@breaks("within-limits")
def more_is_sold_at_market_than_was_held(scene: Scene) -> None:
    scene.fill(scene.open(price="100.0"))
    scene.plan(OTHER, qty="2", price=None, side=SELL)
    sold = scene.send(OTHER, "2", None, SELL)
    scene.count(scene.record.fills[-1])
    scene.step(OrderState.FILLED, OTHER, str(sold.cum_qty))


def test_closing_a_position_of_ones_own_may_go_over_the_limits() -> None:
    scene = Scene(Terms(limits={SYMBOL: OrderLimits(max_position_qty=Decimal(1))}))
    scene.fill(scene.open(price="100.0"))
    scene.plan(OTHER, qty="1", price=None, side=SELL)
    sold = scene.send(OTHER, "1", None, SELL)
    scene.count(scene.record.fills[-1])
    scene.step(OrderState.FILLED, OTHER, str(sold.cum_qty))

    assert judge(scene.finished()) == ()


# Data.


@breaks("book-is-the-exchanges")
def a_quote_was_never_there(scene: Scene) -> None:
    scene.stage.crowd(BUY, "1", "98")
    scene.told.quoted("me", 1, quote(scene, bid="99.8"))


@breaks("book-is-the-exchanges")
def a_quote_is_of_no_known_time(scene: Scene) -> None:
    scene.told.looked("me", attrs.evolve(quote(scene, bid="99.7"), at_ns=START_NS + 77))


@breaks("book-is-the-exchanges")
def a_book_lacks_a_level(scene: Scene) -> None:
    scene.stage.crowd(BUY, "1", "98")
    bids, asks = (Decimal("99.9"), Decimal(50)), (Decimal("100.1"), Decimal(50))
    scene.told.showed("me", 1, SeenBook(SYMBOL, scene.stage.clock.ns, (bids, (Decimal(97), Decimal(1))), (asks,)))


@breaks("fresh-data-only")
def an_order_is_decided_on_an_old_book(scene: Scene) -> None:
    scene.plan()
    scene.intents[0] = attrs.evolve(scene.intents[0], seen=attrs.evolve(scene.intents[0].seen, quote_age_ns=31 * 10**9))
    scene.cancel(scene.send())


@breaks("fresh-data-only")
def an_order_is_decided_on_a_touch_that_is_gone(scene: Scene) -> None:
    scene.wait(1)
    scene.stage.crowd(BUY, "1", "100.0")
    scene.wait(120)
    scene.plan()
    scene.cancel(scene.send())


@breaks("fresh-data-only")
def an_order_is_decided_on_nothing(scene: Scene) -> None:
    scene.plan()
    scene.intents[0] = attrs.evolve(scene.intents[0], seen=attrs.evolve(scene.intents[0].seen, bid=None, ask=None))
    scene.cancel(scene.send())


@breaks("blind-means-blind")
def a_quote_comes_while_the_book_is_lost(scene: Scene) -> None:
    scene.watch.book_lost(SYMBOL)
    scene.wait(1)
    scene.stage.crowd(BUY, "1", "98")
    scene.told.looked("me", quote(scene))


@breaks("blind-means-blind")
def nobody_says_that_there_was_a_gap(scene: Scene) -> None:
    scene.stage.crowd(BUY, "1", "98")
    scene.told.quoted("me", 1, quote(scene))
    scene.wait(1)
    scene.watch.book_lost(SYMBOL)
    scene.watch.book_restored(SYMBOL)
    scene.stage.crowd(BUY, "1", "97")
    scene.told.quoted("me", 1, quote(scene))


@breaks("sequence-rises")
def a_quote_is_older_than_the_one_before(scene: Scene) -> None:
    scene.stage.crowd(BUY, "1", "98")
    first = quote(scene)
    scene.wait(1)
    scene.stage.crowd(BUY, "1", "97")
    scene.told.quoted("me", 1, quote(scene))
    scene.told.quoted("me", 1, first)


@breaks("sequence-rises")
def a_trade_comes_twice(scene: Scene) -> None:
    trade = Trade(SYMBOL, BUY, Decimal(100), Decimal(1), 7, START_NS)
    scene.told.traded("me", 1, trade)
    scene.told.traded("me", 1, trade)


# Durability.


@breaks("replay-agrees")
def the_journal_reads_otherwise_the_second_time(scene: Scene) -> None:
    scene.evidence.journal_again = JournalRows(digest="another")


@breaks("replay-agrees")
def memory_held_something_else(scene: Scene) -> None:
    scene.fill(scene.open(price="100.0"))
    scene.life(certificate=certificate(positions=(("me", SYMBOL, Decimal(2)),)))


@breaks("replay-agrees")
def a_strategy_saw_an_end_that_is_not_in_the_journal(scene: Scene) -> None:
    scene.cancel(scene.open())
    scene.tell().saw(0.0, OrderState.EXPIRED)


@breaks("replay-agrees")
def an_order_took_steps_and_was_never_planned(scene: Scene) -> None:
    scene.step(OrderState.CANCELED)


@breaks("survives-any-kill")
def nobody_comes_back_after_a_kill(scene: Scene) -> None:
    scene.wait(200)
    dead = LifeByHand(1, ended_s=10.0, death="killed")
    failed = LifeByHand(2, began_s=15.0, served_s=None)
    after = LifeByHand(3, 150.0, 151.0, scene.now_s(), certificate=certificate())
    scene.evidence.lives = (dead, failed, after)


@breaks("no-order-without-journal")
def an_order_follows_a_commit_that_failed(scene: Scene) -> None:
    scene.evidence.journal_failed_s.append(0.0)
    scene.wait(30)
    scene.cancel(scene.open())


@breaks("no-secrets-kept")
def the_secret_stands_in_the_journal(scene: Scene) -> None:
    scene.evidence.secrets = ("c2VjcmV0",)
    scene.notes.append(NoteRecord("me", "said", "the secret is c2VjcmV0", 0))


@breaks("no-secrets-kept")
def the_secret_stands_in_the_log(scene: Scene) -> None:
    scene.evidence.secrets = ("c2VjcmV0",)
    scene.evidence.texts = ("connected with c2VjcmV0",)


@breaks("one-engine-per-account")
def a_second_engine_is_let_in(scene: Scene) -> None:
    scene.evidence.rivals.append(Rival(0.0, was_refused=False))


@breaks("one-engine-per-account")
def an_earlier_engine_goes_on_beside_a_later_one(scene: Scene) -> None:
    orders = [scene.open(LATER_RUN)]
    scene.wait(20)
    scene.stage.exchange.cancel_all_after(60)
    scene.wait(50)
    scene.stage.exchange.cancel_all_after(60)
    orders.append(scene.open(OTHER))
    scene.tell(LATER_RUN)
    for order in orders:
        scene.cancel(order)


# Time.


@breaks("waits-are-bounded")
def an_order_is_waited_for_without_end(scene: Scene) -> None:
    scene.told.asked("me", limit_buy(SYMBOL, qty="1", price="99"), is_blind=False)
    scene.evidence.terms = Terms(switch_timeout_s=None)
    scene.wait(200)


@breaks("waits-are-bounded")
def a_block_takes_too_long_to_leave(scene: Scene) -> None:
    scene.cancel(scene.open())
    scene.tell().over_s = 10.0


@breaks("waits-are-bounded")
def stopping_takes_too_long(scene: Scene) -> None:
    scene.wait(60)
    scene.life(stop_wanted_s=10.0)


@breaks("back-within-90-s")
def nothing_is_traded_after_the_healing(scene: Scene) -> None:
    scene.evidence.healed_s = 0.0
    scene.plan()
    told = scene.tell()
    told.entered_s, told.client_order_id, told.refused = None, None, "stale_data"
    scene.step(OrderState.NOT_SENT)
    scene.wait(100)


@breaks("back-within-90-s")
def quotes_never_come_back(scene: Scene) -> None:
    scene.told.quoted_s[SYMBOL] = [3, 4]
    scene.wait(100)
    scene.evidence.healed_s = 6.0


@breaks("back-within-90-s")
def no_engine_serves_after_the_healing(scene: Scene) -> None:
    scene.evidence.healed_s = 0.0
    scene.wait(100)
    scene.life(ended_s=20.0)


@breaks("clock-jumps-change-nothing")
def a_clock_that_jumped_makes_an_order_never_placed(scene: Scene) -> None:
    scene.stage.exchange.cancel_order(scene.open())
    scene.evidence.clock_jumps_s = (0.5,)
    scene.step(OrderState.NEVER_PLACED)


@breaks("dials-within-budget")
def the_exchange_is_dialled_all_the_time(scene: Scene) -> None:
    scene.evidence.dials = [Dial(float(second), 8443) for second in range(151)]


@breaks("rate-limit-kept")
def the_limit_is_exceeded_in_calm_times(scene: Scene) -> None:
    limits = scene.stage.exchange.limits
    for _ in range(200):
        limits.charge_rest("Balance") if limits.rest.wait_s("Balance", scene.stage.clock.ns / 1e9) == 0 else None
    with pytest.raises(Exception, match="Rate limit exceeded"):
        limits.charge_rest("Balance")


@breaks("breaker-holds")
def a_breaker_lets_something_through(scene: Scene) -> None:
    scene.evidence.breakers.append(BreakerSpell(8443, "open", 0.0, 60.0))
    scene.evidence.dials.append(Dial(30.0, 8443))


@breaks("breaker-holds")
def two_probes_pass_a_half_open_breaker(scene: Scene) -> None:
    scene.watch.breaker_moved("kraken:8443", "half open")
    for _ in range(2):
        scene.wait(1)
        scene.watch.dialled("kraken:8443")


@breaks("switch-kept-armed")
def orders_rest_without_a_switch(scene: Scene) -> None:
    order = scene.open()
    for _ in range(5):
        scene.wait(10)
    scene.cancel(order)


@breaks("switch-kept-armed")
def orders_outlive_a_dead_engine(scene: Scene) -> None:
    order = scene.open()
    scene.stage.exchange.cancel_all_after(1000)
    scene.watch.trader_died()
    scene.evidence.faults = (Spell("process dead", 0.0, 90.0),)
    for _ in range(8):
        scene.wait(10)
    scene.cancel(order)


@breaks("halt-is-final")
def an_order_follows_a_halt(scene: Scene) -> None:
    scene.evidence.halted_s.append(0.0)
    scene.wait(30)
    scene.cancel(scene.open())


@breaks("halt-is-final")
def an_order_follows_the_wish_to_stop(scene: Scene) -> None:
    scene.life(stop_wanted_s=0.0)
    scene.wait(10)
    scene.cancel(scene.open())


@breaks("halt-is-final")
def a_strategy_is_given_an_order_after_a_halt(scene: Scene) -> None:
    scene.cancel(scene.open())
    scene.evidence.halted_s.append(0.0)
    scene.wait(0.2)
    scene.tell()


@breaks("switch-kept-armed")
def the_switch_takes_orders_of_an_engine_that_serves(scene: Scene) -> None:
    scene.wait(300)
    scene.open()
    scene.stage.exchange.cancel_all_after(10)
    scene.wait(11)
    scene.step(OrderState.CANCELED, filled="0")
    scene.wait(5)


@breaks("rate-limit-kept")
def refusals_for_the_rate_change_nothing(scene: Scene) -> None:
    scene.evidence.faults = (Spell("stall", 0.0, 100.0),)
    scene.record.overruns += [(50.0 + place, SYMBOL) for place in range(8)]


# Hygiene.


@breaks("nothing-left-open")
def the_certificate_claims_what_is_not_so(scene: Scene) -> None:
    scene.life(certificate=certificate(open_orders=("buy 1 BTC/USD",)))


@breaks("nothing-left-open")
def a_kept_order_is_not_named(scene: Scene) -> None:
    scene.open(keep=True)


@breaks("nothing-left-open")
def an_order_named_as_kept_had_ended(scene: Scene) -> None:
    order = scene.open(keep=True)
    scene.stage.exchange.cancel_order(order)
    scene.wait(10)
    scene.life(certificate=certificate(kept=(f"{NAME} buy 1 BTC/USD",)))


@breaks("nothing-left-open")
def a_block_is_over_with_its_order_open(scene: Scene) -> None:
    order = scene.open()
    scene.tell().saw(scene.now_s(), OrderState.OPEN)
    scene.cancel(order)


@breaks("nothing-left-open")
def an_engine_ends_without_a_certificate(scene: Scene) -> None:
    scene.life(certificate=None)


@breaks("nothing-left-open")
def something_is_still_in_doubt(scene: Scene) -> None:
    scene.life(certificate=certificate(in_doubt=("buy 1 BTC/USD",)))


@breaks("no-socket-left")
def a_socket_is_left(scene: Scene) -> None:
    scene.evidence.sockets_left = {"trader": 1, "kraken": 0}


@breaks("nothing-left-running")
def a_task_is_left(scene: Scene) -> None:
    scene.life(certificate=certificate(tasks_left=("public socket",)))


@breaks("nothing-left-running")
def a_file_is_left(scene: Scene) -> None:
    scene.evidence.left_running = ("/tmp/seawall-lock",)


@breaks("nothing-left-running")
def tasks_grow_without_end(scene: Scene) -> None:
    scene.evidence.sizes = {"tasks": range(10, 40)}


@breaks("no-error-escapes")
def an_error_escapes(scene: Scene) -> None:
    scene.evidence.errors.append((1.0, "Cancelled out of its scope"))


@breaks("no-error-escapes")
def the_engine_ends_with_a_bug(scene: Scene) -> None:
    scene.life(failures=("KeyError: 'BTC/USD'",))


@breaks("no-error-escapes")
def a_part_of_the_engine_crashes(scene: Scene) -> None:
    scene.life(certificate=certificate(crashes=("desk: KeyError",)))


@breaks("same-seed-same-run")
def a_seed_runs_in_two_ways(scene: Scene) -> None:
    scene.evidence.digests = ("aa", "aa", "ab")


@breaks("nothing-leaves-the-world")
def something_reaches_out(scene: Scene) -> None:
    scene.evidence.real_io = ("socket.connect to 10.0.0.1",)


@breaks("left-orders-end")
def an_order_rests_on_after_its_block(scene: Scene) -> None:
    scene.evidence.terms = Terms(switch_timeout_s=None)
    order = scene.open()
    scene.tell()
    scene.wait(70)
    scene.cancel(order)


@breaks("left-orders-end")
def an_order_rests_on_that_nobody_was_given(scene: Scene) -> None:
    scene.evidence.terms = Terms(switch_timeout_s=None)
    order = scene.open()
    scene.wait(70)
    scene.cancel(order)


@breaks("left-orders-end")
def an_order_outlives_its_process(scene: Scene) -> None:
    scene.evidence.terms = Terms(switch_timeout_s=None)
    order = scene.open()
    told = scene.tell()
    told.left_s = told.over_s = told.left = None
    scene.evidence.lives = (LifeByHand(ended_s=1.0), LifeByHand(2, 3.0, 4.0, 80.0, certificate=certificate()))
    scene.wait(70)
    scene.cancel(order)


@breaks("news-comes-soon")
def a_fill_is_heard_of_late(scene: Scene) -> None:
    scene.evidence.terms = Terms(switch_timeout_s=None)
    scene.plan(price="100.1")
    scene.fill(scene.send(price="100.1"))
    scene.evidence.heard_s = {NAME: 1.0}
    scene.wait(100)


@breaks("news-comes-soon")
def an_end_is_heard_of_late(scene: Scene) -> None:
    scene.evidence.terms = Terms(switch_timeout_s=None)
    scene.cancel(scene.open())
    scene.evidence.heard_s = {NAME: 100.0}
    scene.wait(110)


STORIES = [pytest.param(name, story, id=f"{name}: {story.__name__}") for name, many in BREAKS.items() for story in many]


@pytest.mark.parametrize(("name", "story"), STORIES)
def test_a_broken_promise_is_found_and_no_other(name: str, story: Callable[[Scene], None]) -> None:
    scene = Scene()
    story(scene)

    found = judge(scene.finished())

    assert {violation.invariant for violation in found} == {name}, found
    assert all(violation.sentence and violation.detail for violation in found)


@pytest.mark.parametrize("name", [invariant.name for invariant in INVARIANTS])
def test_every_promise_has_a_story_that_breaks_it(name: str) -> None:
    assert BREAKS.get(name)


def test_there_are_thirty_seven_promises_each_with_a_number_a_name_and_a_sentence() -> None:
    names = [invariant.name for invariant in INVARIANTS]

    assert [invariant.number for invariant in INVARIANTS] == list(range(1, 38))
    assert len(set(names)) == 37
    assert all(name.islower() and " " not in name for name in names)
    assert all(invariant.sentence.endswith(".") for invariant in INVARIANTS)


def test_nothing_is_found_where_nothing_happened() -> None:
    assert judge(Scene().finished()) == ()


def test_nothing_is_found_in_a_day_as_it_should_be() -> None:
    scene = Scene(Terms(other_limits=OrderLimits(Decimal(2), Decimal(500), Decimal(3), 3)))
    scene.stage.exchange.cancel_all_after(60)
    filled = scene.open("sabcdef00010000003", price="100.0")
    scene.told.quoted("me", 1, attrs.evolve(quote(scene, bid="100.0"), bid_qty=Decimal(1)))
    fill = scene.fill(filled)
    told = scene.tell("sabcdef00010000003")
    told.fills.append((0.0, as_told(fill)))
    told.saw(0.0, OrderState.FILLED)
    rested = scene.open()
    scene.ask("amend_order", cl_ord_id=NAME, limit_price="98.5")
    scene.stage.exchange.amend_order(rested, OrderChange(limit_price=Decimal("98.5")))
    foreign = scene.stage.place(scene.stage.order(SELL, "1", "105"))
    scene.evidence.foreign_reported[foreign.order_id] = None
    scene.wait(30)
    scene.watch.book_lost(SYMBOL)
    scene.watch.book_restored(SYMBOL)
    scene.stage.crowd(BUY, "1", "98")
    scene.told.quoted("me", 1, quote(scene, after_gap=True))
    scene.cancel(rested)
    kept = scene.open("sabcdef00010000004", keep=True)
    scene.plan("sabcdef00010000005", price=None, side=SELL)
    sold = scene.send("sabcdef00010000005", price=None, side=SELL)
    scene.count(scene.record.fills[-1])
    scene.step(OrderState.FILLED, "sabcdef00010000005", str(sold.cum_qty))
    scene.life(stop_wanted_s=scene.now_s(), certificate=certificate(kept=(f"{kept.cl_ord_id} buy 1 BTC/USD",)))

    assert judge(scene.finished()) == ()
    assert these(len(scene.record.ours()), len(scene.record.foreign()), len(scene.record.fills)) == (4, 1, 2)


@pytest.mark.parametrize(("failure", "count"), [("Unavailable: Time: no answer", 0), ("KeyError: 'BTC/USD'", 1)])
def test_an_engine_that_could_not_begin_in_an_ill_world_may_say_so_and_have_no_bug(failure: str, count: int) -> None:
    scene = Scene()
    scene.wait(10)
    scene.evidence.faults = (Spell("stall", 0.0, 10.0),)
    ill = LifeByHand(1, 0.0, None, 5.0, failures=(failure,))
    scene.evidence.lives = (ill, LifeByHand(2, 6.0, 7.0, 10.0, certificate=certificate()))

    assert len(judge(scene.finished())) == count


def test_faults_excuse_what_they_cause(tmp_path: Path) -> None:
    scene = Scene()
    scene.evidence.faults = (Spell("stall", 0.0, 100.0),)
    scene.record.overruns.append((50.0, SYMBOL))
    order = scene.open()
    for _ in range(9):
        scene.wait(10)
    scene.cancel(order)

    assert judge(scene.finished()) == ()


def test_no_deadline_is_kept_while_the_whole_world_stands_still() -> None:
    scene = Scene()
    scene.cancel(scene.open())
    scene.tell().over_s = 30.0
    scene.evidence.asleep = [(2.0, 29.0)]
    assert judge(scene.finished()) == ()

    scene.evidence.asleep = [(2.0, 12.0)]
    assert [violation.invariant for violation in judge(scene.finished())] == ["waits-are-bounded"]


def test_an_order_may_rest_while_it_is_held_or_kept_or_while_the_world_is_ill() -> None:
    scene = Scene(Terms(switch_timeout_s=None))
    held = scene.open()
    scene.open(OTHER, keep=True)
    scene.wait(100)
    scene.tell()
    scene.cancel(held)
    scene.life(certificate=certificate(kept=(f"{OTHER} buy 1 {SYMBOL}",)))
    assert judge(scene.finished()) == ()

    scene = Scene(Terms(switch_timeout_s=None))
    hidden = scene.open()
    scene.tell()
    scene.evidence.faults = (Spell("order-answer-lost", 5.0, 60.0),)
    scene.wait(100)
    scene.cancel(hidden)
    assert judge(scene.finished()) == ()


@pytest.mark.parametrize(
    ("timeout_s", "faults"),
    [
        pytest.param(3, (), id="it fired before the engine could have heard of the order, and said so"),
        pytest.param(10, (Spell("rest-503", 1.0, 20.0),), id="the engine had no way to the exchange"),
    ],
)
def test_a_switch_that_nobody_could_stop_may_take_a_foreign_order(timeout_s: int, faults: tuple[Spell, ...]) -> None:
    scene = Scene(Terms(switch_spares_foreign=True))
    scene.evidence.faults = faults
    scene.wait(2)
    scene.stage.place(scene.stage.order(BUY, "1", "95"))
    scene.stage.exchange.cancel_all_after(timeout_s)
    scene.wait(timeout_s + 1)

    assert judge(scene.finished()) == ()


def test_probes_one_after_another_are_one_at_a_time() -> None:
    scene = Scene()
    scene.watch.breaker_moved("kraken:8443", "half open")
    for _ in range(2):
        scene.wait(30)
        scene.watch.dialled("kraken:8443")

    assert judge(scene.finished()) == ()


def test_a_switch_may_run_on_where_the_exchanges_clock_was_set() -> None:
    scene = Scene()
    order = scene.open()
    scene.stage.exchange.cancel_all_after(1000)
    scene.watch.trader_died()
    scene.evidence.faults = (Spell("process dead", 0.0, 90.0),)
    scene.evidence.clock_jumps_s = (5.0,)
    for _ in range(8):
        scene.wait(10)
    scene.cancel(order)

    assert judge(scene.finished()) == ()
