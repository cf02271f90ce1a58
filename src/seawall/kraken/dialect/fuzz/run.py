"""The loop: spoil, read, count, and stop at the first exception that is not ours."""

import traceback
from collections import Counter
from collections.abc import Mapping, Sequence
from random import Random

import attrs

from seawall.kraken.dialect.fuzz.reading import FrameReader, read_rest
from seawall.kraken.dialect.fuzz.seeds import Seed
from seawall.kraken.dialect.fuzz.spoiling import spoil

__all__ = ["Finding", "Report", "run"]


@attrs.frozen
class Finding:
    """A frame that raised what it must not: `endpoint` is None for a WebSocket frame, `trace` the exception's."""

    index: int
    endpoint: str | None
    frame: bytes
    trace: str


@attrs.frozen
class Report:
    """How many frames came to what, and the finding that ended the run early, if any."""

    counts: Mapping[str, int]
    finding: Finding | None

    @property
    def frames(self) -> int:
        """How many frames were read without a finding."""
        return sum(self.counts.values())


def run(seeds: Sequence[Seed], frames: int, seed: int) -> Report:
    """Read `frames` spoiled frames; equal arguments give equal runs. Raises ValueError without seeds."""
    if not seeds:
        raise ValueError("seeds: there is nothing to spoil")
    rng = Random(seed)
    texts = [one.text for one in seeds]
    reader = FrameReader()
    counts: Counter[str] = Counter()
    for index in range(frames):
        chosen = rng.choice(seeds)
        frame = spoil(chosen.text, texts, rng)
        try:
            outcome = reader.read(frame) if chosen.endpoint is None else f"REST {read_rest(chosen.endpoint, frame)}"
        except Exception:  # noqa: BLE001 - whatever it is, it is the finding that is looked for, and it ends the run
            return Report(dict(counts), Finding(index, chosen.endpoint, frame, traceback.format_exc()))
        counts[outcome] += 1
    return Report(dict(counts), None)
