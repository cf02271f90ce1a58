"""The proof at exit: what it calls confirmed, what clean, and that it names all that is left."""

from decimal import Decimal

import attrs
import pytest

from seawall.engine.certificate import Certificate

CLEAN = Certificate(
    engine="mine",
    reason="SIGINT",
    ran_s=3.5,
    tasks_left=(),
    open_orders=(),
    in_doubt=(),
    kept=(),
    positions=(),
    dead_mans_switch="disarmed",
    journal="closed",
)


def test_nothing_left_is_confirmed_and_clean() -> None:
    assert CLEAN.confirmed
    assert CLEAN.clean
    assert "clean: nothing was left behind" in str(CLEAN)
    assert str(CLEAN).startswith("certificate of mine, stopped after 3.5 s: SIGINT")


@pytest.mark.parametrize(
    ("certificate", "named"),
    [
        (attrs.evolve(CLEAN, open_orders=None), "unknown"),
        (attrs.evolve(CLEAN, open_orders=("s1 me: buy 1 BTC/USD",)), "s1 me: buy 1 BTC/USD"),
        (attrs.evolve(CLEAN, in_doubt=("s2 me: buy 1 BTC/USD",)), "s2 me: buy 1 BTC/USD"),
        (attrs.evolve(CLEAN, tasks_left=("strategy hangs",)), "strategy hangs"),
    ],
)
def test_what_may_rest_or_run_is_named_and_not_confirmed(certificate: Certificate, named: str) -> None:
    assert not certificate.confirmed
    assert not certificate.clean
    assert "NOT CLEAN" in str(certificate)
    assert named in str(certificate)


@pytest.mark.parametrize(
    ("certificate", "named"),
    [
        (attrs.evolve(CLEAN, journal="failed: no space"), "failed: no space"),
        (attrs.evolve(CLEAN, crashes=("KeyError: x",)), "KeyError: x"),
        (attrs.evolve(CLEAN, quarantined=("fragile",)), "fragile"),
    ],
)
def test_what_broke_on_the_way_is_named_and_not_clean(certificate: Certificate, named: str) -> None:
    assert certificate.confirmed
    assert not certificate.clean
    assert named in str(certificate)


def test_a_position_that_was_to_be_closed_and_is_not_is_named_with_what_kept_it_open() -> None:
    held = (("me", "BTC/USD", Decimal("0.5")), ("you", "BTC/USD", Decimal("0.25")))
    certificate = attrs.evolve(CLEAN, positions=held, unclosed=(("me", "BTC/USD", "no way to the exchange"),))

    assert certificate.confirmed
    assert not certificate.clean
    assert "    me 0.5 BTC/USD, NOT CLOSED: no way to the exchange\n    you 0.25 BTC/USD\n" in str(certificate)


def test_a_position_that_was_handed_over_is_named_and_does_no_harm() -> None:
    certificate = attrs.evolve(
        CLEAN, positions=(("me", "BTC/USD", Decimal("0.5")),), handed_over=(("me", "BTC/USD", "kept overnight"),)
    )

    assert certificate.clean
    assert "    me 0.5 BTC/USD, handed over: kept overnight" in str(certificate)


def test_an_exchange_that_could_not_be_asked_is_not_a_nought() -> None:
    certificate = attrs.evolve(CLEAN, open_orders=None, last_known_open=("s1 me: buy 1 BTC/USD",))

    assert "open orders       unknown" in str(certificate)
    assert "last known: s1 me: buy 1 BTC/USD" in str(certificate)


def test_kept_orders_and_positions_are_named_and_do_no_harm() -> None:
    certificate = attrs.evolve(CLEAN, kept=("s1 me: stop",), positions=(("me", "BTC/USD", Decimal("0.5")),))

    assert certificate.clean
    assert "s1 me: stop" in str(certificate)
    assert "me 0.5 BTC/USD" in str(certificate)
