from seawall.kraken.client.session.sequence import Arrival, Sequence


def test_sequence_numbers_are_judged() -> None:
    count = Sequence()
    judged = [count.take(number, snapshot=number == 1) for number in (1, 2, 2, 1, 5, 6)]
    # the second 1 is a snapshot, which begins anew
    assert judged == [
        Arrival.IN_ORDER,
        Arrival.IN_ORDER,
        Arrival.REPEATED,
        Arrival.IN_ORDER,
        Arrival.GAP,
        Arrival.IN_ORDER,
    ]
