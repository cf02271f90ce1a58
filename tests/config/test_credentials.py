import os
from pathlib import Path

import pytest

from seawall.config import ApiKey, Config, ConfigError, Exchange, Mode, credentials_for, read_credentials

SECRET = "c2VjcmV0IGJ5dGVz"
ENVIRONMENT = {"SEAWALL_KRAKEN_KEY": "the-key", "SEAWALL_KRAKEN_SECRET": SECRET}


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "kraken.key"
    path.write_text(f"the-key\n{SECRET}\n")
    path.chmod(0o600)
    return path


def test_the_environment_comes_before_the_file(key_file: Path) -> None:
    assert read_credentials(key_file, {**ENVIRONMENT, "SEAWALL_KRAKEN_KEY": "other"}) == ApiKey("other", SECRET)


@pytest.mark.parametrize("name", ENVIRONMENT)
def test_half_a_key_in_the_environment_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match=f"{name}: is empty or not set"):
        read_credentials(None, {**ENVIRONMENT, name: " "})


def test_neither_is_none() -> None:
    assert read_credentials(None, {}) is None


def test_two_lines_are_a_key_and_its_secret(key_file: Path) -> None:
    assert read_credentials(key_file, {}) == ApiKey("the-key", SECRET)


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_table_is_a_key_and_its_secret(key_file: Path, mode: int) -> None:
    key_file.write_text(f'key = "the-key"\nsecret = "{SECRET}"\n')
    key_file.chmod(mode)
    assert read_credentials(key_file, {}) == ApiKey("the-key", SECRET)


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620, 0o660, 0o610])
def test_a_file_that_others_may_use_is_refused_with_what_to_run(key_file: Path, mode: int) -> None:
    key_file.chmod(mode)
    with pytest.raises(ConfigError, match=rf"others may use it \(mode 0{mode:o}\): run `chmod 600 {key_file}`"):
        read_credentials(key_file, {})


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_file_of_another_user_is_refused(key_file: Path) -> None:
    os.chown(key_file, 12345, -1)
    with pytest.raises(ConfigError, match="belongs to user 12345, not to the one who runs this"):
        read_credentials(key_file, {})


def test_a_directory_a_missing_file_and_bytes_are_refused(tmp_path: Path, key_file: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        read_credentials(tmp_path, {})
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        read_credentials(tmp_path / "gone", {})
    key_file.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="is not text"):
        read_credentials(key_file, {})


@pytest.mark.parametrize(
    "text", ["", "one-line", "a\nb\nc", 'key = "k"', 'key = "k"\nsecret = 5', 'key = "k"\nsecret = "czE="\nother = 1']
)
def test_a_file_of_another_shape_is_refused_and_not_quoted(key_file: Path, text: str) -> None:
    key_file.write_text(text)
    with pytest.raises(ConfigError, match="expected two lines, the key and the secret, or") as caught:
        read_credentials(key_file, {})
    assert "one-line" not in str(caught.value)


def test_a_secret_that_is_not_base64_is_refused_and_not_quoted() -> None:
    with pytest.raises(ConfigError, match=r"SEAWALL_KRAKEN_SECRET: .*base64") as caught:
        read_credentials(None, {**ENVIRONMENT, "SEAWALL_KRAKEN_SECRET": "my password!"})
    assert "my password" not in str(caught.value)


def test_the_repr_hides_the_secret() -> None:
    assert SECRET not in repr(ApiKey("the-key", SECRET))


def test_live_needs_a_key_and_says_where_to_put_it() -> None:
    config = Config(mode=Mode.LIVE)
    assert credentials_for(config, ENVIRONMENT) == ApiKey("the-key", SECRET)
    with pytest.raises(ConfigError, match=r'mode = "live" needs an API key: set SEAWALL_KRAKEN_KEY'):
        credentials_for(config, {})


def test_live_reads_the_file_that_the_configuration_names(key_file: Path) -> None:
    assert credentials_for(Config(mode=Mode.LIVE, exchange=Exchange(key_file=key_file)), {}) == ApiKey("the-key", SECRET)


@pytest.mark.parametrize("mode", [Mode.SIM, Mode.PAPER])
def test_neither_paper_nor_our_own_simulator_is_given_a_key(mode: Mode) -> None:
    assert credentials_for(Config(mode=mode), ENVIRONMENT) is None
