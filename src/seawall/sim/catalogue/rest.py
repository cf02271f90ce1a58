"""Faults of the exchange's REST, and of the answers to orders on its private socket."""

from collections.abc import Callable
from typing import Final

from seawall.sim.catalogue.kinds import Begun, Case, FaultKind, Group
from seawall.sim.faults import Answered, AnswerFault
from seawall.sim.settings import Door

__all__ = ["ORDERS", "REST"]

ORDER_METHODS: Final = frozenset(
    {
        "addorder",
        "addorderbatch",
        "batchadd",
        "amendorder",
        "editorder",
        "cancelorder",
        "cancelorderbatch",
        "batchcancel",
        "cancelall",
        "cancelallordersafter",
    }
)
"""Requests about orders on either transport, without underscores, in lower case."""

LATE_S: Final = 20.0

Make = Callable[[Case], AnswerFault]


def spoil(
    case: Case, make: Callable[[], AnswerFault], *, door: Door, chance: float, methods: frozenset[str] | None = None
) -> None:
    """Until the fault ends, spoil each request through a door with that chance; all methods, or these."""
    rules = case.stage.exchange.faults.answers.rules

    def rule(at: Door, method: str) -> AnswerFault | None:
        if at is not door or (methods is not None and method.replace("_", "").lower() not in methods):
            return None
        return make() if case.rng.random() < chance else None

    def take_away() -> None:
        if rule in rules:
            rules.remove(rule)

    rules.append(rule)
    case.undo.callback(take_away)


def _chance(case: Case) -> float:
    return case.rng.choice((0.25, 0.5, 1.0))


def _needed(case: Case) -> str:
    """End the private sockets first, every other time: who has them needs little of REST, and who has not needs much."""
    if case.rng.random() < 0.5:
        return ""
    ended = case.stage.exchange.faults.close_sockets(Door.PRIVATE)
    return f"; {ended} private sockets were ended first"


def _rest(name: str, sentence: str, make: Make, what: str, *, weight: float = 1.0) -> FaultKind:
    def begin(case: Case) -> Begun:
        chance = _chance(case)
        spoil(case, lambda: make(case), door=Door.REST, chance=chance)
        return Begun(f"{chance:.0%} of REST requests {what}{_needed(case)}")

    return FaultKind(name, sentence, Group.REST, begin, weight=weight)


def _order(name: str, sentence: str, make: Make, what: str, *, lasts_s: tuple[float, float] = (10.0, 60.0)) -> FaultKind:
    def begin(case: Case) -> Begun:
        chance = _chance(case)
        spoil(case, lambda: make(case), door=Door.PRIVATE, chance=chance, methods=ORDER_METHODS)
        return Begun(f"{chance:.0%} of requests about orders on the private socket {what}")

    return FaultKind(name, sentence, Group.WEBSOCKET, begin, lasts_s=lasts_s)


def _as(answered: Answered, *, carried_out: bool) -> Make:
    fault = AnswerFault(answered, carried_out)
    return lambda _case: fault


def _late(case: Case) -> AnswerFault:
    return AnswerFault(Answered.AS_USUAL, carried_out=True, delay_s=case.rng.uniform(0.0, LATE_S))


def _either(answered: Answered) -> Make:
    return lambda case: AnswerFault(answered, carried_out=case.rng.random() < 0.5)


def _refused(*errors: str, carried_out: bool = False) -> Make:
    return lambda case: AnswerFault(Answered.REFUSED, carried_out, error=case.rng.choice(errors))


def _status(name: str, sentence: str, status: int, *, weight: float) -> FaultKind:
    def begin(case: Case) -> Begun:
        case.turn(case.stage.exchange.faults, rest_status=status)
        return Begun(f"every REST request gets HTTP {status} with a page of HTML{_needed(case)}")

    return FaultKind(name, sentence, Group.REST, begin, weight=weight)


def _hang_up(case: Case) -> Begun:
    case.turn(case.stage.exchange.faults, rest_hangs_up=True)
    return Begun("every REST connection ends right after an answer that did not announce it")


