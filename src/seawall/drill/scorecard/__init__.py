"""What a drill came to, as a table: each thing that was tried in a row, each thing a user fears in a column. Pure."""

from seawall.drill.scorecard.card import Cell, Row, Scorecard, scorecard
from seawall.drill.scorecard.columns import COLUMNS, HEADINGS, Column, Level
from seawall.drill.scorecard.page import scorecard_page
from seawall.drill.scorecard.report import of_scorecard

__all__ = ["COLUMNS", "HEADINGS", "Cell", "Column", "Level", "Row", "Scorecard", "of_scorecard", "scorecard", "scorecard_page"]
