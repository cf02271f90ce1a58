"""Bugs that are planted in the engine's own safety code, to see that the world finds them.

Each is one idea that a tired programmer might have, in as few words of code as it takes. `was` occurs once in its file, so that
none of them goes stale without a test saying so; run them with `tests/world/planting.py`.
"""

from typing import Final

import attrs

__all__ = ["MENDED", "MUTANTS", "SWEPT", "Edit", "Mutant"]


@attrs.frozen
class Edit:
    """In one file below `src/seawall`, these words in place of those."""

    file: str
    was: str
    now: str


@attrs.frozen
class Mutant:
    """One planted bug. `sentence` says what the engine does wrong.

    `plan` are faults of five minutes in which it shows soonest, as `seawall simulate --faults` takes them: rare ways to go wrong
    want directed faults, and a swarm needs many seeds to come by. Empty where any swarm will do. `seeds` are those the plan is
    tried with: what trades in a run follows from its seed, and not every strategy goes every way.
    """

    name: str
    sentence: str
    edits: tuple[Edit, ...]
    plan: str = ""
    seeds: tuple[int, ...] = (1, 2)


def _mutant(name: str, sentence: str, file: str, was: str, now: str, plan: str = "", seeds: tuple[int, ...] = (1, 2)) -> Mutant:
    return Mutant(name, sentence, (Edit(file, was, now),), plan, seeds)


_DESK: Final = "engine/desk.py"
_CUSTODY: Final = "engine/custody.py"
_BLOTTER: Final = "engine/blotter.py"
_TABLE: Final = "engine/order_table.py"
_RECONCILE: Final = "engine/reconcile.py"
_SWITCH: Final = "engine/dead_mans_switch.py"

_WITH_NESTS: Final = (17, 10)
"""Seeds in which a strategy gives its orders deadlines that pass in the middle of anything."""
_WITH_AMENDS: Final = (6, 10)
_WITH_HOLDINGS: Final = (7, 22)
_KILLS: Final = "kill@30+3#1 kill@75+5#2 kill@120+1#3 power-cut@165+5#4 kill@210+2#5 kill@255+1#6"
_KILLS_ON_A_SLOW_DISK: Final = "disk-slow@20+270#2 kill@40+3#1 kill@80+3#2 kill@120+3#3 kill@160+3#4 kill@200+3#5 kill@250+3#6"
_POWER_CUTS: Final = "power-cut@30+5#1 power-cut@75+5#2 power-cut@120+5#3 power-cut@165+5#4 power-cut@210+5#5 power-cut@255+5#6"
_LOST_ANSWERS: Final = "order-answer-lost@20+60#1 order-lost@100+40#2 order-answer-cut@160+60#3 order-answer-garbage@240+50#4"
_LATE_ORDERS: Final = "order-late@20+60#1 rest-late@50+60#2 rest-lag@90+60#3 order-late@120+80#4 order-answer-lost@210+70#5"
_CLOCKS: Final = (
    "clock-jump@20+50#1 reset@30+100#1 clock-jump@90+50#2 clock-jump@150+50#3 ws-closed@170+100#1 clock-jump@220+50#4"
)
_UNSEEN_ORDERS_AND_CLOCKS: Final = (
    "clock-jump@15+100#1 order-late@20+100#1 clock-jump@130+100#2 order-late@140+100#2 rest-lag@150+60#1"
)
_UNSEEN_ORDERS: Final = "order-answer-lost@20+250#2 ws-silent-channel@20+250#7 rest-lag@20+250#28"
_BUSY: Final = "order-busy@20+80#1 rest-internal-error@60+80#2 order-busy@150+60#3 order-busy@220+60#4"
_SILENCE: Final = "ws-silent@20+60#1 half-open@90+60#2 ws-silent@170+50#2 stall@230+40#1"
_STRANGERS: Final = "foreign-order@20+80#1 reset@60+60#1 foreign-order@150+80#2 kill@190+3#1"
_TWICE: Final = "ws-duplicate@20+120#1 ws-closed@60+60#1 ws-duplicate@160+120#2 kill@200+3#1"
_GAPS: Final = "ws-gap@20+80#1 ws-reorder@110+60#2 ws-gap@180+80#3 ws-silent-channel@120+60#4"
_GAPS_AND_KILLS: Final = "ws-gap@20+260#3 kill@45+2#1 kill@85+2#2 kill@125+2#3 kill@165+2#4 kill@205+2#5 kill@245+2#6"
_RESETS: Final = "reset@20+80#1 nat-drop@110+40#2 reset@160+60#3 ws-closed@230+50#4"
_DOWN: Final = "ws-upgrade-hangs@20+60#1 refused@90+80#2 syn-loss@190+60#3"

