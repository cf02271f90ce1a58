"""What two parts of a configuration say of each other.

Each check takes the parts it is about, by name: where one of them could not be read, the others are still checked.
"""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from seawall.config.errors import Problem, did_you_mean
from seawall.config.schema import Deadlines, Exchange, Lease, Mode, StrategyConfig
from seawall.engine.settings import DeadMansSwitch, RiskLimits

__all__ = ["cross_problems"]

Strategies = Sequence[StrategyConfig | None]
"""None is one that could not be read; it keeps its place."""


def cross_problems(parts: Mapping[str, object]) -> Iterator[Problem]:
    """What is wrong between these parts of a configuration; a part that could not be read is left out."""
    for check in CHECKS:
        wanted = inspect.signature(check).parameters
        if all(name in parts for name in wanted):
            yield from check(**{name: parts[name] for name in wanted})


def name_is_there(name: str) -> Iterator[Problem]:
    """An engine has a name: logs and the dashboard say it."""
    if not name.strip():
        yield Problem(("name",), "expected a name, found nothing")


def journal_can_be_there(journal: Path | str) -> Iterator[Problem]:
    """The journal's directory is not made for it: a typing error would begin an empty journal elsewhere."""
    if isinstance(journal, str):
        yield from _journal_url(journal)
    elif not journal.parent.is_dir():
        yield Problem(("journal",), f"there is no directory {journal.parent}")


def _journal_url(url: str) -> Iterator[Problem]:
    # Never quoted whole: it may hold a password.
    parts = urlsplit(url)
    if parts.scheme != "postgresql":
        yield Problem(("journal",), f"expected a file, or postgresql://user@host/database, found {parts.scheme}://…")
    elif parts.password is not None or "password=" in parts.query:
        yield Problem(("journal",), "a password does not belong here: give it in PGPASSWORD, or in the file of PGPASSFILE")


def log_directory_is_there(log: Path | None) -> Iterator[Problem]:
    """As for the journal."""
    if log is not None and not log.parent.is_dir():
        yield Problem(("log",), f"there is no directory {log.parent}")


def urls_are_together(exchange: Exchange) -> Iterator[Problem]:
    """Prices of one exchange and orders to another is nobody's wish."""
    urls = {name: getattr(exchange, name) for name in ("rest", "public", "private", "level3")}
    given = [name for name, url in urls.items() if url is not None]
    if 0 < len(given) < len(urls):
        missing = [name for name, url in urls.items() if url is None]
        yield Problem(("exchange",), f"{', '.join(missing)} missing: with {', '.join(given)} given, all four URLs are needed")


def replay_is_for_the_simulator(mode: Mode, exchange: Exchange) -> Iterator[Problem]:
    """A recording cannot be traded with."""
    if exchange.sim.replay is not None and mode is not Mode.SIM:
        yield Problem(("exchange", "sim", "replay"), f'only mode = "sim" plays a recording; the mode is "{mode}"')


def pairs_are_simulated(mode: Mode, exchange: Exchange, strategies: Strategies) -> Iterator[Problem]:
    """A strategy waits in vain for a pair that the simulator was told to leave out."""
    pairs = exchange.sim.pairs
    if mode is not Mode.SIM or not pairs or exchange.addresses is not None:
        return
    for place, strategy in enumerate(strategies):
        for number, symbol in enumerate(strategy.symbols if strategy is not None else ()):
            if symbol not in pairs:
                hint = did_you_mean(symbol, pairs)
                yield Problem(("strategies", place, "symbols", number), f"{symbol} is not among exchange.sim.pairs{hint}")


def strategy_names_differ(strategies: Strategies) -> Iterator[Problem]:
    """Orders, fills and positions are counted by the strategy's name."""
    first: dict[str, int] = {}
    for place, strategy in enumerate(strategies):
        if strategy is None:
            continue
        before = first.setdefault(strategy.name, place)
        if before != place:
            yield Problem(("strategies", place, "name"), f"{strategy.name!r} is the name of strategies[{before}] already")


def live_orders_are_limited(mode: Mode, risk: RiskLimits, strategies: Strategies) -> Iterator[Problem]:
    """With real money, every order has a largest size."""
    if mode is not Mode.LIVE:
        return
    reported: set[str | None] = set()
    for strategy in strategies:
        if strategy is None:
            continue
        for symbol in strategy.symbols or (None,):
            limits = risk.default if symbol is None else risk.of(symbol)
            if symbol in reported or limits.max_order_qty is not None or limits.max_order_notional is not None:
                continue
            reported.add(symbol)
            whose = f"orders for {symbol}" if symbol else f"orders of {strategy.name!r}, which names no symbols,"
            key = ("risk",) if symbol is None else ("risk", symbol)
            yield Problem(key, f'{whose} have no limit: mode = "live" needs max_order_qty or max_order_notional')


def switch_is_renewed_in_time(dead_mans_switch: DeadMansSwitch) -> Iterator[Problem]:
    """A switch that is renewed too late cancels every order in the midst of good work."""
    if dead_mans_switch.renew_s * 2 > dead_mans_switch.timeout_s:
        yield Problem(
            ("dead_mans_switch", "renew_s"),
            f"expected at most half of timeout_s ({dead_mans_switch.timeout_s}), so that one renewal may be lost;"
            f" found {dead_mans_switch.renew_s:g}",
        )


def maintenance_ends_after_it_begins(dead_mans_switch: DeadMansSwitch) -> Iterator[Problem]:
    """A window the wrong way round would never come."""
    for place, window in enumerate(dead_mans_switch.planned_maintenance):
        if window.fault is not None:
            yield Problem(("dead_mans_switch", "planned_maintenance", place), window.fault)


def standby_has_an_account(mode: Mode, exchange: Exchange, lease: Lease) -> Iterator[Problem]:
    """An account that is filled on this machine is made anew for each engine: there is none to wait for."""
    if lease.standby and (mode is Mode.PAPER or (mode is Mode.SIM and exchange.addresses is None)):
        yield Problem(("lease", "standby"), f'mode = "{mode}" has no account that another engine could have')


def lease_is_renewed_in_time(deadlines: Deadlines) -> Iterator[Problem]:
    """An engine that doubts its lease between two renewals would send nothing half of the time."""
    if deadlines.lease_every_s * 2 > deadlines.lease_valid_s:
        yield Problem(
            ("deadlines", "lease_every_s"),
            f"expected at most half of lease_valid_s ({deadlines.lease_valid_s:g}), so that one renewal may be late;"
            f" found {deadlines.lease_every_s:g}",
        )


def shutdown_has_time_to_cancel(deadlines: Deadlines) -> Iterator[Problem]:
    """The certificate needs at least one round of cancelling."""
    if deadlines.cancel_s > deadlines.shutdown_s:
        yield Problem(
            ("deadlines", "shutdown_s"),
            f"expected at least cancel_s ({deadlines.cancel_s:g}): orders are cancelled within it;"
            f" found {deadlines.shutdown_s:g}",
        )


CHECKS: Final[tuple[Callable[..., Iterator[Problem]], ...]] = (
    name_is_there,
    journal_can_be_there,
    log_directory_is_there,
    urls_are_together,
    replay_is_for_the_simulator,
    pairs_are_simulated,
    strategy_names_differ,
    live_orders_are_limited,
    switch_is_renewed_in_time,
    maintenance_ends_after_it_begins,
    standby_has_an_account,
    lease_is_renewed_in_time,
    shutdown_has_time_to_cancel,
)
