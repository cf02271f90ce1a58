"""The log of what strategies were told."""

from decimal import Decimal

from seawall.drill.told import Listener, SeenBook, Told
from seawall.model.market_data import Candle, Quote, Trade
from seawall.model.order_states import OrderState
from seawall.model.orders import Side, limit_buy

INTENT = limit_buy("BTC/USD", qty="1", price="100")


def quote(*, after_gap: bool = False) -> Quote:
    return Quote("BTC/USD", Decimal(99), Decimal(1), Decimal(101), Decimal(1), 0.0, 5, after_gap=after_gap)


class Ears(Listener):
    """Keeps what it hears."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, int, object]] = []

    def quoted(self, owner: str, stream: int, quote: Quote) -> None:
        self.heard.append((owner, stream, quote))

    def showed(self, owner: str, stream: int, book: SeenBook) -> None:
        self.heard.append((owner, stream, book))

    def traded(self, owner: str, stream: int, trade: Trade) -> None:
        self.heard.append((owner, stream, trade))

    def drew(self, owner: str, stream: int, candle: Candle) -> None:
        self.heard.append((owner, stream, candle))


def test_listeners_hear_everything_when_it_is_told() -> None:
    told, ears = Told(lambda: 1.5), Ears()
    told.listeners += [ears, Listener()]
    trade = Trade("BTC/USD", Side.BUY, Decimal(100), Decimal(1), 7, 5)
    one = Decimal(1)
    candle = Candle("BTC/USD", 60, 0, open=one, high=one, low=one, close=one, volume=one, trades=1, closed=True)
    book = SeenBook("BTC/USD", 5, ((Decimal(99), Decimal(1)),), ())

    first, second = told.stream(), told.stream()
    told.quoted("me", first, quote())
    told.looked("me", quote())
    told.showed("me", second, book)
    told.traded("you", 3, trade)
    told.drew("you", 4, candle)

    assert first != second
    assert [(owner, stream) for owner, stream, _ in ears.heard] == [("me", 1), ("me", 0), ("me", 2), ("you", 3), ("you", 4)]
    assert told.counts == {"quotes": 2, "books": 1, "trades": 1, "candles": 1}


def test_a_symbol_has_the_seconds_in_which_it_was_quoted_each_once() -> None:
    times_s = iter((1.2, 1.9, 2.0, 7.5))
    told = Told(lambda: next(times_s))

    for _ in range(4):
        told.quoted("me", 1, quote())

    assert told.quoted_s == {"BTC/USD": [1, 2, 7]}


def test_an_order_keeps_each_state_once_in_a_row() -> None:
    order = Told(lambda: 0.0).asked("me", INTENT, is_blind=True)

    for state in (OrderState.OPEN, OrderState.OPEN, OrderState.FILLED):
        order.saw(1.0, state)

    assert order.is_blind
    assert [state for _, state in order.states] == [OrderState.OPEN, OrderState.FILLED]


def test_what_matters_is_told_as_facts_in_the_lane_of_its_strategy() -> None:
    facts: list[tuple[str, str, str]] = []
    told = Told(lambda: 3.0, lambda lane, kind, text: facts.append((lane, kind, text)))

    told.started("me")
    told.asked("me", INTENT, is_blind=False)
    told.quoted("me", 1, quote(after_gap=True))
    told.failed("me", KeyError("a"))
    told.started("me")

    assert [(lane, kind) for lane, kind, _ in facts] == [
        ("strategy me", "started"),
        ("strategy me", "asked"),
        ("strategy me", "sees again"),
        ("strategy me", "failed"),
        ("strategy me", "started"),
    ]
    assert facts[-1][2] == "starts again (2)"
    assert told.failures == [(3.0, "me", "KeyError")]
    assert told.runs == {"me": 2}
