"""`seawall cancel-all`: the emergency brake of an account."""

import os
import time
import traceback
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path
from typing import Annotated, Final

import attrs
import trio
from cyclopts import Parameter

from seawall.cli.asking import a_person_is_there, ask
from seawall.cli.blocks import tell_error
from seawall.cli.exit_codes import ExitCode
from seawall.cli.outcome import code_of_failed_start, leaves
from seawall.config import Config, ConfigError, Fault, Mode, credentials_for, load_config
from seawall.config.compose import client_settings
from seawall.config.lease import account_of, lease_directory
from seawall.journal.lease_file import LeaseFile
from seawall.kraken.client import Addresses, ClientSettings, Credentials, KeyInUse, KrakenVenue, open_venue
from seawall.kraken.client.market.listener import MarketListener
from seawall.model.errors import AccessDenied, AccountLeased, JournalFailed, SeawallError
from seawall.model.numbers import plain
from seawall.model.reports import OrderReport

__all__ = ["cancel_all"]

_ASK_AGAIN_S: Final = 0.5
"""Between two lists: what the exchange lists may be behind what it has done."""


def cancel_all(
    file: Annotated[Path, Parameter(help="The configuration, in TOML: it says which exchange and which key.")],
    *,
    yes: Annotated[bool, Parameter(negative=(), help="Do not ask.")] = False,
) -> ExitCode:
    """Cancel EVERY open order of the account, whoever placed it, and say what is still open.

    Orders of other programs, those made by hand, and protective stops go too. Positions stay as they are. It works beside an
    engine that runs, which then sees its orders end and goes on trading: stop that first. Ends once the exchange
    lists no open order, or when the configuration's shutdown_s has passed.
    """
    try:
        config = load_config(file)
        credentials = _credentials(config, file)
    except ConfigError as error:
        return tell_error(ExitCode.CONFIGURATION, str(error))
    holder = _holder(config, credentials)
    if holder is not None:
        print(f"note: {holder} trades this account now; it goes on, and may place orders again: stop it first")
    if not yes and not a_person_is_there():
        return tell_error(
            ExitCode.USAGE, "this cancels every open order of the account, and nobody is there to be asked", ["--yes"]
        )
    if not yes and not ask(f"Cancel EVERY open order of this account ({config.addresses and config.addresses.rest})?"):
        print("nothing was cancelled")
        return ExitCode.CLEAN
    try:
        left = trio.run(_cancel, config, credentials)
    except KeyboardInterrupt:
        return tell_error(ExitCode.UNCONFIRMED, "interrupted: orders may be open; look at the exchange")
    except (SeawallError, OSError, trio.TooSlowError, ExceptionGroup) as failure:
        return _failed(failure)
    return left.tell()


@attrs.define
class _Left:
    """What was done and what was seen: `listed` is None while the exchange has not listed its open orders since."""

    cancelled: int = 0
    listed: tuple[OrderReport, ...] | None = None
    problem: str = ""

    def tell(self) -> ExitCode:
        print(f"{self.cancelled} orders cancelled")
        if self.listed == ():
            print("nothing is open")
            return ExitCode.CLEAN
        if self.listed is None:
            return tell_error(ExitCode.UNCONFIRMED, f"what is still open is not known: {self.problem}")
        problem = f" ({self.problem})" if self.problem else ""
        lines = (f"{order.order_id} {_what(order)}".rstrip() for order in self.listed)
        return tell_error(ExitCode.UNCONFIRMED, "\n".join([f"{len(self.listed)} orders are still open{problem}:", *lines]))


class _Nobody(MarketListener):
    """Hears nothing: what is done is seen by asking."""


def _credentials(config: Config, file: Path) -> Credentials:
    key = credentials_for(config, os.environ)
    if config.addresses is None or config.mode is Mode.PAPER or key is None:
        fault = Fault("mode", f"expected an exchange with an account: that of mode {config.mode.value!r} ends with its engine")
        raise ConfigError(str(file), [fault])
    return Credentials(key.key, key.secret)


def _holder(config: Config, credentials: Credentials) -> str | None:
    """Which engine of this host trades the account now, by its lock; None where none does, or nobody can say."""
    lock = LeaseFile(lease_directory(config, os.environ), account_of(config, credentials.key))
    if not lock.path.exists():
        return None
    try:
        lock.take()
    except AccountLeased as leased:
        return leased.holder or "an engine"
    except JournalFailed:
        return None
    lock.release()
    return None


async def _cancel(config: Config, credentials: Credentials) -> _Left:
    assert config.addresses is not None, "checked before"
    settings = client_settings(config, Addresses(**attrs.asdict(config.addresses)), credentials)
    opened: Callable[[ClientSettings], AbstractAsyncContextManager[KrakenVenue]]
    opened = partial(open_venue, listener=_Nobody(), now_ns=time.time_ns)
    try:
        return await _cancel_at(opened(settings), config)
    except KeyInUse as in_use:
        # Its nonces are taken from the clock as ours are: at worst one of its requests is refused once, and repeated.
        print(f"note: {in_use}; going on beside it")
        return await _cancel_at(opened(attrs.evolve(settings, nonce_file=None)), config)


async def _cancel_at(opened: AbstractAsyncContextManager[KrakenVenue], config: Config) -> _Left:
    left = _Left()
    with trio.fail_after(config.deadlines.start_s) as starting:
        async with opened as venue:
            starting.deadline = trio.current_time() + config.deadlines.shutdown_s + config.deadlines.goodbye_s
            with trio.move_on_after(config.deadlines.shutdown_s):
                await _until_nothing_is_open(venue, left)
    return left


async def _until_nothing_is_open(venue: KrakenVenue, left: _Left) -> None:
    while left.listed != ():
        try:
            left.cancelled += await venue.cancel_all()
            left.listed = (await venue.open_orders()).orders
            left.problem = ""
        except AccessDenied:
            raise  # each further try would count towards a lock-out
        except SeawallError as problem:
            left.problem = f"{type(problem).__name__}: {problem}"
        if left.listed != ():
            await trio.sleep(_ASK_AGAIN_S)


def _failed(failure: BaseException) -> ExitCode:
    code = code_of_failed_start(failure)
    if code is ExitCode.INTERNAL_ERROR:
        traceback.print_exception(failure)
    return tell_error(code, "\n".join(dict.fromkeys(str(error) or type(error).__name__ for error in leaves(failure))))


def _what(order: OrderReport) -> str:
    at = None if order.limit_price is None else f"at {plain(order.limit_price)}"
    told = (order.side, None if order.qty is None else plain(order.qty), order.symbol, at)
    return " ".join(str(part) for part in told if part is not None)
