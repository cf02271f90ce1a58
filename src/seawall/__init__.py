"""A trading engine for Kraken spot on trio: structured orders, deadlines everywhere, a shutdown that is proven.

As a strategy's author take `Market` and the builders of intents; to embed the engine, `open_engine` and `Config`.
Everything here is public; what is not named here may change.
"""

from seawall.config import Config, ConfigError, load_config
from seawall.config.compose import Surroundings, open_engine
from seawall.engine.certificate import Certificate
from seawall.engine.engine import Engine
from seawall.engine.market import Market
from seawall.engine.portfolio import Position
from seawall.engine.queues import CandleStream, FellBehind, TradeStream
from seawall.engine.settings import DeadMansSwitch, ExitRules, OnStop, RiskLimits, SymbolLimits
from seawall.engine.strategies import StrategySpec
from seawall.engine.streams import BookStream, QuoteStream
from seawall.engine.working import FillStream, WorkingOrder
from seawall.model.errors import (
    AccessDenied,
    BadNumber,
    ExchangeError,
    JournalFailed,
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
    "ExitRules",
    "Fee",
    "FellBehind",
    "Fill",
    "FillStream",
    "Instrument",
    "Intent",
    "JournalFailed",
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
