from pathlib import Path

import pytest

from seawall.drill.oracle import INVARIANTS
from seawall.drill.tables import renewed
from seawall.sim.catalogue import CATALOGUE

PAGE = Path(__file__).parents[2] / "docs" / "simulation.md"


def test_the_manual_has_the_faults_and_the_invariants_of_the_code() -> None:
    page = PAGE.read_text(encoding="utf-8")

    assert renewed(page) == page, "python -m seawall.drill.tables docs/simulation.md"
    for kind in CATALOGUE.values():
        assert f"| `{kind.name}` | {kind.sentence} |" in page
    for invariant in INVARIANTS:
        assert f"| `{invariant.name}` | {invariant.sentence} |" in page


def test_a_page_without_a_place_for_them_is_refused() -> None:
    with pytest.raises(ValueError, match="<!-- catalogue -->"):
        renewed("# A page")


def test_old_rows_are_gone_from_a_renewed_page() -> None:
    page = "<!-- catalogue -->\n| old |\n<!-- end of catalogue -->\n<!-- invariants -->\n| older |\n<!-- end of invariants -->\n"

    assert "old" not in renewed(page).replace("<!--", "").split("half-open")[0]
    assert renewed(renewed(page)) == renewed(page)
