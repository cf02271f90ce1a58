"""One REST request, sent once: signed, bounded in time, and honest about whether a byte of it left."""

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar
from urllib.parse import urlencode

import attrs
import trio

from seawall.kraken.client.rest.http import HttpAnswer, HttpFailed, HttpLink
from seawall.kraken.client.rest.lockout import LockedOut, Lockout
from seawall.kraken.client.rest.signer import Signer
from seawall.kraken.client.rest.turns import Turns
from seawall.kraken.client.rest.verdicts import HttpRefused
from seawall.kraken.client.sending import Sending, nothing
from seawall.kraken.dialect.bad import BadFrame
from seawall.kraken.dialect.errors import read_errors
from seawall.kraken.dialect.rest import RestRequest
from seawall.model.errors import AccessDenied, NotSent, OutcomeUnknown, RefusedByExchange, SeawallError, Unavailable
from seawall.model.venue import Probe
from seawall.resilience.probes import tell

__all__ = ["UNANSWERED", "Attempt", "Begun", "KeyShared", "NonceRefused", "RestAttempts", "lost", "told", "wait_s"]

T = TypeVar("T")

_BAD_NONCE: Final = "EAPI:Invalid nonce"
_MOST_NONCES: Final = 3
UNANSWERED: Final = (HttpFailed, HttpRefused, trio.TooSlowError, BadFrame, LockedOut)
"""What an attempt raises when no answer of the exchange's came, or none that can be read; or when it was not made."""


class KeyShared(AccessDenied):
    """Nonces that rise were refused one after the other: something else uses this API key."""

    def __init__(self, request: str) -> None:
        super().__init__(
            f"{request}: {_BAD_NONCE}, also for a fresh one above all of ours: another program uses this API key, or did so "
            "with larger nonces. Make a key for each program; too many such refusals lock the account out for a while"
        )


@attrs.frozen
class NonceRefused:
    """The exchange saw `request` after one with a higher nonce. `repeated`: it is made once more, with a fresh nonce."""

    request: str
    repeated: bool


@attrs.define(eq=False)
class Begun:
    """Remembers that a first byte was about to leave, and passes it on."""

    _sending: Sending = nothing
    happened: bool = False
    nonce: int = 0
    """The newest one that the request was signed with."""
    undisturbed: bool = False
    """Whether the requests behind it wait for its answer, and not only for its last byte."""

    def __call__(self) -> None:
        """A first byte is about to leave."""
        self.happened = True
        self._sending()


Attempt = Callable[[RestRequest, Callable[[HttpAnswer], T], Begun], Awaitable[T]]


@attrs.define(eq=False)
class RestAttempts:
    """Attempts over one link, at most `request_s` seconds each. Without a signer only public requests can be made."""

    _link: HttpLink
    _signer: Signer | None
    _request_s: float
    _turns: Turns
    _probe: Probe
    _exchange_ns: Callable[[], int]
    count: int = attrs.field(default=0, init=False)
    _lockout: Lockout = attrs.field(factory=Lockout, init=False)

    @property
    def overtaken(self) -> int:
        """Signed requests that did not wait for the one before to be written."""
        return self._turns.overtaken

    def require_key(self) -> None:
        """Raises `AccessDenied` where there is nothing to sign with."""
        if self._signer is None:
            raise AccessDenied("no API key is configured: only public market data is to be had")

    async def make(self, request: RestRequest, read: Callable[[HttpAnswer], T], begun: Begun) -> T:
        """Send, and `read` the answer. Raises one of `UNANSWERED`, or what `read` raises."""
        if request.private:
            self._lockout.check(trio.current_time())
        self.count += 1
        with trio.fail_after(self._request_s):
            answer = await (self._signed(request, begun) if request.private else self._plain(request, begun))
        if answer.status != 200:
            raise HttpRefused(answer.status, answer.retry_after_s)
        try:
            return read(answer)
        except (AccessDenied, Unavailable, RefusedByExchange) as error:
            self._lockout.heard(error, trio.current_time())
            if not isinstance(error, AccessDenied):
                self._wait_as_told(error)
            raise

    async def with_fresh_nonce(
        self, attempt: Attempt[T], request: RestRequest, read: Callable[[HttpAnswer], T], begun: Begun
    ) -> T:
        """Attempt, and again where the nonce came too late: signed anew, as a refused nonce means that nothing was done.

        Raises `KeyShared` where a fresh nonce was refused as well, although none of ours can have been faster. Where one of
        ours can, as calls at the same time take different connections, it is tried once more, and those behind it wait for
        the answer; `Unavailable` where one of them was faster even so, since that says nothing of other programs.
        """
        for number in range(_MOST_NONCES):
            begun.undisturbed = number == _MOST_NONCES - 1
            try:
                return await attempt(request, read, begun)
            except AccessDenied as denied:
                if not str(denied).startswith(_BAD_NONCE):
                    raise
                alone = self._signer is not None and self._signer.last == begun.nonce
                repeated = number == 0 or (number < _MOST_NONCES - 1 and not alone)
                tell(self._probe, NonceRefused(request.name, repeated))
                if not repeated and alone:
                    raise KeyShared(request.name) from denied
                if not repeated:
                    raise Unavailable(f"{request.name}: {_BAD_NONCE}, overtaken by calls of our own") from denied
        raise AssertionError("the last attempt returns or raises")

    def _wait_as_told(self, error: Unavailable | RefusedByExchange) -> None:
        """`EService:Throttled` names the time until which to wait, on the exchange's clock (.../guides/spot-errors)."""
        detail = error.detail if isinstance(error, RefusedByExchange) else str(error)
        wait_s = read_errors(detail.split("; "), self._exchange_ns()).retry_after_s
        if wait_s is not None:
            error.retry_after_s = wait_s

    async def _plain(self, request: RestRequest, begun: Begun) -> HttpAnswer:
        target = f"{request.path}?{urlencode(request.params)}" if request.params else request.path
        return await self._link.request(request.method, target, sending=begun)

    async def _signed(self, request: RestRequest, begun: Begun) -> HttpAnswer:
        assert self._signer is not None, "checked by every way in"
        async with self._turns.turn() as written:
            body, headers = self._signer.sign(request)
            begun.nonce = self._signer.last
            return await self._link.request(
                request.method,
                request.path,
                body=body,
                headers=headers,
                sending=begun,
                written=nothing if begun.undisturbed else written,
            )


def lost(request: RestRequest, error: Exception, begun: Begun) -> SeawallError:
    """What an unanswered request that acts comes to: nothing left, or nobody knows."""
    return OutcomeUnknown(told(request, error)) if begun.happened else NotSent(told(request, error), retry_after_s=wait_s(error))


def wait_s(error: Exception) -> float | None:
    """For how long an attempt that came to no answer is not to be made again; None where nobody knows."""
    return error.left_s if isinstance(error, LockedOut) else None


def told(request: RestRequest, error: Exception) -> str:
    """The failure of a request, for people."""
    if isinstance(error, trio.TooSlowError):
        return f"{request.name}: no answer in time"
    return f"{request.name}: {error}"
