"""Reading recordings."""

from decimal import Decimal
from pathlib import Path

import pytest
from support.sim import BUY

from seawall.sim import BadRecording, LevelChange
from seawall.sim.market.recording import read_recording


def test_frames_keep_their_text_and_their_digits(recording: Path) -> None:
    read = read_recording(recording)

    lines = recording.read_text().splitlines()
    assert len(read.frames) == len(lines) == 5
    assert all(f'"frame":{frame.frame}' in line for frame, line in zip(read.frames, lines, strict=True))
    update = read.frames[2]
    assert (update.symbol, update.snapshot, update.at_s) == ("SC/EUR", False, 1.6)
    assert update.levels == (LevelChange(BUY, Decimal("0.04200"), Decimal("0.00000000")),)
    assert update.at_ns == 1_618_678_131_000_000_000


def test_pairs_come_from_symbols_and_digits(recording: Path) -> None:
    one, other = read_recording(recording).pairs

    assert (one.symbol, one.rest_id, other.symbol, other.rest_id) == ("SC/EUR", "SCEUR", "BTC/CHF", "XBTCHF")
    assert (one.price_precision, one.qty_precision, one.tick_size) == (5, 8, Decimal("0.0001"))


@pytest.mark.parametrize(
    "line",
    [
        "not json",
        '{"t":1}',
        '{"t":1,"frame":{"channel":"trade","type":"update","data":[]}}',
        '{"t":1,"frame":{"channel":"book","type":"update","data":[]}}',
        '{"t":1,"frame":{"channel":"book","type":"update","data":[{"symbol":"A/B","bids":[{"price":"x","qty":1}],"asks":[],"checksum":1}]}}',
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text(line + "\n")

    with pytest.raises(BadRecording, match=r"bad\.jsonl, line 1: "):
        read_recording(path)


def test_an_empty_file_is_no_recording(tmp_path: Path) -> None:
    path = tmp_path / "empty.jsonl"
    path.touch()

    with pytest.raises(BadRecording, match="no frame in it"):
        read_recording(path)


def test_the_real_recording_has_six_pairs(real_recording: Path) -> None:
    read = read_recording(real_recording)

    places = {pair.symbol: f"{pair.tick_size:f}" for pair in read.pairs}
    assert len(read.frames) == 2_501
    assert places == {
        "ADA/BTC": "0.00000001",
        "BTC/CHF": "0.1",
        "OCEAN/BTC": "0.00000001",
        "ETH/CHF": "0.01",
        "SC/EUR": "0.00001",
        "WAVES/EUR": "0.0001",
    }
