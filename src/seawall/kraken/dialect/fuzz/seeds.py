"""Good frames and answers, one of each kind, written after the pages of docs.kraken.com/api/docs; and those of a folder."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from seawall.kraken.dialect.fuzz.reading import REST_READERS

__all__ = ["Seed", "embedded_seeds", "sample_seeds"]


_GOOD: Final = Path(__file__).with_name("good.jsonl")
_RECORDED: Final = 40
"""Lines of a recording that are taken: more of them would leave little room for the other kinds."""


class Seed(NamedTuple):
    """A good text: a WebSocket frame, or the answer of a REST endpoint."""

    endpoint: str | None
    text: bytes


def embedded_seeds() -> list[Seed]:
    """At least one of each channel, method and endpoint, from the file beside this module: one `[endpoint, text]` a line."""
    lines = _GOOD.read_bytes().splitlines()
    pairs = [msgspec.json.decode(line, type=tuple[str | None, msgspec.Raw]) for line in lines]
    return [Seed(endpoint, bytes(text)) for endpoint, text in pairs]


def sample_seeds(folder: Path) -> list[Seed]:
    """Frames of `ws_*.json` and `ws_*.jsonl` and answers of `rest_*.json` in a folder; none where there is no such folder.

    A file holds one payload, a list of them, or an object whose keys beginning with `response` do; a `.jsonl` one a line.
    """
    seeds = [Seed(None, text) for path in sorted(folder.glob("ws_*.json")) for text in _payloads(path)]
    for path in sorted(folder.glob("ws_*.jsonl")):
        seeds += [Seed(None, line) for line in path.read_bytes().splitlines()[:_RECORDED]]
    for path in sorted(folder.glob("rest_*.json")):
        endpoint = path.stem.removeprefix("rest_").partition("_")[0]
        if endpoint in REST_READERS:
            seeds += [Seed(endpoint, text) for text in _payloads(path)]
    return seeds


def _payloads(path: Path) -> Iterator[bytes]:
    """What the exchange sent, byte for byte."""
    for part in _parts(path.read_bytes().strip()):
        fields = msgspec.json.decode(part, type=dict[str, msgspec.Raw])
        answers = [value for name, value in fields.items() if name.startswith("response")]
        yield from (payload for answer in answers for payload in _parts(bytes(answer)))
        if not answers:
            yield part


def _parts(text: bytes) -> list[bytes]:
    if not text.startswith(b"["):
        return [text]
    return [bytes(part) for part in msgspec.json.decode(text, type=list[msgspec.Raw])]
