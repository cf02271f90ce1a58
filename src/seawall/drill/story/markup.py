"""Elements of a page, as text. What was said in a run is data: it is escaped here, and nowhere else."""

from html import escape

__all__ = ["Markup", "element", "empty", "joined", "plain"]


class Markup(str):
    """Text that is markup already. Everything else is escaped when it becomes part of an element."""

    __slots__ = ()


def plain(text: str) -> Markup:
    """Text as it is to be read; what no browser would show becomes a dot."""
    shown = "".join(character if character.isprintable() or character == "\n" else "·" for character in text)
    return Markup(escape(shown, quote=True))


def joined(*parts: str) -> Markup:
    """One after another."""
    return Markup("".join(part if isinstance(part, Markup) else plain(part) for part in parts))


def element(tag: str, /, *parts: str, **attributes: str | float | None) -> Markup:
    """An element around these parts. Attributes: `class_` is `class`, `stroke_width` is `stroke-width`; None leaves one out."""
    return Markup(f"<{_opened(tag, attributes)}>{joined(*parts)}</{tag}>")


def empty(tag: str, /, **attributes: str | float | None) -> Markup:
    """An element with nothing in it, of SVG or HTML."""
    return Markup(f"<{_opened(tag, attributes)}/>")


def _opened(tag: str, attributes: dict[str, str | float | None]) -> str:
    given = [(name.rstrip("_").replace("_", "-"), value) for name, value in attributes.items() if value is not None]
    return " ".join([tag, *(f'{name}="{plain(_value(value))}"' for name, value in given)])


def _value(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:.1f}".removesuffix(".0")
