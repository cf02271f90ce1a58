from seawall.resilience import SOCKET_BREAKER
from seawall.resilience.open_spell import OpenSpell


def test_spells_double_to_their_maximum_and_are_forgotten() -> None:
    spell = OpenSpell(SOCKET_BREAKER)
    lengths = []
    for _ in range(6):
        spell.begin(0.0)
        lengths.append(spell.length_s)
    spell.forget()
    spell.begin(0.0)

    assert lengths == [30.0, 60.0, 120.0, 240.0, 300.0, 300.0]
    assert spell.length_s == 30.0


def test_a_length_that_others_named_has_no_part_in_the_growth() -> None:
    spell = OpenSpell(SOCKET_BREAKER)
    spell.begin_for(1000.0, 5.0)
    assert spell.left_s(5.0) == 1000.0

    spell.begin(6.0)

    assert spell.left_s(6.0) == 30.0


def test_it_is_over_from_its_very_end_on() -> None:
    spell = OpenSpell(SOCKET_BREAKER)
    spell.begin(100.0)

    assert (spell.left_s(129.5), spell.left_s(130.0), spell.left_s(1e9)) == (0.5, 0.0, 0.0)


def test_a_spell_of_another_clock_begins_anew() -> None:
    spell = OpenSpell(SOCKET_BREAKER)
    spell.begin(1e6)

    assert spell.left_s(10.0) == 30.0
    assert spell.left_s(40.0) == 0.0