_PLACING: Final = (
    _mutant(
        "not-journaled",
        "Orders leave before the journal has them: it never does.",
        _DESK,
        "            await self._journal(order)\n",
        "            await trio.lowlevel.checkpoint()\n",
    ),
    _mutant(
        "journaled-behind",
        "Orders are handed to the journal, and nobody waits until it has kept them.",
        "engine/keeping.py",
        "            await blotter.journal.keep(records)\n",
        "            blotter.journal.note(records)\n            await trio.lowlevel.checkpoint()\n",
        _KILLS_ON_A_SLOW_DISK,
    ),
    _mutant(
        "not-synced",
        "What is kept is with the system, and not on the disk.",
        "journal/journal.py",
        "durable=True",
        "durable=False",
        _POWER_CUTS,
    ),
    _mutant(
        "lost-is-refused",
        "An order whose answer was lost is taken for refused.",
        _DESK,
        '            self.custody.doubt(order, f"{type(problem).__name__}: {problem}")\n        else:',
        '            self.blotter.move(order, Heard.REFUSED, reason="no answer")\n        else:',
        _LOST_ANSWERS,
    ),
    _mutant(
        "sent-again",
        "An order whose answer was lost is sent once more.",
        _DESK,
        '            self.custody.doubt(order, f"{type(problem).__name__}: {problem}")\n        else:',
        "            with trio.fail_after(self.deadlines.order_s):\n"
        "                again = await self.venue.place(_wire_form(order), lambda: None)\n"
        "            self.blotter.move(order, Heard.ACCEPTED, order_id=again.order_id)\n"
        "        else:",
        _LOST_ANSWERS,
    ),
    Mutant(
        "left-is-forgotten",
        "An order whose block is cancelled while its answer is out is taken for refused, and left resting when it shows.",
        (
            Edit(
                _DESK,
                "            order.wanted = False\n            self.custody.doubt(order, reason)",
                "            self.blotter.move(order, Heard.REFUSED, reason=reason)",
            ),
            # Whoever shows as alive after his end is cancelled: the second hand that would mend the first.
            Edit(_CUSTODY, "        self.blotter.on_contradiction = self._rescue\n", ""),
        ),
        _LATE_ORDERS,
        _WITH_NESTS,
    ),
    _mutant(
        "left-is-wanted",
        "An order whose block is cancelled while its answer is out is asked for, and left resting when found.",
        _DESK,
        "            order.wanted = False\n            self.custody.doubt(order, reason)",
        "            self.custody.doubt(order, reason)",
        _LATE_ORDERS,
        _WITH_NESTS,
    ),
    _mutant(
        "answer-after-leaving",
        "An order that was let go of while its answer was out is left resting when the answer comes.",
        _DESK,
        "            if not order.wanted:\n                self.custody.take(order)",
        "            if False:\n                self.custody.take(order)",
        _LATE_ORDERS,
        _WITH_NESTS,
    ),
    _mutant(
        "waits-for-ever",
        "An order waits an hour for its answer.",
        _DESK,
        "            with trio.fail_after(left_s):\n                answer",
        "            with trio.fail_after(3600):\n                answer",
        _LOST_ANSWERS,
    ),
    _mutant(
        "wrong-deadline",
        "The exchange is told a deadline half a minute behind the one that is counted with.",
        _DESK,
        "        deadline_ns=order.deadline_ns,\n    )",
        "        deadline_ns=order.deadline_ns + 30_000_000_000,\n    )",
        _LATE_ORDERS,
    ),
    _mutant(
        "sold-twice",
        "Closing a position does not count with the orders that may be closing it already.",
        _DESK,
        "total(order.exposed_qty for order in unsettled if order.side is side)",
        "ZERO",
        _LATE_ORDERS,
        _WITH_HOLDINGS,
    ),
    _mutant(
        "ids-begin-again",
        "Client order ids begin anew at each start.",
        "engine/ids.py",
        "_head(journal_id) + _base36(run, _RUN_DIGITS)",
        "_head(journal_id) + _base36(1, _RUN_DIGITS)",
        _KILLS,
    ),
    _mutant(
        "busy-is-refused",
        "An exchange that is busy is believed to have placed nothing.",
        "kraken/dialect/error_table.py",
        '"EService:Unavailable", "EService:Busy", "EGeneral:Internal error", doubtful=True)',
        '"EService:Unavailable", "EService:Busy", "EGeneral:Internal error")',
        _BUSY,
    ),
    _mutant(
        "timeout-is-refused",
        "An exchange that reports a timeout is believed to have placed nothing.",
        "kraken/dialect/error_table.py",
        '    *_rows(Family.UNKNOWN, "ask", "EService:Timeout", "EService:Deadline elapsed", doubtful=True),',
        '    *_rows(Family.REFUSED, "give up", "EService:Timeout", "EService:Deadline elapsed"),',
        _BUSY,
    ),
    _mutant(
        "rate-not-counted",
        "Orders are sent however full the exchange's rate counter is.",
        "kraken/client/account/pace.py",
        "        if counter.wait_s(charge + _MARGIN, now_s) > 0:",
        "        if counter.wait_s(charge + _MARGIN, now_s) > 1e9:",
    ),
    _mutant(
        "intake-stays-open",
        "An engine that stops goes on taking orders.",
        "engine/intake.py",
        "        if self._shut_because is not None:\n            raise",
        "        if self._shut_because is None and closing:\n            raise",
    ),
    _mutant(
        "stale-is-fresh",
        "Orders are sent on the last book that was seen, however old and lost.",
        "engine/line.py",
        "        if self._quote is None and self.is_verified and self.book is not None:",
        "        if self._quote is None and self.book is not None:",
        _SILENCE,
    ),
    _mutant(
        "doubt-has-no-risk",
        "Orders in doubt are not counted as exposure.",
        _TABLE,
        "            return max(self.told_filled_qty - self.filled_qty, ZERO)\n",
        "            return max(self.told_filled_qty - self.filled_qty, ZERO)\n"
        "        if self.in_doubt:\n            return ZERO\n",
        _LOST_ANSWERS,
    ),
)

