"""REST as a whole: routes, the envelope, and who may ask (docs.kraken.com/api/docs/guides/spot-rest-auth)."""

import json
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import parse_qsl

import attrs
import trio

from seawall.sim.exchange.exchange import Exchange
from seawall.sim.exchange.refusal import ApiError
from seawall.sim.faults import Answered, AnswerFault, Faults
from seawall.sim.feeds.frames import Json, encode
from seawall.sim.feeds.public import PublicFeed
from seawall.sim.requests import Request, RequestLog
from seawall.sim.server.fields import Form, as_texts
from seawall.sim.server.http import HttpAnswer, HttpRequest
from seawall.sim.server.keys import Key, Lockout
from seawall.sim.server.rest_account import ACCOUNT_READS
from seawall.sim.server.rest_public import PUBLIC
from seawall.sim.server.rest_reads import READS, Reader
from seawall.sim.server.rest_trading import TRADES
from seawall.sim.settings import Door

__all__ = ["Rest"]

HTML: Final = (
    b"<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1>cloudflare</body></html>\n"
)
TRICKLE_S: Final = 1.0
UNSAID: Final = frozenset({"nonce", "otp"})


@attrs.define(eq=False)
class Rest:
    """Answers REST requests. `carried_out` is called after each private one: timers may have changed."""

    exchange: Exchange
    feed: PublicFeed
    reader: Reader
    key: Key
    faults: Faults
    log: RequestLog
    carried_out: Callable[[], None]
    lockout: Lockout | None = None

    async def answer(self, request: HttpRequest, connection: int) -> HttpAnswer:
        """Carry out one request. Waits only where a fault says so."""
        path, _, query = request.target.partition("?")
        kind, _, method = path.removeprefix("/0/").partition("/")
        arrived_ns = self.exchange.now_ns()
        form = _form(request, query)
        said = {name: value for name, value in form.values.items() if name not in UNSAID}
        self.log.add(Request(Door.REST, method, said, arrived_ns, connection))
        if self.faults.rest_status is not None:
            return HttpAnswer(HTML, self.faults.rest_status, "text/html")
        fault = self.faults.take_answer(method)
        if fault is not None and fault.delay_s:
            await trio.sleep(fault.delay_s)
        if fault is not None and not fault.carried_out:
            return _spoilt(fault, _refusal(fault.error))
        answer = self._carry_out(kind, method, path, request, form, arrived_ns)
        answer = attrs.evolve(answer, body=self.faults.dress(answer.body.decode()).encode())
        return answer if fault is None else _spoilt(fault, answer)

    def _carry_out(self, kind: str, method: str, path: str, request: HttpRequest, form: Form, arrived_ns: int) -> HttpAnswer:
        try:
            if kind == "public" and method in PUBLIC and request.method == "GET":
                return _envelope(PUBLIC[method](self.feed, form))
            if kind == "private" and request.method == "POST":
                self._admit(path, request, form)
                self.key.check_permitted(method)
                return _envelope(self._private(method, form, arrived_ns))
        except ApiError as error:
            return _refusal(error.text)
        return _refusal("EGeneral:Unknown method")

    def _admit(self, path: str, request: HttpRequest, form: Form) -> None:
        if self.lockout is None:
            self.key.check(path, request, form)
            return
        self.lockout.check()
        try:
            self.key.check(path, request, form)
        except ApiError:
            self.lockout.note(good=False)
            raise
        self.lockout.note(good=True)

    def _private(self, method: str, form: Form, arrived_ns: int) -> Json:
        read = READS.get(method) or ACCOUNT_READS.get(method)
        if read is not None:
            self.exchange.limits.charge_rest(method)
            self.exchange.tick()
            return read(self.reader, form)
        if method not in TRADES:
            raise ApiError("EGeneral:Unknown method")
        try:
            return TRADES[method](self.exchange, form, arrived_ns)
        finally:
            self.carried_out()


def _form(request: HttpRequest, query: str) -> Form:
    """Fields of the query, and of a body that is a form or a JSON object."""
    fields = dict(parse_qsl(query, keep_blank_values=True))
    if "json" in request.header("content-type"):
        try:
            values = json.loads(request.body, parse_float=str)
        except (ValueError, RecursionError):
            values = {}
        if isinstance(values, dict):
            fields |= as_texts(values)
    else:
        fields |= dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
    return Form(fields)


def _envelope(result: Json) -> HttpAnswer:
    return HttpAnswer(encode({"error": [], "result": result}).encode())


def _refusal(text: str) -> HttpAnswer:
    return HttpAnswer(encode({"error": [text]}).encode())


_IN_PLACE: Final[Mapping[Answered, HttpAnswer]] = {
    Answered.NOTHING: HttpAnswer(hang=True),
    Answered.CUT: HttpAnswer(cut=True),
    Answered.BAD_GATEWAY: HttpAnswer(HTML, 502, "text/html"),
    Answered.SERVER_ERROR: HttpAnswer(HTML, 500, "text/html"),
    Answered.GARBAGE: HttpAnswer(b"\x00 not JSON"),
}


def _spoilt(fault: AnswerFault, answer: HttpAnswer) -> HttpAnswer:
    match fault.answered:
        case Answered.REFUSED:
            return _refusal(fault.error)
        case Answered.TRUNCATED:
            return attrs.evolve(answer, body=answer.body[: len(answer.body) // 2])
        case Answered.HALF:
            return attrs.evolve(answer, half=True)
        case Answered.TRICKLE:
            return attrs.evolve(answer, byte_s=TRICKLE_S)
    return _IN_PLACE.get(fault.answered, answer)
