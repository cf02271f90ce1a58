"""The API key: from the environment, or from a file that only its owner can read. Never from the configuration itself."""

import os
import stat
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import attrs

from seawall.config.config import Config
from seawall.config.errors import ConfigError, Fault
from seawall.config.schema import Mode
from seawall.kraken.dialect.signing import decode_secret

__all__ = ["KEY_VARIABLE", "SECRET_VARIABLE", "ApiKey", "credentials_for", "read_credentials"]

KEY_VARIABLE: Final = "SEAWALL_KRAKEN_KEY"
SECRET_VARIABLE: Final = "SEAWALL_KRAKEN_SECRET"  # noqa: S105 - the variable's name

_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


@attrs.frozen
class ApiKey:
    """A key and its secret, base64 text as Kraken shows it. The repr hides the secret."""

    key: str
    secret: str = attrs.field(repr=lambda _: "'***'")


def credentials_for(config: Config, environ: Mapping[str, str]) -> ApiKey | None:
    """The key that this configuration needs; None where it needs none (a simulator of our own, paper).

    Blocks for the disk. Raises `ConfigError`.
    """
    if config.mode is Mode.PAPER or (config.mode is Mode.SIM and config.addresses is None):
        return None
    found = read_credentials(config.exchange.key_file, environ)
    if found is None:
        problem = f'mode = "{config.mode}" needs an API key: set {KEY_VARIABLE} and {SECRET_VARIABLE}, or exchange.key_file'
        raise ConfigError("the environment", [Fault("", problem)])
    return found


def read_credentials(key_file: Path | None, environ: Mapping[str, str]) -> ApiKey | None:
    """The key in the environment or, when there is none, in `key_file`; None without either.

    Blocks for the disk. Raises `ConfigError`, which never quotes what it read.
    """
    key, secret = environ.get(KEY_VARIABLE, "").strip(), environ.get(SECRET_VARIABLE, "").strip()
    if key or secret:
        for name, value in ((KEY_VARIABLE, key), (SECRET_VARIABLE, secret)):
            if not value:
                raise ConfigError("the environment", [Fault(name, "is empty or not set, but its other half is")])
        return _checked("the environment", SECRET_VARIABLE, ApiKey(key, secret))
    if key_file is None:
        return None
    return _checked(str(key_file), "secret", _parsed(key_file, _private_text(key_file)))


def _private_text(path: Path) -> str:
    try:
        with path.open(encoding="utf-8") as file:
            # Of the open file, not of its name: what is read is what was checked.
            status = os.fstat(file.fileno())
            _check_private(path, status)
            return file.read()
    except OSError as fault:
        raise _refusal(path, f"cannot be read: {fault.strerror}") from fault
    except UnicodeDecodeError:
        raise _refusal(path, "is not text") from None


def _check_private(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise _refusal(path, "is not a file")
    mode = stat.S_IMODE(status.st_mode)
    if status.st_uid != os.geteuid():
        raise _refusal(path, f"belongs to user {status.st_uid}, not to the one who runs this ({os.geteuid()}): run `chown`")
    if mode & _OTHERS:
        raise _refusal(path, f"others may use it (mode {mode:04o}): run `chmod 600 {path}`")


def _parsed(path: Path, text: str) -> ApiKey:
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        lines = [line.strip() for line in text.splitlines() if line.strip()]
    else:
        lines = [value for name in ("key", "secret") if isinstance(value := table.get(name), str)]
        if len(table) != 2:
            lines = []
    if len(lines) != 2:
        raise _refusal(path, 'expected two lines, the key and the secret, or key = "..." and secret = "..."')
    return ApiKey(*lines)


def _checked(source: str, name: str, found: ApiKey) -> ApiKey:
    try:
        decode_secret(found.secret)
    except ValueError as fault:
        raise ConfigError(source, [Fault(name, str(fault))]) from None
    return found


def _refusal(path: Path, problem: str) -> ConfigError:
    return ConfigError(str(path), [Fault("", problem)])
