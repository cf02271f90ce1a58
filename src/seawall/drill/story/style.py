"""How our pages look: `style.css`, which goes into each page whole. No fonts, no images, nothing to fetch."""

from functools import cache
from importlib.resources import files

__all__ = ["style"]


@cache
def style() -> str:
    """The style sheet. Blocks for the disk, the first time."""
    return files("seawall.drill.story").joinpath("style.css").read_text(encoding="utf-8")
