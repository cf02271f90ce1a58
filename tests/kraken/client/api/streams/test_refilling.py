from collections.abc import Sequence
from decimal import Decimal

import attrs
import pytest
import trio
import trio.testing

from seawall.kraken.client.api.streams import kinds
from seawall.kraken.client.api.streams.fills import MissedFills
from seawall.kraken.client.api.streams.mailbox import Mailbox
from seawall.kraken.client.api.streams.refilling import RefillingStream
from seawall.model.errors import Unavailable
from seawall.model.orders import Side
from seawall.model.reports import Fill


def a_fill(number: int) -> Fill:
    one = Decimal(1)
    return Fill(f"T{number}", "O1", None, "BTC/USD", Side.BUY, one, one, one, (), maker=True, at_ns=number)


@attrs.define(eq=False)
class Account:
    """What REST would answer."""

    fills: list[Fill] = attrs.field(factory=list)
    asked: list[int] = attrs.field(factory=list)
    failures: list[Exception] = attrs.field(factory=list)

    async def fills_since(self, at_ns: int) -> Sequence[Fill]:
        await trio.sleep(1)
        self.asked.append(at_ns)
        if self.failures:
            raise self.failures.pop()
        return [fill for fill in self.fills if fill.at_ns > at_ns]


@pytest.fixture
def account() -> Account:
    return Account()


@pytest.fixture
def mailbox() -> Mailbox[Fill, Fill]:
    return Mailbox("fills", kinds.FILLS)


@pytest.fixture
def stream(mailbox: Mailbox[Fill, Fill], account: Account) -> RefillingStream[Fill]:
    stream = RefillingStream(mailbox, account.fills_since, lambda fill: fill)
    mailbox.wake = stream.wake
    return stream


def with_a_gap(mailbox: Mailbox[Fill, Fill]) -> None:
    """Fill 1 was told, 2 and 3 were not, 4 is in the snapshot, 5 came after it."""
    mailbox.take(a_fill(1), 0.0)
    mailbox.fail(MissedFills(0, 4, frozenset({"T1", "T4"})))
    mailbox.take(a_fill(4), 0.0)
    mailbox.take(a_fill(5), 0.0)


async def test_what_is_missing_is_asked_for_and_comes_in_its_place(
    mailbox: Mailbox[Fill, Fill], stream: RefillingStream[Fill], account: Account, autojump_clock: trio.testing.MockClock
) -> None:
    account.fills = [a_fill(number) for number in (1, 2, 3, 4, 5)]
    with_a_gap(mailbox)

    assert [(await stream.next()).exec_id for _ in range(5)] == ["T1", "T2", "T3", "T4", "T5"]
    assert account.asked == [0]
    assert not mailbox.ready


async def test_what_was_asked_for_is_not_told_again(
    mailbox: Mailbox[Fill, Fill], stream: RefillingStream[Fill], account: Account, autojump_clock: trio.testing.MockClock
) -> None:
    account.fills = [a_fill(number) for number in (1, 2, 3, 4)]
    with_a_gap(mailbox)
    mailbox.take(a_fill(3), 0.0)
    mailbox.take(a_fill(6), 0.0)

    assert [(await stream.next()).exec_id for _ in range(6)] == ["T1", "T2", "T3", "T4", "T5", "T6"]


async def test_a_question_that_fails_is_raised_and_asked_again(
    mailbox: Mailbox[Fill, Fill], stream: RefillingStream[Fill], account: Account, autojump_clock: trio.testing.MockClock
) -> None:
    account.fills = [a_fill(number) for number in (1, 2, 3, 4)]
    account.failures = [Unavailable("no answer")]
    with_a_gap(mailbox)

    assert (await stream.next()).exec_id == "T1"
    with pytest.raises(Unavailable):
        await stream.next()
    with trio.move_on_after(0.5) as cut:
        await stream.next()
    assert cut.cancelled_caught
    assert [(await stream.next()).exec_id for _ in range(4)] == ["T2", "T3", "T4", "T5"]


async def test_without_a_gap_nothing_is_asked(
    mailbox: Mailbox[Fill, Fill], stream: RefillingStream[Fill], account: Account
) -> None:
    mailbox.take(a_fill(1), 0.0)

    assert await stream.next() == a_fill(1)
    assert account.asked == []
