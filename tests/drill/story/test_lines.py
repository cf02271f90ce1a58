from support.verdicts import make_verdict

from seawall.drill.spec import Violation
from seawall.drill.story.lines import Line, Weight, lanes_of, story_lines
from seawall.sim.world.trace import Fact


def quotes(count: int, from_s: float, lane: str = "strategy grid") -> list[Fact]:
    return [Fact(from_s + place, lane, "asked", f"asks for order {place}") for place in range(count)]


def told(lines: tuple[Line, ...], lane: str) -> list[str]:
    return [line.text for line in lines if line.lane == lane]


def test_what_is_rare_is_told_each_time() -> None:
    lines = story_lines(make_verdict(*quotes(12, 10)))

    assert told(lines, "strategy grid") == [f"asks for order {place}" for place in range(12)]


def test_what_is_common_is_folded_after_the_first_few_and_nothing_is_lost() -> None:
    facts = quotes(40, 10)
    *near, fold = (line for line in story_lines(make_verdict(*facts)) if line.lane == "strategy grid")

    assert [line.text for line in near] == [f"asks for order {place}" for place in range(4)]
    assert fold.weight is Weight.FOLDED
    assert fold.text == "… 36 more until 00:44.000: asked 36×"
    assert fold.folded == tuple(facts[4:])


def test_a_fault_a_host_and_a_violation_each_begin_the_telling_anew() -> None:
    fault = Fact(25.5, "faults", "begins", "half-open begins")
    death = Fact(35.5, "host", "died", "trader: killed")
    violation = Violation("one order", "One intent is one order.", "c7 became two.", 45.5)
    lines = story_lines(
        make_verdict(*sorted([*quotes(50, 10), fault, death], key=lambda fact: fact.at_s), violations=(violation,))
    )
    after = [[line.text for line in lines[place + 1 : place + 5]] for place, line in enumerate(lines) if _cuts(line)]

    assert after == [[f"asks for order {place}" for place in range(first, first + 4)] for first in (16, 26, 36)]


def _cuts(line: Line) -> bool:
    return line.weight in {Weight.FAULT, Weight.VIOLATION} or line.lane == "host"


def test_a_single_fact_is_not_folded() -> None:
    facts = [*quotes(5, 10), Fact(16, "faults", "begins", "half-open begins"), *quotes(12, 20)]
    lines = story_lines(make_verdict(*facts))

    assert told(lines, "strategy grid")[:5] == [f"asks for order {place}" for place in range(5)]


def test_folds_of_one_lane_stand_where_they_begin_and_name_each_sort() -> None:
    facts = [fact for place in range(20) for fact in (_sent(place), _answered(place))]
    lines = [line for line in story_lines(make_verdict(*facts)) if line.lane == "sockets"]

    assert [line.at_s for line in lines] == sorted(line.at_s for line in lines)
    assert lines[-1].text == "… 32 more until 00:24.500: sent 16×, answered 16×"


def _sent(place: int) -> Fact:
    return Fact(10.0 + place, "sockets", "sent", f"order {place} goes out")


def _answered(place: int) -> Fact:
    return Fact(10.5 + place, "sockets", "answered", f"order {place} is answered")


def test_a_story_that_is_too_long_is_folded_harder() -> None:
    cuts = [Fact(10 + 20 * place, "faults", "begins", f"fault {place}") for place in range(40)]
    facts = sorted([*cuts, *quotes(800, 10.5)], key=lambda fact: fact.at_s)

    assert len(story_lines(make_verdict(*facts), most=10_000)) > 200
    assert len(story_lines(make_verdict(*facts), most=130)) <= 130


def test_times_count_from_the_beginning_of_trading() -> None:
    lines = story_lines(make_verdict(Fact(1.0, "host", "boots", "trader: boots"), Fact(65.0, "desk", "planned", "an order")))

    assert [(line.at_s, line.lane) for line in lines][:3] == [(-4.0, "host"), (0.0, "run"), (60.0, "desk")]


def test_phases_are_told_and_a_run_that_broke_off_has_none() -> None:
    assert [line.at_s for line in story_lines(make_verdict())] == [0.0, 1200.0, 1290.0, 1292.5]
    assert story_lines(make_verdict(phases=None)) == ()


def test_lanes_go_from_the_strategies_to_the_exchange() -> None:
    names = ["exchange", "strategy b", "faults", "novelty", "desk", "host", "strategy a", "sockets"]

    assert lanes_of(Fact(0, name, "kind", "text") for name in names) == [
        "strategy a",
        "strategy b",
        "desk",
        "sockets",
        "exchange",
        "host",
        "faults",
        "novelty",
    ]


def test_of_one_invariant_that_breaks_again_and_again_the_first_few_are_told() -> None:
    violations = tuple(
        Violation("one order", "One intent is one order.", f"c{place} became two.", 40.0 + place) for place in range(50)
    )
    lines = [line for line in story_lines(make_verdict(violations=violations)) if line.weight is Weight.VIOLATION]

    assert [line.text for line in lines] == [
        f"BROKEN: One intent is one order. c{place} became two [one order]" for place in range(5)
    ]