_CARING: Final = (
    _mutant(
        "absent-at-once",
        "An order that a question does not find counts as never placed, however early it was asked.",
        _CUSTODY,
        "        if asked_at_ns <= order.deadline_ns + int(self.deadlines.absent_s * 1e9) or not self.private_is_live():\n",
        "        if asked_at_ns <= order.planned_at_ns:\n",
        _UNSEEN_ORDERS,
    ),
    _mutant(
        "absent-by-our-clock",
        "An order counts as never placed when its deadline has passed by the clock of this machine.",
        _CUSTODY,
        "        if asked_at_ns <= order.deadline_ns + int(self.deadlines.absent_s * 1e9) or not self.private_is_live():\n",
        "        if self.blotter.now_ns() <= order.deadline_ns:\n",
        _UNSEEN_ORDERS_AND_CLOCKS,
    ),
    _mutant(
        "cancelled-once",
        "A cancel that is not answered is not sent again.",
        _CUSTODY,
        "            while _needs_care(order):\n                wanted",
        "            for _ in range(1):\n                wanted",
        _LOST_ANSWERS,
    ),
    _mutant(
        "released-is-not-cancelled",
        "An order that nobody wants any more gets no task that cancels it.",
        _CUSTODY,
        "        order.wanted = False\n        self.take(order)\n",
        "        order.wanted = False\n",
    ),
    _mutant(
        "fills-not-witnesses",
        "An order that no list has counts as never placed, whatever the account's fills say.",
        _CUSTODY,
        "        if not await self._has_fills(order):\n",
        "        if await self._has_fills(order) is not None:\n",
        _UNSEEN_ORDERS,
    ),
    _mutant(
        "earlier-runs-forgotten",
        "Orders of an earlier run are not asked for at the start.",
        _CUSTODY,
        "        for order in self.blotter.table.live():\n            self.take(order)\n",
        "",
        _KILLS,
    ),
    _mutant(
        "restored-is-never-placed",
        "Unfinished orders of an earlier run are taken for never placed.",
        _TABLE,
        "            order.state = after(order.state, Heard.LOST)\n",
        "            order.state = after(order.state, Heard.HELD_BACK)\n",
        _KILLS,
    ),
    _mutant(
        "strays-stay",
        "An order of this journal that the journal holds for ended is left resting when it is seen.",
        _CUSTODY,
        "        if self._nursery is not None and name not in self._risen:\n",
        "        if self._nursery is None and name not in self._risen:\n",
        _KILLS,
    ),
    _mutant(
        "amend-believed",
        "An amend whose answer was lost is taken for made.",
        "engine/amends.py",
        "            self._doubt(order, amend)\n            problem = lost\n",
        "            self._decide(order, amend, made=True)\n            self.blotter.amended(order, qty, limit_price)\n"
        "            problem = lost\n            return\n",
        _LOST_ANSWERS,
        _WITH_AMENDS,
    ),
    _mutant(
        "amend-has-no-risk",
        "The larger quantity of an amend that is not decided is not counted.",
        _TABLE,
        "        return self.qty if self.asked_qty is None else max(self.qty, self.asked_qty)",
        "        return self.qty",
        _LOST_ANSWERS,
        _WITH_AMENDS,
    ),
    _mutant(
        "strangers-are-ours",
        "Orders that others placed on the account are cancelled.",
        _BLOTTER,
        "        if self.externals.reported(report):\n            self.probe(ForeignOrderSeen",
        "        if report.status in STILL_OPEN:\n            self.on_stray(report)\n"
        "        if self.externals.reported(report):\n            self.probe(ForeignOrderSeen",
        _STRANGERS,
    ),
)

