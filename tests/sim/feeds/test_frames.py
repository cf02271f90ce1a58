"""Numbers and frames as the exchange writes them."""

from decimal import Decimal

import pytest

from seawall.model.market_data import VenueStatus
from seawall.sim.feeds.frames import book_frame, channel_frame, encode, number, status_frame


@pytest.mark.parametrize(
    ("value", "places", "text"),
    [
        ("0.00000001", 8, "0.00000001"),
        ("1E-8", 8, "0.00000001"),
        ("80000", 1, "80000.0"),
        ("1E+3", 0, "1000"),
        ("-1.5", 2, "-1.50"),
    ],
)
def test_numbers_keep_their_places_and_have_no_exponent(value: str, places: int, text: str) -> None:
    assert encode({"x": number(Decimal(value), places)}) == f'{{"x":{text}}}'


def test_book_digits_are_written_as_they_are() -> None:
    frame = book_frame("BTC/USD", "update", [("0.043020", "0.00000000")], [], 7, 1_790_000_000_000_001_000)

    assert frame == (
        '{"channel":"book","type":"update","data":[{"symbol":"BTC/USD","bids":[{"price":0.043020,"qty":0.00000000}],'
        '"asks":[],"checksum":7,"timestamp":"2026-09-21T14:13:20.000001Z"}]}'
    )


def test_a_sequence_stands_beside_the_rows() -> None:
    assert channel_frame("balances", "update", [], sequence=3) == '{"channel":"balances","type":"update","data":[],"sequence":3}'


def test_a_status_frame_names_the_connection_except_in_maintenance() -> None:
    online, maintenance = (status_frame(status, 2**63 + 1) for status in (VenueStatus.ONLINE, VenueStatus.MAINTENANCE))

    assert '"system":"online"' in online
    assert '"connection_id":9223372036854775809' in online
    assert '"system":"maintenance"' in maintenance
    assert "connection_id" not in maintenance
