"""The scorecard as plain data, for JSON."""

import attrs

from seawall.drill.report import Plain
from seawall.drill.scorecard.card import Cell, Row, Scorecard

__all__ = ["of_scorecard"]


def of_scorecard(card: Scorecard) -> Plain:
    """Each row with its cells by key: figure, level, and what there is to be said where it is not good."""
    return {"clean": not card.bad, "bad": len(card.bad), "rows": [_row(row) for row in card.rows]}


def _row(row: Row) -> Plain:
    cells = {cell.key: _cell(cell) for cell in row.cells}
    return {
        "name": row.name,
        "group": row.group,
        "sentence": row.sentence,
        "runs": row.runs,
        "level": row.level.value,
        "cells": cells,
    }


def _cell(cell: Cell) -> Plain:
    told = attrs.asdict(cell, filter=lambda field, value: field.name != "key" and value not in {None, ""})
    return {"figure": None, **told, "level": cell.level.value}
