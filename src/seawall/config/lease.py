"""Which account an engine trades, and what it has to do to trade it alone."""

import hashlib
import os
import socket
from collections.abc import Callable, Mapping
from pathlib import Path

from seawall.config.config import Config
from seawall.config.schema import Mode
from seawall.engine.lease import LeaseTerms
from seawall.journal.lease import AccountLease
from seawall.model.lease import Holder

__all__ = ["account_of", "lease_directory", "lease_terms"]

_DIGITS = 16


def account_of(config: Config, api_key: str) -> str:
    """What names the account: the name that was given, else a digest of the API key.

    Of a simulated exchange its address is a part: its keys are the same everywhere.
    """
    if config.lease.account is not None:
        return config.lease.account
    if config.mode is Mode.LIVE:
        return f"key-{_digest(api_key)}"
    return f"sim-{_digest(f'{config.exchange.rest} {api_key}')}"


def lease_directory(config: Config, environ: Mapping[str, str]) -> Path:
    """Where the lock files are (specifications.freedesktop.org/basedir-spec: an `XDG_STATE_HOME` must be absolute)."""
    if config.lease.directory is not None:
        return config.lease.directory
    given = Path(environ.get("XDG_STATE_HOME", ""))
    home = Path(environ["HOME"]) if environ.get("HOME") else Path.home()
    return (given if given.is_absolute() else home / ".local" / "state") / "seawall"


def lease_terms(
    config: Config, api_key: str | None, environ: Mapping[str, str], now_ns: Callable[[], int], *, standby: bool
) -> LeaseTerms | None:
    """The lease of the account of that key; None for an account that is made anew for each engine, which nobody else can have."""
    if api_key is None:
        return None
    deadlines = config.deadlines
    lease = AccountLease(
        account_of(config, api_key),
        Holder(config.name, socket.gethostname(), os.getpid(), now_ns()),
        lease_directory(config, environ),
        config.journal,
        valid_s=deadlines.lease_valid_s,
        now_ns=now_ns,
    )
    symbols = dict.fromkeys(symbol for strategy in config.strategies for symbol in strategy.symbols)
    return LeaseTerms(lease, deadlines.lease_every_s, deadlines.lease_valid_s, standby, tuple(symbols))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]