_COUNTING: Final = (
    Mutant(
        "fills-counted-twice",
        "A fill that is told twice is counted twice.",
        (
            Edit(_TABLE, "any(known.exec_id == fill.exec_id for known in self.fills)", "not self.client_order_id"),
            Edit("engine/portfolio.py", "        if fill.exec_id in self._applied:\n", "        if not fill.exec_id:\n"),
        ),
        _TWICE,
    ),
    _mutant(
        "fills-not-journaled",
        "Fills are counted, and not kept.",
        _BLOTTER,
        "            self.note([FillRecord(order.owner, fill)])\n            self.probe(OrderFilled",
        "            self.probe(OrderFilled",
        _KILLS,
    ),
    _mutant(
        "positions-forgotten",
        "A start begins with no positions, whatever the journal's fills say.",
        _BLOTTER,
        "            self.portfolio.apply(record.owner, record.fill)\n",
        "            continue\n",
        _KILLS,
    ),
    _mutant(
        "ends-not-journaled",
        "How orders end is not kept.",
        _BLOTTER,
        "            self.note([order.record(self.now_ns())])",
        "            self.note([] if order.ended else [order.record(self.now_ns())])",
        _KILLS,
    ),
    _mutant(
        "end-before-fills",
        "The end of an order is kept before its fills are, and no fill is asked for after a crash between the two.",
        _BLOTTER,
        "        if not (order.ended and order.misses_fills):\n            self.note",
        "        if order is not None:\n            self.note",
        _GAPS_AND_KILLS,
    ),
    _mutant(
        "base-fees-forgotten",
        "Fees that are taken in the asset bought do not make the position smaller.",
        "engine/portfolio.py",
        "fill.side.sign * fill.qty - _fee_in(base, fill), ",
        "fill.side.sign * fill.qty, ",
    ),
    _mutant(
        "missed-fills-stay-missed",
        "Fills that were told in totals only are not fetched.",
        _RECONCILE,
        "                if oldest_ns is not None:\n",
        "                if oldest_ns is not None and self.blotter.external_from_ns is None:\n",
        _GAPS,
    ),
    _mutant(
        "start-on-guesses",
        "A start does not ask the exchange what became of orders and fills.",
        _RECONCILE,
        "        await self._compare(since_ns)\n",
        "        await trio.lowlevel.checkpoint()\n        self._newest_fill_ns = max(since_ns, 0)\n",
        _KILLS,
    ),
    _mutant(
        "gaps-not-compared",
        "After a gap of the private stream nothing is compared.",
        _RECONCILE,
        "            self.is_comparing = True\n",
        "            await trio.sleep_forever()\n            self.is_comparing = True\n",
        _GAPS,
    ),
    _mutant(
        "unlisted-is-open",
        "Orders that the exchange no longer lists are not asked for.",
        _RECONCILE,
        "                unanswered += await found.missing(order, self.custody.ask) is None\n",
        "                await trio.lowlevel.checkpoint()\n",
        _GAPS,
    ),
    _mutant(
        "snapshot-ignored",
        "The fills and orders of a fresh private stream are not looked at.",
        "engine/hub.py",
        "        for fill in snapshot.fills:\n            self.blotter.fill(fill)\n"
        "        for report in snapshot.open_orders:\n            self.blotter.report(report, SNAPSHOT)\n",
        "",
        _GAPS,
    ),
)

