"""The oracle: whether a run kept every promise, judged with eyes of its own.

It reads the simulated exchange from inside, the journal's rows, and what strategies were told; of the engine it asks nothing,
and it shares no code with it. `INVARIANTS` is the table of promises, `Evidence` what a run fills in, `Watch` what looks on
meanwhile, and `judge` says what was broken.
"""

from seawall.drill.oracle.evidence import (
    BreakerSpell,
    Dial,
    Evidence,
    Finding,
    Gap,
    OrderLimits,
    Rival,
    Spell,
    Terms,
)
from seawall.drill.oracle.exchange_record import ExchangeRecord
from seawall.drill.oracle.invariants import INVARIANTS, Invariant, Judged, judge
from seawall.drill.oracle.journal_rows import JournalEye, JournalRows
from seawall.drill.oracle.watch import Watch

__all__ = [
    "INVARIANTS",
    "BreakerSpell",
    "Dial",
    "Evidence",
    "ExchangeRecord",
    "Finding",
    "Gap",
    "Invariant",
    "JournalEye",
    "JournalRows",
    "Judged",
    "OrderLimits",
    "Rival",
    "Spell",
    "Terms",
    "Watch",
    "judge",
]
