"""What a refused subscription to market data asks of us."""

from typing import Final

from seawall.kraken.client.market.listener import MarketListener
from seawall.kraken.client.session.facts import SessionExpired
from seawall.kraken.client.session.rows import Subscription
from seawall.kraken.client.session.session import Session
from seawall.kraken.dialect.error_table import Family
from seawall.kraken.dialect.errors import exception_for, read_errors
from seawall.model.errors import SeawallError, UnknownSymbol

__all__ = ["refusal_of", "take_refusal"]

_PUT_OFF_S: Final = 5.0
"""When the exchange is asked again that was too busy, if it does not say."""


def take_refusal(row: Subscription, session: Session, listener: MarketListener) -> None:
    """Ask again later where the exchange was too busy, over a new connection where the token was stale; else tell."""
    error = row.error or "no reason given"
    answer = read_errors([error])
    if answer.family in (Family.BUSY, Family.LIMITED):
        session.feeds.put_off(row.feed, answer.retry_after_s or _PUT_OFF_S)
    elif answer.family is Family.SESSION:
        session.feeds.want(row.feed)
        session.fail(SessionExpired(error))
    else:
        listener.subscription_refused(row.feed, error)


def refusal_of(row: Subscription) -> SeawallError:
    """The error for who follows a feed that was refused."""
    error = row.error or "no reason given"
    if row.feed.symbol is not None and error.startswith("Currency pair not supported"):
        return UnknownSymbol(row.feed.symbol)
    return exception_for([error], placing=False)
