from pathlib import Path

import pytest

from seawall.config.compose import client_settings
from seawall.config.config import Config
from seawall.config.schema import Exchange, Mode
from seawall.kraken.client import KRAKEN


@pytest.mark.parametrize("busy_poll", [False, True])
def test_sockets_are_read_as_the_configuration_says(busy_poll: bool) -> None:
    config = Config(mode=Mode.LIVE, exchange=Exchange(busy_poll=busy_poll, book_depth=25))
    settings = client_settings(config, KRAKEN, None)
    assert (settings.busy_poll, settings.book_depth) == (busy_poll, 25)


def test_what_else_is_said_of_the_exchange_reaches_the_client(tmp_path: Path) -> None:
    exchange = Exchange(symbols_per_socket=7, nonce_file=tmp_path / "nonce")
    settings = client_settings(Config(mode=Mode.LIVE, exchange=exchange), KRAKEN, None)
    assert (settings.symbols_per_socket, settings.nonce_file) == (7, tmp_path / "nonce")


def test_nothing_is_polled_unless_asked_for() -> None:
    assert not client_settings(Config(mode=Mode.LIVE), KRAKEN, None).busy_poll