REST: Final = (
    _rest(
        "rest-hang-before",
        "REST requests vanish: they are not carried out, and no answer ever comes.",
        _as(Answered.NOTHING, carried_out=False),
        "are neither carried out nor answered",
    ),
    _rest(
        "rest-hang-after",
        "REST requests are carried out, and no answer ever comes.",
        _as(Answered.NOTHING, carried_out=True),
        "are carried out and never answered",
    ),
    _rest("rest-late", "REST requests reach the exchange up to 20 seconds late.", _late, "are up to 20 s under way"),
    _rest(
        "rest-cut-before",
        "The connection ends before a REST request is carried out.",
        _as(Answered.CUT, carried_out=False),
        "are lost with their connection",
    ),
    _rest(
        "rest-cut-after",
        "A REST request is carried out, and the connection ends in place of the answer.",
        _as(Answered.CUT, carried_out=True),
        "are carried out, and answered by the end of the connection",
    ),
    _rest(
        "rest-500-after",
        "A REST request is carried out, and answered with HTTP 500.",
        _as(Answered.SERVER_ERROR, carried_out=True),
        "are carried out, and answered with HTTP 500",
    ),
    _rest(
        "rest-502",
        "REST answers are 502 pages of the proxy; nobody knows whether the request got through.",
        _either(Answered.BAD_GATEWAY),
        "get HTTP 502, half of them after they were carried out",
    ),
    _status("rest-503", "The whole of REST is down: HTTP 503 for everything.", 503, weight=0.5),
    _status("rest-429", "The proxy before the exchange has had enough: HTTP 429 for every REST request.", 429, weight=0.5),
    _rest(
        "rest-half-body",
        "REST answers break off in the middle of the body, after the request was carried out.",
        _as(Answered.HALF, carried_out=True),
        "are carried out, and answered with half a body",
    ),
    _rest(
        "rest-slow-body",
        "REST answers come a byte a second, so that no single read ever seems to hang.",
        _as(Answered.TRICKLE, carried_out=True),
        "are answered at one byte a second",
    ),
    _rest(
        "rest-truncated-json",
        "REST answers are whole as HTTP, and stop in the middle of their JSON.",
        _as(Answered.TRUNCATED, carried_out=True),
        "are answered with JSON that stops in the middle",
    ),
    _rest(
        "rest-garbage",
        "REST answers are HTTP 200 with something that is not JSON.",
        _either(Answered.GARBAGE),
        "get HTTP 200 with something that is not JSON",
    ),
    _rest(
        "rest-rate-limit",
        "REST refuses calls for being too many.",
        _refused("EAPI:Rate limit exceeded"),
        "are refused with EAPI:Rate limit exceeded",
    ),
    _rest(
        "rest-busy",
        "REST is busy or unavailable, and says so.",
        _refused("EService:Busy", "EService:Unavailable"),
        "are refused with EService:Busy or EService:Unavailable",
    ),
    _rest(
        "rest-internal-error",
        "REST reports an internal error or a timeout of its own; some of those requests were carried out all the same.",
        lambda case: AnswerFault(
            Answered.REFUSED,
            carried_out=case.rng.random() < 0.5,
            error=case.rng.choice(("EGeneral:Internal error", "EService:Timeout")),
        ),
        "get EGeneral:Internal error or EService:Timeout, half of them after they were carried out",
    ),
    FaultKind(
        "rest-hangs-up",
        "REST connections end while the client believes that it can use them again.",
        Group.REST,
        _hang_up,
    ),
)

ORDERS: Final = (
    _order(
        "order-lost",
        "Requests about orders vanish on the private socket: not carried out, not answered.",
        _as(Answered.NOTHING, carried_out=False),
        "are neither carried out nor answered",
    ),
    _order(
        "order-answer-lost",
        "Orders are placed and cancelled, and the private socket never says so in an answer.",
        _as(Answered.NOTHING, carried_out=True),
        "are carried out and never answered",
    ),
    _order(
        "order-late",
        "Requests about orders reach the matching engine up to 20 seconds late.",
        _late,
        "are up to 20 s under way",
    ),
    _order(
        "order-answer-cut",
        "A request about an order is carried out, and the private socket ends in place of the answer.",
        _as(Answered.CUT, carried_out=True),
        "are carried out, and answered by the end of the connection",
    ),
    _order(
        "order-answer-half",
        "The answer to an order breaks off in the middle of its frame, and the private socket with it.",
        _as(Answered.HALF, carried_out=True),
        "are carried out, and answered with half a frame",
    ),
    _order(
        "order-answer-garbage",
        "The answer to an order is a frame that is not JSON, or stops in the middle of it.",
        lambda case: AnswerFault(case.rng.choice((Answered.GARBAGE, Answered.TRUNCATED)), carried_out=True),
        "are carried out, and answered with a frame that is not JSON",
    ),
    _order(
        "order-busy",
        "The exchange is too busy for orders, and says so; some of them it has placed all the same.",
        lambda case: AnswerFault(
            Answered.REFUSED,
            carried_out=case.rng.random() < 0.5,
            error=case.rng.choice(("EService:Busy", "EService:Unavailable", "EService:Timeout")),
        ),
        "are refused as busy, unavailable or timed out, half of them after they were carried out",
    ),
    _order(
        "order-rate-limit",
        "The matching engine refuses orders for being too many.",
        _refused("EOrder:Rate limit exceeded"),
        "are refused with EOrder:Rate limit exceeded",
    ),
)
