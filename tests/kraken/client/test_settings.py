from collections.abc import Callable
from pathlib import Path

import pytest

from seawall.kraken.client import KRAKEN, Addresses, ClientSettings, Credentials


def test_the_secret_is_never_shown() -> None:
    shown = repr(ClientSettings(credentials=Credentials("key", "c2VjcmV0")))
    assert "c2VjcmV0" not in shown


@pytest.mark.parametrize("rest", ["api.kraken.com", "ftp://api.kraken.com", "https://", "wss://api.kraken.com"])
def test_an_address_that_is_none_is_refused_by_name(rest: str) -> None:
    with pytest.raises(ValueError, match="rest"):
        Addresses(rest, KRAKEN.public, KRAKEN.private, KRAKEN.level3)


@pytest.mark.parametrize(
    "make",
    [
        lambda: ClientSettings(request_s=0.0),
        lambda: ClientSettings(silent_after_s=float("nan")),
        lambda: ClientSettings(dial_s=float("inf")),
        lambda: ClientSettings(answer_s="5"),  # type: ignore[arg-type] # as from a file that nobody checked
        lambda: ClientSettings(book_depth=11),
        lambda: ClientSettings(symbols_per_socket=0),
        lambda: ClientSettings(max_message_bytes=0),
        lambda: ClientSettings(tier="gold"),  # type: ignore[arg-type] # as from a file that nobody checked
    ],
)
def test_settings_that_cannot_work_are_refused_by_name(make: Callable[[], ClientSettings]) -> None:
    names = "request_s|silent_after_s|dial_s|answer_s|book_depth|symbols_per_socket|max_message_bytes|tier"
    with pytest.raises(ValueError, match=rf"^({names}): .* is not "):
        make()


def test_a_missing_authority_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as missing:
        ClientSettings(ca_file=tmp_path / "none.pem").ssl_context()
    assert missing.value.__notes__ == [f"ca_file: {tmp_path / 'none.pem'}"]
