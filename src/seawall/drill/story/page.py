"""The story as one page of HTML: the lanes over time, what broke, and every line below. It can be sent to anybody as it is."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from seawall.drill.spec import Verdict
from seawall.drill.story.drawing import drawing, hue
from seawall.drill.story.lines import Line, Weight, began_s, fact_text, story_lines, violation_line
from seawall.drill.story.markup import Markup, element, joined
from seawall.drill.story.style import style
from seawall.drill.words import broken, clock_text, command, counted, seconds_text, title, violation_text

__all__ = ["document", "figures", "story_page"]

_MOST_UNFOLDED: Final = 300
_HINT: Final = "Point at a mark to read it; follow it to its line below. Times are minutes and seconds of trading."


def story_page(verdict: Verdict, sentences: Mapping[str, str] | None = None) -> str:
    """The page of a run whose facts were kept. `sentences` says what each fault does, by its name."""
    sentences = sentences or {}
    lines = story_lines(verdict)
    anchors = {place: f"l{place}" for place in range(len(lines))}
    return document(
        title(verdict),
        element("h1", f"Seed {verdict.spec.seed}"),
        _badge(verdict),
        element("p", title(verdict), class_="dim"),
        *_broken(verdict, lines, anchors),
        _figures_of(verdict),
        element("h2", "Over time"),
        element("div", drawing(verdict, lines, anchors, sentences), class_="scroll"),
        element(
            "p",
            "Point at a mark to read it; follow it to its line below. Times are minutes and seconds of trading.",
            class_="dim",
        ),
        *_faults(verdict, sentences),
        element("h2", "Line by line"),
        _timeline(lines, anchors, began_s(verdict)),
        element("h2", "Have it again"),
        element("pre", command(verdict.spec)),
        element(
            "p", "hash ", element("code", verdict.trace_digest), ", order of tasks ", element("code", verdict.schedule_digest)
        ),
    )


def document(heading: str, *body: Markup) -> str:
    """A whole page that fetches nothing."""
    head = element(
        "head",
        Markup('<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'),
        Markup("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"),
        element("title", f"{heading} · seawall"),
        element("style", Markup(style())),
    )
    return f"<!doctype html>\n{element('html', head, element('body', joined(*body)), lang='en')}\n"


def figures(pairs: Sequence[tuple[str, str]]) -> Markup:
    """Numbers in large, with what they are in small."""
    return element("ul", *(element("li", element("b", value), element("span", name)) for name, value in pairs), class_="figures")


def _badge(verdict: Verdict) -> Markup:
    if verdict.clean:
        return element("span", "every invariant held", class_="verdict good")
    return element("span", counted(len(verdict.violations), "violation"), class_="verdict bad")


def _broken(verdict: Verdict, lines: Sequence[Line], anchors: Mapping[int, str]) -> Iterator[Markup]:
    zero_s = began_s(verdict)
    places = {(line.at_s, line.text): anchors[place] for place, line in enumerate(lines) if line.weight is Weight.VIOLATION}
    for violation, count in broken(verdict.violations):
        at_s = violation.at_s - zero_s
        anchor = places[at_s, violation_line(violation)]
        link = element("a", clock_text(at_s), href=f"#{anchor}", class_="mono")
        yield element("div", link, " ", violation_text(violation, count), class_="broke")


def _figures_of(verdict: Verdict) -> Markup:
    done, measured = verdict.statistics, verdict.measures

    def span(seconds: float | None) -> str:
        return "–" if seconds is None else seconds_text(seconds)

    return figures(
        [
            ("simulated", seconds_text(done.simulated_s)),
            ("faults", f"{done.faults:,}"),
            ("kills", f"{done.kills:,}"),
            ("orders", f"{done.orders:,}"),
            ("fills", f"{done.fills:,}"),
            ("lost", f"{measured.lost:,}"),
            ("doubled", f"{measured.doubled:,}"),
            ("left open", f"{measured.left_open:,}"),
            ("noticed in", span(measured.noticed_s)),
            ("recovered in", span(measured.recovered_s)),
            ("flat in", span(measured.flat_s)),
            ("times real time", f"{done.simulated_s / done.cpu_s:,.0f}" if done.cpu_s else "–"),
        ]
    )


def _faults(verdict: Verdict, sentences: Mapping[str, str]) -> Iterator[Markup]:
    if not verdict.planned:
        return
    rows = [
        element(
            "tr",
            element("td", clock_text(planned.at_s), class_="time"),
            element("td", seconds_text(planned.lasts_s), class_="time"),
            element("td", planned.name, class_="lane lane-faults"),
            element("td", sentences.get(planned.name, "")),
            element("td", element("code", str(planned)), class_="dim"),
        )
        for planned in sorted(verdict.planned, key=lambda planned: (planned.at_s, str(planned)))
    ]
    head = element("tr", *(element("th", name) for name in ("at", "for", "fault", "what it does", "as an option")))
    yield element("h2", "Faults")
    yield element("div", element("table", head, *rows), class_="scroll")


def _timeline(lines: Sequence[Line], anchors: Mapping[int, str], zero_s: float) -> Markup:
    if not lines:
        return element("p", "No facts were kept of this run.")
    rows = (
        element(
            "tr",
            element("td", clock_text(line.at_s), class_="time"),
            element("td", line.lane, class_=f"lane {hue(line.lane)}"),
            element("td", _told(line, zero_s), class_="text"),
            id=anchors[place],
            class_=line.weight.value,
        )
        for place, line in enumerate(lines)
    )
    return element("table", *rows)


def _told(line: Line, zero_s: float) -> Markup:
    if not line.folded:
        return joined(line.text)
    facts = line.folded[:_MOST_UNFOLDED]
    items = [element("li", element("time", clock_text(fact.at_s - zero_s)), " ", fact_text(fact)) for fact in facts]
    if len(line.folded) > len(facts):
        items.append(element("li", f"… {len(line.folded) - len(facts):,} more are not on this page", class_="dim"))
    return element("details", element("summary", line.text), element("ol", *items))


def _code(text: str) -> Markup:
    return element("code", text)
