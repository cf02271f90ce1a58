"""Kraken over real connections: REST on httpx, sockets on trio-websocket."""

from seawall.kraken.client.account.private import PrivateGap
from seawall.kraken.client.account.ways import CancelAnswer, OrderKey, OrderOutcome
from seawall.kraken.client.market.books import BookMismatched, BookStatistics, BookUnstable, Level3Mismatched, Level3Unstable
from seawall.kraken.client.market.listener import MarketListener
from seawall.kraken.client.market.quiet import BookStale, FeedStale
from seawall.kraken.client.market.trades import TradesMissed, TradesRefilled
from seawall.kraken.client.opening import open_venue
from seawall.kraken.client.rest.attempts import KeyShared, NonceRefused
from seawall.kraken.client.rest.client import RestStatistics
from seawall.kraken.client.rest.keys import BadNonceFile, KeyInUse
from seawall.kraken.client.session.facts import (
    AnswerUnexpected,
    FeedDead,
    FrameMisunderstood,
    FrameUnknown,
    SessionExpired,
    SessionStatistics,
    SocketSilent,
    SubscriptionRefused,
    SubscriptionUnanswered,
    Unfollowed,
)
from seawall.kraken.client.session.rows import Feed
from seawall.kraken.client.settings import KRAKEN, Addresses, ClientSettings, Credentials, Tier
from seawall.kraken.client.venue import CANDLE_INTERVALS_S, KrakenVenue, PairsLeftOut, VenueStatistics
from seawall.kraken.client.wire.connection import ConnectionLost, UpgradeRefused

__all__ = [
    "CANDLE_INTERVALS_S",
    "KRAKEN",
    "Addresses",
    "AnswerUnexpected",
    "BadNonceFile",
    "BookMismatched",
    "BookStale",
    "BookStatistics",
    "BookUnstable",
    "CancelAnswer",
    "ClientSettings",
    "ConnectionLost",
    "Credentials",
    "Feed",
    "FeedDead",
    "FeedStale",
    "FrameMisunderstood",
    "FrameUnknown",
    "KeyInUse",
    "KeyShared",
    "KrakenVenue",
    "Level3Mismatched",
    "Level3Unstable",
    "MarketListener",
    "NonceRefused",
    "OrderKey",
    "OrderOutcome",
    "PairsLeftOut",
    "PrivateGap",
    "RestStatistics",
    "SessionExpired",
    "SessionStatistics",
    "SocketSilent",
    "SubscriptionRefused",
    "SubscriptionUnanswered",
    "Tier",
    "TradesMissed",
    "TradesRefilled",
    "Unfollowed",
    "UpgradeRefused",
    "VenueStatistics",
    "open_venue",
]
