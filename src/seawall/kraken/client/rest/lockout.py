"""Being locked out: nothing is signed until it is over, since each try begins the time anew.

"Temporary lockout" is what comes of too many refused keys or nonces in a row, and it passes by itself after about a quarter of
an hour in which nothing comes (docs.kraken.com/api/docs/guides/spot-errors). Cancels that went on being tried would therefore
keep the account out of its owner's hands for ever. Meanwhile the dead man's switch, which is armed already, sees to the
orders, and so do sockets that are open.
"""

import attrs

from seawall.kraken.dialect.errors import read_errors
from seawall.model.errors import AccessDenied, RefusedByExchange, SeawallError

__all__ = ["LockedOut", "Lockout"]

_LOCKED_OUT = "EGeneral:Temporary lockout"


class LockedOut(Exception):
    """Nothing was sent: the key is locked out for another `left_s` seconds."""

    def __init__(self, left_s: float) -> None:
        super().__init__(f"{_LOCKED_OUT}: not asked for another {left_s:.0f} s, as each try begins it anew")
        self.left_s = left_s


@attrs.define
class Lockout:
    """Until when nothing is signed. Times are those of one clock that never goes back."""

    _until_s: float = 0.0

    def check(self, now_s: float) -> None:
        """Raise `LockedOut` while it lasts."""
        if now_s < self._until_s:
            raise LockedOut(self._until_s - now_s)

    def heard(self, refusal: SeawallError, now_s: float) -> None:
        """The exchange has refused a request."""
        if isinstance(refusal, AccessDenied | RefusedByExchange) and _LOCKED_OUT in str(refusal):
            self._until_s = now_s + (read_errors([_LOCKED_OUT]).retry_after_s or 0.0)