_HEARING: Final = (
    _mutant(
        "gap-unnoticed",
        "A number that is missing from a private channel is not missed.",
        "kraken/client/session/sequence.py",
        "        return Arrival.GAP\n",
        "        return Arrival.IN_ORDER\n",
        _GAPS,
    ),
    _mutant(
        "gap-not-mended",
        "A gap of a private channel is told, and the channel not subscribed anew.",
        "kraken/client/account/private.py",
        '            self._doubt(feed, f"{feed.channel}: message {number} came after {before}")\n',
        "",
        _GAPS,
    ),
    _mutant(
        "checksum-ignored",
        "Books are trusted whatever their checksum says.",
        "kraken/dialect/books/book.py",
        "        if computed != row.checksum:\n",
        "        if computed < 0:\n",
        _GAPS,
    ),
    _mutant(
        "broken-book-trusted",
        "A book that broke is asked for anew, and trusted meanwhile.",
        "kraken/client/market/books.py",
        "        self._mismatches += 1\n        self.lose(symbol, reason)\n",
        "        self._mismatches += 1\n",
        _GAPS,
    ),
    _mutant(
        "lost-book-trusted",
        "A book whose connection is gone is trusted until another one comes.",
        "kraken/client/market/market.py",
        "                self.books.lose(symbol, reason)\n",
        "                pass\n",
        _RESETS,
    ),
    _mutant(
        "claim-cancelled-early",
        "An order that is being claimed is cancelled before the claim is on the disk.",
        _CUSTODY,
        "    if order.ended or order.claiming:\n",
        "    if order.ended:\n",
    ),
    _mutant(
        "old-answers-believed",
        "An answer from before an amend takes it back.",
        _BLOTTER,
        "as_of_ns < order.read_from_ns or order.former.may_be(report, as_of_ns)\n",
        "as_of_ns < order.read_from_ns\n",
    ),
    _mutant(
        "asked-is-made",
        "After a restart an amend is taken for made because it was asked for.",
        "engine/amends.py",
        "return self.seen and self.change.qty",
        "return self.change.qty",
    ),
    _mutant(
        "silence-unnoticed",
        "A socket may be silent for ever.",
        "kraken/client/session/pulse.py",
        "            await trio.sleep_until(silent_at_s)\n",
        "            await trio.sleep_forever()\n",
        _SILENCE,
    ),
    _mutant(
        "nonce-of-the-clock",
        "A nonce is what the clock says, also after it was set back.",
        "kraken/dialect/nonce.py",
        "        nonce = max(self._now_ns(), self._last + 1)\n",
        "        nonce = self._now_ns()\n",
        _CLOCKS,
    ),
    _mutant(
        "dials-at-once",
        "A lost connection is dialled again without a pause.",
        "resilience/reconnect_schedule.py",
        "        return max(delay_s, retry_after_s or 0.0)\n",
        "        return min(delay_s, 0.0)\n",
        _DOWN,
    ),
    _mutant(
        "dial-without-end",
        "A dial that is not answered is waited for as long as it takes.",
        "resilience/reconnect.py",
        "        scope = trio.CancelScope(deadline=trio.current_time() + dial_s)\n",
        "        scope = trio.CancelScope(deadline=trio.current_time() + dial_s * 1000)\n",
        _DOWN,
    ),
    _mutant(
        "lost-answers-awaited",
        "Answers that were due when a connection ended are waited for all the same.",
        "kraken/client/session/conversation.py",
        "        self.answers.lose(reason)\n",
        "",
        _RESETS,
    ),
)

_STOPPING: Final = (
    _mutant(
        "switch-not-renewed",
        "The dead man's switch is armed once, and not renewed.",
        _SWITCH,
        "        while not self._retired:\n",
        "        for _ in range(1):\n",
    ),
    _mutant(
        "switch-not-armed",
        "The dead man's switch is said to be armed, and the exchange not told.",
        _SWITCH,
        "                    await self.venue.cancel_all_after(timeout_s)\n",
        "                    await trio.lowlevel.checkpoint()\n",
    ),
    _mutant(
        "block-does-not-wait",
        "A block that is left asks for the cancel of its order, and does not wait for it.",
        "engine/market.py",
        "                    await self._desk.see_off(order)\n",
        "                    self._desk.custody.release(order)\n",
    ),
    _mutant(
        "block-cancels-nothing",
        "A block that is left leaves its order resting.",
        "engine/market.py",
        "            if not (order.intent.keep and order.state is OrderState.OPEN):\n",
        "            if not order.intent.keep and order.state is OrderState.PLANNED:\n",
    ),
    _mutant(
        "stop-asks-nobody",
        "An engine that stops certifies that nothing is open, without asking the exchange.",
        "engine/shutdown.py",
        "            listed = await self._listed(assembly)\n",
        "            await trio.lowlevel.checkpoint()\n            listed: list[Order] | None = []\n",
        _LOST_ANSWERS,
    ),
)

