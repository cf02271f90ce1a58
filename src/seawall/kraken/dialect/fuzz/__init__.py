"""Broken frames by the million: whatever arrives, the dialect answers with a value or with an error of ours.

`python -m seawall.kraken.dialect.fuzz --frames 1000000 --seed 1` spoils good frames and answers, reads each, and counts what
came of it. The only part of the dialect that reads files and writes to a terminal, and nothing imports it.
"""

from seawall.kraken.dialect.fuzz.reading import REST_READERS, FrameReader, read_rest
from seawall.kraken.dialect.fuzz.run import Finding, Report, run
from seawall.kraken.dialect.fuzz.seeds import Seed, embedded_seeds, sample_seeds
from seawall.kraken.dialect.fuzz.spoiling import spoil

__all__ = [
    "REST_READERS",
    "Finding",
    "FrameReader",
    "Report",
    "Seed",
    "embedded_seeds",
    "read_rest",
    "run",
    "sample_seeds",
    "spoil",
]
