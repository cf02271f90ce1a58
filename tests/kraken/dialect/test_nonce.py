import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.kraken.dialect.nonce import Nonce


@given(st.lists(st.integers(min_value=0, max_value=2**63), min_size=1), st.integers(min_value=0, max_value=2**63))
def test_nonces_rise_strictly_whatever_the_clock_does(readings: list[int], last: int) -> None:
    clock = iter(readings)
    nonce = Nonce(lambda: next(clock), last)
    given_out = [nonce.next() for _ in readings]
    assert all(later > earlier for earlier, later in zip([last, *given_out], given_out, strict=False))
    assert nonce.last == given_out[-1]


def test_a_nonce_is_the_wall_clock_while_that_rises() -> None:
    clock = iter([5_000, 7_000, 6_000, 7_001, 9_000])
    nonce = Nonce(lambda: next(clock))
    assert [nonce.next() for _ in range(5)] == [5_000, 7_000, 7_001, 7_002, 9_000]


def test_each_nonce_is_reserved_before_it_is_handed_out() -> None:
    reserved: list[int] = []
    nonce = Nonce(lambda: 5, 0, reserved.append)
    assert [nonce.next(), nonce.next()] == reserved == [5, 6]


def test_a_nonce_that_cannot_be_reserved_is_not_handed_out() -> None:
    def refuse(_nonce: int) -> None:
        raise OSError("the disk is gone")

    nonce = Nonce(lambda: 5, 1, refuse)
    with pytest.raises(OSError, match="disk"):
        nonce.next()
    assert nonce.last == 1


def test_repr_tells_the_newest_nonce() -> None:
    assert repr(Nonce(lambda: 1, last=41)) == "Nonce(last=41)"
