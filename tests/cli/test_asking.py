"""Questions to a person."""

import io

import pytest
import trio

from seawall.cli.asking import a_person_is_there, ask, ask_meanwhile


@pytest.mark.parametrize(
    ("typed", "answer"),
    [("y\n", True), ("YES\n", True), (" y \n", True), ("n\n", False), ("\n", False), ("", False), ("on\n", False)],
)
def test_only_a_clear_yes_is_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], typed: str, answer: bool
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))

    assert ask("Shall it?") is answer
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "Shall it? [y/N] ")


def test_an_input_that_is_no_terminal_has_nobody_behind_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))

    assert not a_person_is_there()


async def test_a_question_can_be_put_while_an_engine_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    with trio.fail_after(10):
        assert await ask_meanwhile("Shall it?")
