"""What subscribers of each depth are told, so that they always see the best levels and nothing else."""

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.kraken.dialect.books.book import crc_of
from seawall.model.orders import Side
from seawall.sim.feeds.ladder import Digits, Shown, ShownLevel

BID, ASK = Side.BUY, Side.SELL


def level(side: Side, price: int, qty: int) -> ShownLevel:
    return ShownLevel(side, Decimal(price), (f"{price}.0", f"{qty}.00"), not qty)


class Reader:
    """A client that follows the rules: apply in order, then cut."""

    def __init__(self, depth: int) -> None:
        self.depth = depth
        self.sides: dict[Side, dict[Decimal, Digits]] = {BID: {}, ASK: {}}

    def apply(self, bids: list[Digits], asks: list[Digits]) -> None:
        for side, levels in ((BID, bids), (ASK, asks)):
            held = self.sides[side]
            for price, qty in levels:
                if Decimal(qty):
                    held[Decimal(price)] = (price, qty)
                else:
                    held.pop(Decimal(price), None)
            best = sorted(held, reverse=side is BID)[: self.depth]
            self.sides[side] = {price: held[price] for price in best}

    def best(self, side: Side) -> list[Digits]:
        return list(self.sides[side].values())


def test_a_level_that_is_pushed_out_of_view_is_not_told() -> None:
    shown = Shown()
    shown.apply([level(ASK, price, 1) for price in range(10, 20)])
    shown.view(10)

    assert shown.apply([level(ASK, 9, 1)]) == {10: ([], [("9.0", "1.00")])}


def test_the_level_that_takes_a_removed_ones_place_comes_with_it() -> None:
    shown = Shown()
    shown.apply([level(BID, price, 1) for price in range(10, 25)])
    shown.view(10)

    assert shown.apply([level(BID, 20, 0)]) == {10: ([("20.0", "0.00"), ("14.0", "1.00")], [])}


def test_what_happens_below_the_view_is_not_told() -> None:
    shown = Shown()
    shown.apply([level(BID, price, 1) for price in range(10, 25)])
    shown.view(10)

    assert shown.apply([level(BID, 11, 0), level(BID, 12, 5)]) == {}


def test_a_level_that_came_and_went_in_one_message_is_not_told() -> None:
    shown = Shown()
    shown.view(10)

    assert shown.apply([level(BID, 11, 2), level(BID, 11, 0)]) == {}


def test_the_checksum_covers_the_ten_best_of_each_side() -> None:
    shown = Shown()
    shown.apply([level(ASK, price, 1) for price in range(20, 40)] + [level(BID, price, 1) for price in range(1, 20)])

    asks, bids = [(f"{price}.0", "1.00") for price in range(20, 30)], [(f"{price}.0", "1.00") for price in range(19, 9, -1)]
    assert shown.checksum() == crc_of(asks, bids)


def test_what_lies_beyond_the_kept_depth_is_forgotten() -> None:
    shown = Shown(depth=10)
    shown.apply([level(ASK, price, 1) for price in range(20, 40)])

    assert len(shown.asks(100)) == 10


changes = st.lists(
    st.lists(st.builds(level, st.sampled_from([BID, ASK]), st.integers(1, 30), st.integers(0, 3)), min_size=1, max_size=6),
    max_size=30,
)


@settings(max_examples=300, deadline=None)
@given(changes, st.sampled_from([1, 2, 5, 10]))
def test_a_reader_of_any_depth_sees_exactly_the_best_levels(messages: list[list[ShownLevel]], depth: int) -> None:
    shown, reader = Shown(), Reader(depth)
    shown.view(depth)

    for message in messages:
        told = shown.apply(message)
        if depth in told:
            reader.apply(*told[depth])
        assert reader.best(BID) == shown.bids(depth)
        assert reader.best(ASK) == shown.asks(depth)
