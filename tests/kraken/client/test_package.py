import subprocess
import sys

import pytest

import seawall.kraken
import seawall.kraken.client
import seawall.kraken.client.api


def test_the_package_offers_the_clients_names() -> None:
    for name in seawall.kraken.__all__:
        home = seawall.kraken.client.api if name in seawall.kraken.client.api.__all__ else seawall.kraken.client
        assert getattr(seawall.kraken, name) is getattr(home, name)
        assert name in dir(seawall.kraken)


def test_whatever_the_client_has_is_to_be_had_here() -> None:
    assert set(seawall.kraken.__all__) == {*seawall.kraken.client.__all__, *seawall.kraken.client.api.__all__}


def test_a_name_it_does_not_have_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = seawall.kraken.nonsense


def test_the_dialect_alone_loads_no_network_library() -> None:
    code = "import sys, seawall.kraken.dialect; print({'httpx', 'trio', 'trio_websocket', 'ssl'} & set(sys.modules))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "set()"
