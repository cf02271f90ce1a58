"""The simulated exchange, small enough to follow by hand."""

from pathlib import Path

import pytest
from support.sim import Stage, make_stage

SHARED_RECORDING = Path(__file__).parents[3] / "shared" / "data" / "kraken_book_2021-04-17.jsonl"


@pytest.fixture
def stage() -> Stage:
    return make_stage()


@pytest.fixture
def real_recording() -> Path:
    """Half a minute of the real exchange: six pairs, 2,495 updates."""
    if not SHARED_RECORDING.exists():
        pytest.skip(f"needs the recording {SHARED_RECORDING.name}, which is not part of the project")
    return SHARED_RECORDING


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """Two pairs, twelve levels a side, and a few updates."""
    path = tmp_path / "recording.jsonl"
    path.write_text("\n".join(_lines()) + "\n")
    return path


def _lines() -> list[str]:
    frame = '{{"t":{t},"frame":{{"channel":"book","type":"{kind}","data":[{row}]}}}}'
    row = '{{"symbol":"{symbol}","bids":[{bids}],"asks":[{asks}],"checksum":0,"timestamp":"2021-04-17T16:48:5{s}.000000Z"}}'

    def level(price: str, qty: str) -> str:
        return f'{{"price":{price},"qty":{qty}}}'

    lines = []
    for t, symbol in ((0.5, "SC/EUR"), (0.6, "BTC/CHF")):
        bids = ",".join(level(f"0.0{420 - place}0", "10.00000000") for place in range(12))
        asks = ",".join(level(f"0.0{430 + place}0", "10.00000000") for place in range(12))
        lines.append(frame.format(t=t, kind="snapshot", row=row.format(symbol=symbol, bids=bids, asks=asks, s=0)))
    for place, (symbol, bids, asks) in enumerate(
        (
            ("SC/EUR", level("0.04200", "0.00000000"), ""),
            ("BTC/CHF", "", level("0.04290", "3.50000000")),
            ("SC/EUR", level("0.04290", "4.00000000"), ""),
        ),
        start=1,
    ):
        lines.append(frame.format(t=0.6 + place, kind="update", row=row.format(symbol=symbol, bids=bids, asks=asks, s=place)))
    return lines
