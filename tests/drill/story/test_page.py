import re
from html.parser import HTMLParser

import pytest
from support.verdicts import make_verdict

from seawall.drill.spec import Violation
from seawall.drill.story import story_page, story_text
from seawall.drill.story.markup import Markup, element, joined
from seawall.sim.catalogue.plan import Planned
from seawall.sim.world.trace import Fact

VOID = {"meta"}
HOSTILE = "<script>alert('x')</script> & \"quotes\" \x1b[31m"
FAULT = Planned("half-open", 120.0, 30.0, 7)
BROKEN = Violation("one order", "One intent is one order.", f"c7 became two {HOSTILE}", 130.0)


class Reader(HTMLParser):
    """What a browser would make of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.text: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in VOID:
            self.open.append(tag)
        self._attributes(attrs)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._attributes(attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def _attributes(self, attrs: list[tuple[str, str | None]]) -> None:
        self.ids += [value or "" for name, value in attrs if name == "id"]
        self.links += [value or "" for name, value in attrs if name in {"href", "src"}]


@pytest.fixture
def page() -> str:
    facts = [Fact(10.0 + place, "strategy <grid>", "asked", f"asks {place} {HOSTILE}") for place in range(60)]
    facts.append(Fact(125.0, "faults", "begins", "half-open begins"))
    return story_page(
        make_verdict(*facts, planned=(FAULT,), violations=(BROKEN,)), {"half-open": f"Nothing comes back {HOSTILE}"}
    )


def test_every_element_is_closed(page: str) -> None:
    assert Reader(page).open == []


def test_it_fetches_nothing_and_runs_nothing(page: str) -> None:
    reader = Reader(page)

    assert not {"script", "link", "img", "iframe", "object", "embed"} & set(reader.tags)
    assert all(link.startswith("#") for link in reader.links)
    assert not re.search(r"https?:|url\(|@import| on\w+=", page)


def test_marks_lead_to_lines_that_are_there(page: str) -> None:
    reader = Reader(page)

    assert len(reader.links) > 10
    assert {link.removeprefix("#") for link in reader.links} <= set(reader.ids)
    assert len(set(reader.ids)) == len(reader.ids)


def test_what_was_said_is_text_wherever_it_stands(page: str) -> None:
    text = "".join(Reader(page).text)

    assert "<script>alert('x')</script> & \"quotes\" ·[31m" in text
    assert "strategy <grid>" in text
    assert "\x1b" not in page


def test_it_says_what_broke_what_was_done_to_it_and_how_to_have_it_again(page: str) -> None:
    text = "".join(Reader(page).text)

    assert "One intent is one order. c7 became two" in text
    assert "half-open@120+30#7" in text
    assert "seawall simulate --seed 17 --minutes 20 --explain" in text


def test_it_is_made_for_light_and_for_dark(page: str) -> None:
    assert "prefers-color-scheme: dark" in page


def test_a_long_run_gives_no_more_marks_than_there_are_places_for_them() -> None:
    facts = [Fact(place / 20, "desk", "planned", f"order {place}") for place in range(24_000)]
    page = story_page(make_verdict(*facts))

    assert page.count('class="mark') <= 300
    assert len(page) < 500_000


def test_a_run_without_facts_has_a_page() -> None:
    assert "No facts were kept" in story_page(make_verdict(phases=None))


def test_markup_is_escaped_once() -> None:
    inner = element("b", "a < b")

    assert element("p", inner, " & more", class_="x", stroke_width=1.25, id=None) == (
        '<p class="x" stroke-width="1.2"><b>a &lt; b</b> &amp; more</p>'
    )
    assert isinstance(joined(inner), Markup)


def test_the_text_wraps_under_itself_and_holds_nothing_that_a_terminal_obeys() -> None:
    long = Fact(65.0, "desk", "planned", f"{HOSTILE} " + "word " * 60)
    lines = story_text(make_verdict(long, planned=(FAULT,), violations=(BROKEN,)), width=100)
    first = next(place for place, line in enumerate(lines) if line.startswith("   01:00.000   desk"))

    assert lines[0] == "seed 17, 20 min with 1 fault and 1 kill: 1 violation"
    assert all(len(line) <= 100 for line in lines[1 : first + 4])
    assert lines[first + 1].startswith(" " * 20)
    assert "\x1b" not in "\n".join(lines)
    assert lines[-1] == "again: seawall simulate --seed 17 --minutes 20 --explain"
