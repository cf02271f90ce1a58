from collections.abc import Mapping

import attrs
import pytest

from seawall.kraken.client.api.calls.endpoint import Asked, Caller, Endpoint, Reader, T, Way, alone, in_rest_names
from seawall.kraken.client.api.names import Names
from seawall.kraken.client.market.reference import Reference
from seawall.kraken.dialect import rest
from seawall.kraken.dialect.rest import RestRequest
from seawall.model.errors import UnknownSymbol


@attrs.define(eq=False)
class Calls(Caller):
    """Answers every call with the body it was made with."""

    names: Names
    body: bytes = b""
    made: list[tuple[RestRequest, Way]] = attrs.field(factory=list)

    async def call(self, request: RestRequest, read: Reader[T], way: Way) -> T:
        self.made.append((request, way))
        return read(self.body, Asked(request, self.names))

    server_time = Endpoint(rest.server_time, alone(rest.read_time))
    ticker = Endpoint(rest.ticker, alone(rest.read_tickers))
    cancel_order = Endpoint(rest.cancel_order, alone(rest.read_cancellation), Way.CANCEL)


@pytest.fixture
def names(reference: Reference) -> Names:
    return Names(reference)


async def test_it_is_called_as_its_builder_and_gives_what_its_reader_makes(names: Names) -> None:
    calls = Calls(names, b'{"error":[],"result":{"unixtime":1700000000,"rfc1123":""}}')
    assert await calls.server_time() == 1_700_000_000_000_000_000
    calls.body = b'{"error":[],"result":{"count":2}}'
    assert (await calls.cancel_order(order_id="OABC")).count == 2
    assert calls.made == [(rest.server_time(), Way.READ), (rest.cancel_order(order_id="OABC"), Way.CANCEL)]


@pytest.mark.parametrize("given", ["BTC/USD", ["BTC/USD"], ("BTC/USD",)])
async def test_one_name_alone_is_a_list_of_one(names: Names, given: str | list[str]) -> None:
    calls = Calls(names, b'{"error":[],"result":{}}')
    await calls.ticker(given)
    await calls.ticker(rest_names=given)
    assert [request.params for request, _ in calls.made] == [{"pair": "BTC/USD"}] * 2


def test_it_shows_the_parameters_and_the_words_of_its_builder(names: Names) -> None:
    assert Calls(names).ticker.__doc__ == rest.ticker.__doc__ == Calls.ticker.__doc__
    assert Calls(names).ticker.__name__ == "ticker"
    assert repr(Calls.cancel_order) == "<Endpoint cancel_order, cancel>"


def test_wrong_arguments_are_refused_as_those_of_any_function(names: Names) -> None:
    with pytest.raises(TypeError, match="nonsense"):
        Calls.ticker.request(nonsense=1)  # type: ignore[call-arg]  # what is tested


@pytest.mark.parametrize(
    ("request_", "pair"),
    [
        (rest.depth("BTC/USD"), "XBTUSD"),
        (rest.depth("xbt/usd"), "XBTUSD"),
        (rest.ticker(["XXBTZUSD", "ethusd"]), "XBTUSD,ETHUSD"),
        (rest.asset_pairs(["BTC/USD", "NEW/USD"]), "XBTUSD,NEW/USD"),
        (rest.depth("AAPLx/USD", asset_class="tokenized_asset"), "AAPLx/USD"),
    ],
)
def test_pairs_leave_under_rests_own_names(names: Names, request_: RestRequest, pair: str) -> None:
    assert in_rest_names(request_, names).params["pair"] == pair


def test_pairs_in_documents_do_too(names: Names) -> None:
    document: Mapping[str, object] = {"pair": "btc/usd", "orders": []}
    request = in_rest_names(RestRequest("POST", "/0/private/AddOrderBatch", {}, document), names)
    assert request.document == {"pair": "XBTUSD", "orders": []}


@pytest.mark.parametrize("request_", [rest.depth("BTC/USX"), rest.ticker(["BTC/USD", "BTC/USX"])])
def test_a_pair_that_is_not_listed_never_leaves(names: Names, request_: RestRequest) -> None:
    with pytest.raises(UnknownSymbol, match=r"'BTC/USX'.*BTC/USD"):
        in_rest_names(request_, names)


def test_what_names_no_pair_is_left_alone(names: Names) -> None:
    assert in_rest_names(rest.ledgers(["BTC"]), names) == rest.ledgers(["BTC"])
