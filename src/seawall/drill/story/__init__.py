"""The story of one run, for people: as text, and as one page that needs nothing but itself. Pure: facts in, text out."""

from seawall.drill.story.lines import Line, Weight, story_lines
from seawall.drill.story.page import story_page
from seawall.drill.story.text import story_text

__all__ = ["Line", "Weight", "story_lines", "story_page", "story_text"]
