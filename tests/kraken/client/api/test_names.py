import attrs
import pytest

from seawall.kraken.client.api.names import Names
from seawall.kraken.client.market.reference import Reference
from seawall.model.errors import UnknownSymbol


@pytest.mark.parametrize("name", ["BTC/USD", "XBT/USD", "btc/usd", " BTC/USD ", "BTCUSD", "xbtusd", "XXBTZUSD"])
def test_every_spelling_is_one_pair(reference: Reference, name: str) -> None:
    names = Names(reference)
    assert names.symbol(name) == "BTC/USD"
    assert names.rest_name(name) == "XBTUSD"


def test_the_old_name_of_doge_is_doge(reference: Reference) -> None:
    assert Names(reference).symbol("XDG/USD") == Names(reference).symbol("DOGEUSD") == "DOGE/USD"


@pytest.mark.parametrize(("name", "near"), [("BTC/USX", "BTC/USD"), ("eth-usd", "ETH/USD")])
def test_what_is_not_listed_is_refused_with_what_is_near(reference: Reference, name: str, near: str) -> None:
    with pytest.raises(UnknownSymbol, match=f"no pair '{name}'.*{near}"):
        Names(reference).symbol(name)


@pytest.mark.parametrize("name", [["BTC/USD"], 5, None])
def test_what_is_no_text_is_refused_as_such(reference: Reference, name: str) -> None:
    with pytest.raises(TypeError, match=r"where a pair is named by a text such as 'BTC/USD'"):
        Names(reference).symbol(name)


def test_a_pair_that_is_listed_later_is_known_then(reference: Reference) -> None:
    names = Names(reference)
    with pytest.raises(UnknownSymbol):
        names.symbol("sol/usd")
    sol = attrs.evolve(reference.instrument("ETH/USD"), symbol="SOL/USD", base="SOL", rest_name="SOLUSD", rest_id="SOLUSD")
    reference.learn([sol])
    assert names.symbol("sol/usd") == "SOL/USD"


def test_an_answers_name_that_is_not_listed_stays(reference: Reference) -> None:
    assert Names(reference).known("XXBTZUSD") == "BTC/USD"
    assert Names(reference).known("AAPLxUSD") == "AAPLxUSD"
