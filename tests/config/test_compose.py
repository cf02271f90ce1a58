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


def test_nothing_is_polled_unless_asked_for() -> None:
    assert not client_settings(Config(mode=Mode.LIVE), KRAKEN, None).busy_poll
