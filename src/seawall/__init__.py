"""A trading engine for Kraken spot on trio: structured orders, deadlines everywhere, a shutdown that is proven.

As a strategy's author take `Market` and the builders of intents; to embed the engine, `open_engine` and `Config`.
Everything here is public; what is not named here may change.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from seawall.config import Config, ConfigError, load_config
    from seawall.config.compose import Surroundings, open_engine
    from seawall.engine.certificate import Certificate
    from seawall.engine.engine import Engine
    from seawall.engine.exits import Exit
    from seawall.engine.holding import Holding
    from seawall.engine.market import Market
    from seawall.engine.portfolio import Position
    from seawall.engine.queues import CandleStream, FellBehind, TradeStream
    from seawall.engine.settings import DeadMansSwitch, ExitRules, OnStop, RiskLimits, SymbolLimits
    from seawall.engine.strategies import StrategySpec
    from seawall.engine.streams import BookStream, QuoteStream
    from seawall.engine.working import FillStream, WorkingOrder
    from seawall.model.errors import (
        AccessDenied,
        AccountLeased,
        BadNumber,
        ExchangeError,
        JournalFailed,
        LeaseLost,
        NotSent,
        OutcomeUnknown,
        Refused,
        RefusedByExchange,
        RefusedByRisk,
        SeawallError,
        Unavailable,
        UnknownSymbol,
    )
    from seawall.model.instruments import Instrument
    from seawall.model.market_data import Book, Candle, Level, Quote, Trade
    from seawall.model.numbers import round_down, round_up
    from seawall.model.order_states import OrderState
    from seawall.model.orders import (
        Intent,
        OrderType,
        Side,
        TimeInForce,
        limit_buy,
        limit_sell,
        market_buy,
        market_sell,
        stop_loss_sell,
        take_profit_sell,
    )
    from seawall.model.reports import Balance, Fee, Fill
    from seawall.resilience import RestartPolicy

__all__ = [
    "AccessDenied",
    "AccountLeased",
    "BadNumber",
    "Balance",
    "Book",
    "BookStream",
    "Candle",
    "CandleStream",
    "Certificate",
    "Config",
    "ConfigError",
    "DeadMansSwitch",
    "Engine",
    "ExchangeError",
    "Exit",
    "ExitRules",
    "Fee",
    "FellBehind",
    "Fill",
    "FillStream",
    "Holding",
    "Instrument",
    "Intent",
    "JournalFailed",
    "LeaseLost",
    "Level",
    "Market",
    "NotSent",
    "OnStop",
    "OrderState",
    "OrderType",
    "OutcomeUnknown",
    "Position",
    "Quote",
    "QuoteStream",
    "Refused",
    "RefusedByExchange",
    "RefusedByRisk",
    "RestartPolicy",
    "RiskLimits",
    "SeawallError",
    "Side",
    "StrategySpec",
    "Surroundings",
    "SymbolLimits",
    "TimeInForce",
    "Trade",
    "TradeStream",
    "Unavailable",
    "UnknownSymbol",
    "WorkingOrder",
    "limit_buy",
    "limit_sell",
    "load_config",
    "market_buy",
    "market_sell",
    "open_engine",
    "round_down",
    "round_up",
    "stop_loss_sell",
    "take_profit_sell",
]

# Imported when first asked for: `seawall --help` must not wait for the engine, nor a program that wants one name for all.
_HOMES: Final = {
    "seawall.config": (
        "Config",
        "ConfigError",
        "load_config",
    ),
    "seawall.config.compose": (
        "Surroundings",
        "open_engine",
    ),
    "seawall.engine.certificate": ("Certificate",),
    "seawall.engine.engine": ("Engine",),
    "seawall.engine.exits": ("Exit",),
    "seawall.engine.holding": ("Holding",),
    "seawall.engine.market": ("Market",),
    "seawall.engine.portfolio": ("Position",),
    "seawall.engine.queues": (
        "CandleStream",
        "FellBehind",
        "TradeStream",
    ),
    "seawall.engine.settings": (
        "DeadMansSwitch",
        "ExitRules",
        "OnStop",
        "RiskLimits",
        "SymbolLimits",
    ),
    "seawall.engine.strategies": ("StrategySpec",),
    "seawall.engine.streams": (
        "BookStream",
        "QuoteStream",
    ),
    "seawall.engine.working": (
        "FillStream",
        "WorkingOrder",
    ),
    "seawall.model.errors": (
        "AccessDenied",
        "AccountLeased",
        "BadNumber",
        "ExchangeError",
        "JournalFailed",
        "LeaseLost",
        "NotSent",
        "OutcomeUnknown",
        "Refused",
        "RefusedByExchange",
        "RefusedByRisk",
        "SeawallError",
        "Unavailable",
        "UnknownSymbol",
    ),
    "seawall.model.instruments": ("Instrument",),
    "seawall.model.market_data": (
        "Book",
        "Candle",
        "Level",
        "Quote",
        "Trade",
    ),
    "seawall.model.numbers": (
        "round_down",
        "round_up",
    ),
    "seawall.model.order_states": ("OrderState",),
    "seawall.model.orders": (
        "Intent",
        "OrderType",
        "Side",
        "TimeInForce",
        "limit_buy",
        "limit_sell",
        "market_buy",
        "market_sell",
        "stop_loss_sell",
        "take_profit_sell",
    ),
    "seawall.model.reports": (
        "Balance",
        "Fee",
        "Fill",
    ),
    "seawall.resilience": ("RestartPolicy",),
}
_HOME_OF: Final = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'seawall' has no attribute {name!r}")
    value: object = getattr(import_module(_HOME_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
