"""What can go wrong, sorted by what the reader of the `except` can do about it.

    SeawallError
    ├── BadNumber (also ValueError)      a price, size or setting that is not an exact, finite number
    ├── Refused                          the order was not taken, and nothing of it rests anywhere
    │   ├── RefusedByRisk                our own limits said no
    │   └── RefusedByExchange            Kraken said no
    ├── NotSent                          certain: not one byte of the request left
    ├── OutcomeUnknown                   the request left, its answer did not come: ask before acting
    ├── Unavailable                      the exchange or the way to it is not there now
    ├── AccessDenied                     key, signature, nonce or permission: a person must act
    ├── ExchangeError                    any other answer of the exchange that says no to a request
    ├── UnknownSymbol                    no such pair at the exchange
    ├── JournalFailed                    the journal could not promise what it was asked to keep
    ├── AccountLeased                    another engine trades this account
    ├── LeaseLost                        the account is not this engine's any more
    └── OutOfStep                        two facts that cannot both be true: a bug of ours, or of the exchange

Each carries `advice`, one of four words: `retry` (safe to repeat after a pause), `wait` (not before `retry_after_s`),
`give up` (repeating changes nothing), `ask` (the outcome is unknown: find out first).
"""

from typing import Literal

__all__ = [
    "AccessDenied",
    "AccountLeased",
    "Advice",
    "BadNumber",
    "ExchangeError",
    "JournalFailed",
    "LeaseLost",
    "NotSent",
    "OutOfStep",
    "OutcomeUnknown",
    "Refused",
    "RefusedByExchange",
    "RefusedByRisk",
    "SeawallError",
    "Unavailable",
    "UnknownSymbol",
]

Advice = Literal["retry", "wait", "give up", "ask"]


class SeawallError(Exception):
    """The root of every error this package raises on purpose."""

    advice: Advice = "give up"
    retry_after_s: float | None = None


class BadNumber(SeawallError, ValueError):
    """A number that is not exact, not finite, or out of range; names the argument or key."""

    def __init__(self, name: str, value: object, expected: str) -> None:
        super().__init__(f"{name}: {value!r} is not {expected}")
        self.name = name
        self.value = value
        self.expected = expected


class Refused(SeawallError):
    """The order was not taken: nothing rests, nothing will fill.

    `rule` is short and stable, for programs; the message is for people.
    """

    def __init__(self, rule: str, detail: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(detail if detail.startswith(rule) else f"{rule}: {detail}")
        self.rule = rule
        self.detail = detail
        self.retry_after_s = retry_after_s
        if retry_after_s is not None:
            self.advice = "wait"


class RefusedByRisk(Refused):
    """One of the engine's own limits said no; nothing was sent."""


class RefusedByExchange(Refused):
    """Kraken said no. `rule` is its error string up to the second colon."""


class NotSent(SeawallError):
    """Not one byte of the request left this machine."""

    advice: Advice = "retry"

    def __init__(self, detail: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s
        if retry_after_s is not None:
            self.advice = "wait"


class OutcomeUnknown(SeawallError):
    """The request may have been carried out: its answer was lost, late or meaningless."""

    advice: Advice = "ask"


class Unavailable(SeawallError):
    """The exchange, or the way to it, does not answer now; nothing was changed by asking."""

    advice: Advice = "retry"

    def __init__(self, detail: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s
        if retry_after_s is not None:
            self.advice = "wait"


class AccessDenied(SeawallError):
    """Key, signature, nonce or permission: repeating it leads to a lockout."""


class ExchangeError(SeawallError):
    """Kraken answered a request with an error that no narrower class covers."""

    def __init__(self, errors: tuple[str, ...], *, advice: Advice = "give up", retry_after_s: float | None = None) -> None:
        super().__init__("; ".join(errors))
        self.errors = errors
        self.advice = advice
        self.retry_after_s = retry_after_s


class UnknownSymbol(SeawallError):
    """The exchange lists no such pair."""

    def __init__(self, symbol: str, known: tuple[str, ...] = ()) -> None:
        near = f"; it lists {', '.join(known)}" if known else ""
        super().__init__(f"no pair {symbol!r} at the exchange{near}")
        self.symbol = symbol


class JournalFailed(SeawallError):
    """The journal could not keep a record: the engine takes no new orders and stops in good order."""


class AccountLeased(SeawallError):
    """Another engine trades this account; `holder` says which, where it could be read."""

    advice: Advice = "retry"

    def __init__(self, account: str, holder: str | None) -> None:
        super().__init__(
            f"the account {account} is traded by another engine ({holder or 'it left no name'}): one engine trades one account."
            " Stop that one first, or start this one with --standby"
        )
        self.account = account
        self.holder = holder


class LeaseLost(SeawallError):
    """The account is not this engine's any more, for certain: it sends nothing but cancels, and stops."""


class OutOfStep(SeawallError):
    """Two facts that cannot both be true."""
