from seawall.kraken.client.session.asking import AskPace
from seawall.kraken.client.session.rows import Ask, Terms
from seawall.kraken.client.session.spacing import Spacing

DEEP = Terms(depth=1000)
USUAL = Terms()


def ask(symbols: int, terms: Terms = USUAL) -> Ask:
    return Ask("subscribe", 1, "book", tuple(f"A{number}/USD" for number in range(symbols)), None, terms)


def test_requests_count_whatever_they_name() -> None:
    pace = AskPace()
    assert pace.most_symbols(DEEP) == 100
    sent = [pace.take(ask(100), 0.0) for _ in range(60)]
    assert max(sum(begin_s <= at_s < begin_s + 1 for at_s in sent) for begin_s in sent) <= 20
    assert sent[-1] <= 6.0, "and not much slower than it may be"


def test_symbols_count_where_they_have_a_price() -> None:
    pace = AskPace(Spacing(100.0, 100.0), lambda terms: 100.0 if terms == DEEP else 25.0)
    assert (pace.most_symbols(DEEP), pace.most_symbols(Terms(depth=100))) == (1, 4)
    assert [pace.take(ask(4, Terms(depth=100)), 0.0), pace.take(ask(1, DEEP), 0.0), pace.take(ask(1, DEEP), 0.0)] == [0, 1, 2]