_ALL: Final = (*_PLACING, *_CARING, *_COUNTING, *_HEARING, *_STOPPING)

MENDED: Final = {
    "left-is-wanted": "engine/test_desk.py::test_leaving_while_the_answer_is_out_hands_the_order_over",
    "answer-after-leaving": "engine/test_desk.py::"
    "test_an_order_on_its_way_to_the_exchange_is_cancelled_when_the_engine_is_halted",
    "sold-twice": "engine/test_holding.py::test_a_lost_sale_is_not_sold_again",
    "doubt-has-no-risk": "engine/test_amends.py::test_a_fill_beside_an_undecided_amend_does_not_hide_the_amend_from_a_restart",
    "absent-by-our-clock": "engine/test_custody.py::test_nothing_is_decided_before_the_orders_own_deadline_has_passed_twice_over",
    "fills-not-witnesses": "engine/test_custody.py::test_an_order_that_both_lists_forgot_is_found_by_its_fills",
    "strays-stay": "engine/test_custody.py::test_an_order_of_this_journal_that_it_holds_for_ended_is_cancelled_and_told",
    "amend-believed": "engine/test_amends.py::test_an_amend_whose_answer_was_lost_is_not_held_for_unmade_while_answers_may_lag",
    "amend-has-no-risk": "engine/test_amends.py::test_a_fill_beside_an_undecided_amend_does_not_hide_the_amend_from_a_restart",
    "end-before-fills": "engine/test_blotter.py::test_an_end_is_journaled_only_once_its_fills_have_arrived",
    "base-fees-forgotten": "engine/test_closing.py::test_a_fee_in_the_base_asset_leaves_less_to_sell_and_all_of_that_is_sold",
    "missed-fills-stay-missed": "engine/test_claims.py::test_what_filled_before_the_claim_is_counted_once",
    "claim-cancelled-early": "engine/test_claims.py::test_an_order_is_not_cancelled_for_a_claim_that_did_not_come_to_the_disk",
    "old-answers-believed": "engine/test_desk.py::test_an_answer_may_lag_behind_an_amend_for_a_minute",
    "asked-is-made": "engine/test_amends.py::"
    "test_an_amend_that_an_earlier_run_sent_is_not_believed_before_the_exchange_was_heard",
    "start-on-guesses": "engine/test_amends.py::test_an_amend_that_an_earlier_run_sent_counts_until_it_is_read_back",
    "unlisted-is-open": "engine/test_desk_model.py::test_exchange_journal_and_strategies_agree_after_whatever_happened",
    "snapshot-ignored": "engine/test_hub.py::test_a_snapshot_counts_its_fills_before_its_orders",
    "gap-unnoticed": "kraken/client/account/test_private.py::test_a_gap_is_told_first_and_the_channel_subscribed_anew",
    "gap-not-mended": "kraken/client/account/test_private.py::test_a_gap_is_told_first_and_the_channel_subscribed_anew",
    "lost-book-trusted": "kraken/client/api/test_against_sim.py::"
    "test_a_socket_that_drops_is_seen_by_those_who_ask_and_mended_for_all",
    "silence-unnoticed": "kraken/client/market/test_sockets.py::test_a_socket_without_any_subscription_is_not_taken_for_dead",
    "stop-asks-nobody": "engine/test_engine.py::test_what_cannot_be_cancelled_is_listed_and_the_switch_stays_armed",
    "dials-at-once": "resilience/test_reconnect.py::test_a_drop_before_the_subscription_is_acknowledged_is_a_failed_attempt",
    "lost-answers-awaited": "kraken/client/account/test_full_orders.py::"
    "test_a_lost_answer_is_unknown_and_nothing_is_sent_another_way",
}
"""Bugs that no sweep of ours has found, and the test that finds each: below what they break there is a second net, which mends it
before anybody could see, or nothing in the world's trading comes by it."""

MUTANTS: Final[dict[str, Mutant]] = {mutant.name: mutant for mutant in _ALL}

SWEPT: Final = tuple(mutant for mutant in _ALL if mutant.name not in MENDED)
"""Those that a sweep finds, each of them, every time: the score that holds a change up."""
