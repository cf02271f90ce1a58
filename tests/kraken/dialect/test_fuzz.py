import json
from functools import partial
from pathlib import Path

import pytest

from seawall.kraken.dialect import rest
from seawall.kraken.dialect.books.book import crc_of
from seawall.kraken.dialect.fuzz import REST_READERS, FrameReader, Seed, embedded_seeds, read_rest, run, sample_seeds
from seawall.kraken.dialect.fuzz.__main__ import main, summary
from seawall.kraken.dialect.socket.frames import CHANNELS

METHODS = {
    "add_order",
    "amend_order",
    "batch_add",
    "batch_cancel",
    "cancel_all",
    "cancel_all_orders_after",
    "cancel_order",
    "edit_order",
    "pong",
    "subscribe",
    "unsubscribe",
}


@pytest.mark.parametrize("seed", embedded_seeds(), ids=lambda seed: f"{seed.endpoint or 'frame'}-{seed.text[:40].decode()}")
def test_the_seeds_are_good_frames(seed: tuple[str | None, bytes]) -> None:
    endpoint, text = seed
    if endpoint is None:
        outcome = FrameReader().read(text)
        assert outcome in {"event", "answer", "refusal"} or b'"checksum":0' in text
    else:
        assert read_rest(endpoint, text) == ("result" if b'"result"' in text else "Unavailable")


def test_every_channel_and_every_endpoint_has_a_seed() -> None:
    frames = [json.loads(text) for endpoint, text in embedded_seeds() if endpoint is None]
    assert {frame.get("channel") for frame in frames} >= CHANNELS
    assert {frame.get("method") for frame in frames} >= METHODS
    assert {endpoint for endpoint, _ in embedded_seeds() if endpoint} == REST_READERS.keys()


def test_every_reader_there_is_is_fuzzed() -> None:
    fuzzed = {read.func if isinstance(read, partial) else read for readers in REST_READERS.values() for read in readers}
    assert fuzzed == {getattr(rest, name) for name in rest.__all__ if name.startswith("read_")} - {rest.read_result}


def test_books_are_built_over_many_frames() -> None:
    reader = FrameReader()
    snapshot, update, *_ = [text for _, text in embedded_seeds() if b'"channel":"book"' in text]
    checksum = crc_of([("101.5", "2.50000000"), ("102.1", "0.00010001")], [("101.4", "1.50000000")])
    removed = update.replace(b'"bids":[]', b'"bids":[{"price":101.3,"qty":0.00000000}]')
    assert reader.read(snapshot) == "event"
    assert reader.read(removed) == "book refused"
    assert reader.read(removed.replace(b'"checksum":0', b'"checksum":%d' % checksum)) == "event"


def test_thousands_of_spoiled_frames_raise_nothing_of_their_own() -> None:
    report = run(embedded_seeds(), frames=4000, seed=7)
    assert report.finding is None, report.finding
    assert report.frames == 4000
    assert {"event", "answer", "bad frame", "unknown channel", "REST result", "REST bad answer"} <= report.counts.keys()


def test_equal_seeds_give_equal_runs() -> None:
    assert run(embedded_seeds(), 300, seed=3) == run(embedded_seeds(), 300, seed=3)
    assert run(embedded_seeds(), 300, seed=3) != run(embedded_seeds(), 300, seed=4)


def test_an_exception_that_is_not_ours_ends_the_run_and_is_shown() -> None:
    report = run([Seed("NoSuchEndpoint", b"{}")], frames=10, seed=1)
    assert (report.frames, report.counts) == (0, {})
    assert report.finding is not None
    assert (report.finding.index, report.finding.endpoint) == (0, "NoSuchEndpoint")
    assert "KeyError" in report.finding.trace
    told = summary(report)
    assert "an answer of NoSuchEndpoint raised what it must not" in told
    assert "KeyError" in told


def test_nothing_to_spoil_is_refused() -> None:
    with pytest.raises(ValueError, match="seeds"):
        run([], 1, 1)


def test_the_command_prints_its_counts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "ws_pong.json").write_text('{"request": {}, "response": {"method": "pong"}}')
    (tmp_path / "ws_two.json").write_text('[{"channel": "heartbeat"}, {"channel": "heartbeat"}]')
    (tmp_path / "ws_recording.jsonl").write_text('{"channel": "heartbeat"}\n' * 50)
    (tmp_path / "rest_Time.json").write_text('{"error": [], "result": {"unixtime": 1}}')
    (tmp_path / "rest_errors.json").write_text("[]")
    assert [(endpoint, json.loads(text)) for endpoint, text in sample_seeds(tmp_path)] == [
        (None, {"method": "pong"}),
        *[(None, {"channel": "heartbeat"})] * 42,
        ("Time", {"error": [], "result": {"unixtime": 1}}),
    ]
    assert main(["--frames", "200", "--seed", "5", "--samples", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert f"200  frames of {len(embedded_seeds()) + 44} seeds, --seed 5" in printed


def test_samples_that_are_not_there_are_no_seeds(tmp_path: Path) -> None:
    assert sample_seeds(tmp_path / "nowhere") == []
