import pytest

from seawall.resilience.leases import Leases


def test_places_are_lent_until_none_is_left() -> None:
    leases = Leases(places=2, lease_s=10.0)
    leases.lend(0.0)
    leases.lend(1.0)

    assert leases.wait_s(2.0) == 8.0
    assert leases.revoke_hung(2.0) == 0
    with pytest.raises(AssertionError):
        leases.lend(2.0)


def test_only_what_was_lent_too_long_is_revoked() -> None:
    leases = Leases(places=2, lease_s=10.0)
    hung, alive = leases.lend(0.0), leases.lend(5.0)

    assert leases.wait_s(10.0) == 0.0
    assert leases.revoke_hung(10.0) == 1
    assert (leases.end(hung), leases.end(alive)) == (False, True)


def test_nothing_is_revoked_while_a_place_is_free() -> None:
    """A slow one may yet end well: its place is taken only when somebody needs it."""
    leases = Leases(places=2, lease_s=10.0)
    slow = leases.lend(0.0)

    assert leases.revoke_hung(100.0) == 0
    assert leases.end(slow)


def test_a_lease_of_another_clock_is_over() -> None:
    leases = Leases(places=1, lease_s=10.0)
    leases.lend(1e6)

    assert leases.wait_s(5.0) == 0.0
    assert leases.revoke_hung(5.0) == 1
