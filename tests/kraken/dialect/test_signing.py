import json
from collections.abc import Callable
from pathlib import Path

import pytest

from seawall.kraken.dialect.signing import decode_secret, sign

SECRET = "c2Vhd2FsbCBrbm93biBhbnN3ZXIgc2VjcmV0LCAxMjM0NTY3ODkw"
BODY = b"nonce=1700000000000000001&cl_ord_id=sw1&pair=XBTUSD"
# Computed with the openssl command line, not with this program.
SIGNATURE = "CR3hzmOS9TeMCJzBURGABIiZlfA67YuyrJB4Hoqd2bmEhwahCs+vIrQSuLNf2UtblYAmprSqhLmmeA48m7VQZg=="


def test_the_known_answer_is_reproduced() -> None:
    assert sign("/0/private/OpenOrders", 1700000000000000001, BODY, decode_secret(SECRET)) == SIGNATURE


@pytest.mark.parametrize(
    ("path", "nonce", "body"),
    [
        ("/0/private/ClosedOrders", 1700000000000000001, BODY),
        ("/0/private/OpenOrders", 1700000000000000002, BODY),
        ("/0/private/OpenOrders", 1700000000000000001, BODY + b"&"),
    ],
)
def test_path_nonce_and_body_are_all_signed(path: str, nonce: int, body: bytes) -> None:
    assert sign(path, nonce, body, decode_secret(SECRET)) != SIGNATURE


def test_the_documented_example_is_reproduced(shared_file: Callable[[str], Path]) -> None:
    vector = json.loads(shared_file("kraken/samples/vectors_rest_signature.json").read_text())
    secret = decode_secret(vector["private_key_base64"])
    assert sign(vector["path"], int(vector["nonce"]), vector["body"].encode(), secret) == vector["expected_API_Sign"]


@pytest.mark.parametrize("text", ["", "   ", "not base64!", "abc", "äöü="])
def test_a_secret_that_is_no_base64_is_refused_without_being_shown(text: str) -> None:
    with pytest.raises(ValueError, match="API secret") as caught:
        decode_secret(text)
    assert not text.strip() or text not in str(caught.value)
    assert caught.value.__cause__ is None


def test_blanks_around_a_pasted_secret_do_no_harm() -> None:
    assert decode_secret(f"  {SECRET}\n") == decode_secret(SECRET)
