"""The API key: its signature, its nonces, what it may do, and when it is locked out
(docs.kraken.com/api/docs/guides/spot-rest-auth).
"""

import hmac
import re
from bisect import bisect_right, insort
from collections.abc import Callable
from typing import Final

import attrs

from seawall.kraken.dialect.signing import sign
from seawall.sim.exchange.refusal import ApiError
from seawall.sim.feeds.frames import Json
from seawall.sim.server.fields import Form
from seawall.sim.server.http import HttpRequest
from seawall.sim.settings import PERMISSIONS

__all__ = ["Key", "Lockout"]

MAX_NONCE: Final = 2**64
_NONCE: Final = re.compile(r"[0-9]{1,20}")

_PLACING: Final = ("modify-trades",)
_CANCELING: Final = ("modify-trades", "close-trades")
_NEEDED: Final = {
    "balance": ("query-funds",),
    "balanceex": ("query-funds",),
    "tradebalance": ("query-funds",),
    "tradevolume": ("query-funds",),
    "openorders": ("query-open-trades",),
    "openpositions": ("query-open-trades",),
    "orderamends": ("query-open-trades",),
    "queryorders": ("query-open-trades", "query-closed-trades"),
    "closedorders": ("query-closed-trades",),
    "tradeshistory": ("query-closed-trades",),
    "querytrades": ("query-closed-trades",),
    "ledgers": ("query-ledger",),
    "queryledgers": ("query-ledger",),
    "getwebsocketstoken": ("create-ws-token",),
    "addorder": _PLACING,
    "addorderbatch": _PLACING,
    "batchadd": _PLACING,
    "amendorder": _PLACING,
    "editorder": _PLACING,
    "cancelorder": _CANCELING,
    "cancelorderbatch": _CANCELING,
    "batchcancel": _CANCELING,
    "cancelall": _CANCELING,
    "cancelallordersafter": _CANCELING,
}
"""Which permissions allow a method, of which one is enough; by its name without underscores, in lower case."""


@attrs.define(eq=False)
class Key:
    """One API key: its public part, its secret in bytes, the highest nonce seen, and how far below that one may still lie."""

    key: str
    secret: bytes
    nonce: int = 0
    nonce_window: int = 0
    permissions: tuple[str, ...] = PERMISSIONS
    _late: list[int] = attrs.field(factory=list)
    """Nonces that were used inside the window, lowest first."""

    def check(self, path: str, request: HttpRequest, form: Form) -> None:
        """Raise `ApiError` unless the request is signed with this key under a nonce that is still good."""
        if request.header("api-key") != self.key:
            raise ApiError("EAPI:Invalid key")
        text = form.text("nonce") or ""
        if not _NONCE.fullmatch(text) or not 0 < int(text) < MAX_NONCE:
            raise ApiError("EAPI:Invalid nonce")
        expected = sign(path, int(text), request.body, self.secret)
        if not hmac.compare_digest(expected.encode(), request.header("api-sign").encode()):
            raise ApiError("EAPI:Invalid signature")
        self.use(int(text))

    def use(self, nonce: int) -> None:
        """Use a nonce up. Raises `ApiError` for one that was used, or lies below the highest by more than the window."""
        if nonce <= self.nonce - self.nonce_window or nonce in self._late or nonce == self.nonce:
            raise ApiError("EAPI:Invalid nonce")
        self.nonce = max(nonce, self.nonce)
        if self.nonce_window:
            insort(self._late, nonce)
            del self._late[: bisect_right(self._late, self.nonce - self.nonce_window)]

    def facts(self) -> dict[str, Json]:
        """What GetApiKeyInfo says of it."""
        return {
            "api_key": self.key,
            "nonce": str(self.nonce),
            "nonce_window": str(self.nonce_window),
            "permissions": list(self.permissions),
        }

    def check_permitted(self, method: str) -> None:
        """Raise `ApiError` where the key may not do that, on either transport."""
        needed = _NEEDED.get(method.replace("_", "").lower())
        if needed is not None and not any(name in self.permissions for name in needed):
            raise ApiError("EGeneral:Permission denied")


@attrs.define(eq=False)
class Lockout:
    """Who comes with bad keys too often in a row is locked out, and each further try begins the time anew.

    How many are too many is not documented, and is our choice.
    """

    now_ns: Callable[[], int]
    after: int = 10
    lasts_ns: int = 15 * 60 * 10**9
    _bad: int = 0
    _until_ns: int = 0

    def check(self) -> None:
        """Raise `ApiError` while it lasts."""
        now_ns = self.now_ns()
        if now_ns < self._until_ns:
            self._until_ns = now_ns + self.lasts_ns
            raise ApiError("EGeneral:Temporary lockout")

    def left_s(self) -> float:
        """For how long nobody is let in, if nobody tries."""
        return max(0, self._until_ns - self.now_ns()) / 10**9

    def note(self, *, good: bool) -> None:
        """A request came with a good key, or a bad one."""
        self._bad = 0 if good else self._bad + 1
        if self._bad >= self.after:
            self._bad, self._until_ns = 0, self.now_ns() + self.lasts_ns
