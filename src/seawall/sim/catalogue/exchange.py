"""What an exchange does to its clients in the course of business, and what others do there under the same account."""

from collections.abc import Callable
from decimal import Decimal
from typing import Final

from seawall.model.instruments import PairStatus
from seawall.model.market_data import VenueStatus
from seawall.model.numbers import round_down, round_up
from seawall.model.orders import OrderType, Side
from seawall.sim.catalogue.kinds import Begun, Case, FaultKind, Group
from seawall.sim.catalogue.rest import ORDER_METHODS, spoil
from seawall.sim.exchange.exchange import Exchange
from seawall.sim.exchange.orders import NewOrder, SimOrder, Status
from seawall.sim.exchange.refusal import ApiError
from seawall.sim.faults import Answered, AnswerFault
from seawall.sim.settings import Door

__all__ = ["EXCHANGE"]

BY_THE_EXCHANGE: Final = "Canceled by the exchange"
AHEAD_NS: Final = (10**9, 5 * 10**9)
"""How far another program's nonce is ahead of ours."""


def _kind(
    name: str,
    sentence: str,
    begin: Callable[[Case], Begun],
    *,
    lasts_s: tuple[float, float] = (10.0, 60.0),
    weight: float = 1.0,
) -> FaultKind:
    return FaultKind(name, sentence, Group.EXCHANGE, begin, lasts_s, weight)


def _put_online(exchange: Exchange) -> None:
    if exchange.status is not VenueStatus.ONLINE:
        exchange.set_status(VenueStatus.ONLINE)


def _status(name: str, sentence: str, status: VenueStatus, weight: float) -> FaultKind:
    def begin(case: Case) -> Begun:
        exchange = case.stage.exchange.exchange
        case.undo.callback(_put_online, exchange)
        exchange.set_status(status)
        return Begun(f"the exchange is {status}")

    return _kind(name, sentence, begin, weight=weight)


def _pair_status(name: str, sentence: str, *statuses: PairStatus) -> FaultKind:
    def begin(case: Case) -> Begun:
        exchange = case.stage.exchange.exchange
        symbol, status = case.rng.choice(tuple(exchange.pairs)), case.rng.choice(statuses)
        before = exchange.market(symbol).status

        def undo() -> None:
            if exchange.market(symbol).status is status:
                exchange.set_pair_status(symbol, before if before is not status else PairStatus.ONLINE)

        case.undo.callback(undo)
        exchange.set_pair_status(symbol, status)
        return Begun(f"{symbol} is {status}")

    return _kind(name, sentence, begin)


def _restart(case: Case) -> Begun:
    """Down, then back in the way that the exchange announces for its own restarts: no service, and then all of it."""
    sim, exchange = case.stage.exchange, case.stage.exchange.exchange
    case.undo.callback(_put_online, exchange)
    case.turn(sim.faults, refuse_connections=True, rest_status=503)
    exchange.set_status(VenueStatus.MAINTENANCE)
    sim.faults.expire_tokens()
    ended = sim.faults.close_sockets()
    return Begun(f"the exchange restarts: {ended} sockets ended, every token is void, and nobody gets in meanwhile")


def _tokens_expire(case: Case) -> Begun:
    faults = case.stage.exchange.faults

    def strike() -> str:
        faults.expire_tokens()
        return "every WebSocket token is stale"

    return Begun("WebSocket tokens go stale while they are in use", strike, every_s=case.rng.uniform(10.0, 30.0))


def _nonce_used(case: Case) -> Begun:
    faults = case.stage.exchange.faults

    def strike() -> str:
        ahead_ns = case.rng.randint(*AHEAD_NS)
        faults.use_nonce(faults.nonce + ahead_ns)
        return f"another program with the same key used a nonce {ahead_ns / 1e9:.1f} s ahead"

    return Begun("another program uses the same key", strike, every_s=case.rng.uniform(10.0, 30.0))


def _rest_lag(case: Case) -> Begun:
    lag_s = case.rng.uniform(2.0, 60.0)
    case.turn(case.stage.exchange.faults, rest_lag_s=lag_s)
    return Begun(f"REST shows orders and fills as they were {lag_s:.0f} s ago")


def _unknown_fields(case: Case) -> Begun:
    case.turn(case.stage.exchange.faults, unknown_fields=True)
    return Begun("every frame and answer has its keys in another order, and one more")


def _throttled(case: Case) -> Begun:
    exchange, for_s = case.stage.exchange.exchange, case.rng.randint(3, 15)

    def make() -> AnswerFault:
        until_s = exchange.now_ns() // 10**9 + for_s
        return AnswerFault(Answered.REFUSED, carried_out=False, error=f"EService:Throttled: {until_s}")

    for door in (Door.REST, Door.PRIVATE):
        spoil(case, make, door=door, chance=1.0, methods=ORDER_METHODS - {"cancelorder", "cancelall", "cancelallordersafter"})
    return Begun(f"new orders are throttled, each for {for_s} s from then on")


def _foreign_order(case: Case) -> Begun:
    exchange = case.stage.exchange.exchange
    placed: list[SimOrder] = []

    def undo() -> None:
        for order in placed:
            _end(exchange, order, "User requested")

    def strike() -> str:
        ask = _by_hand(case, exchange)
        try:
            order = exchange.add_order(ask)
        except ApiError as refusal:
            return f"an order by hand was refused: {refusal.text}"
        assert order is not None
        placed.append(order)
        return f"somebody placed an order by hand: {ask.side} {ask.qty} {ask.pair.symbol} at {ask.limit_price}"

    case.undo.callback(undo)
    return Begun("somebody trades on the same account by hand", strike, every_s=case.rng.uniform(10.0, 30.0))


def _by_hand(case: Case, exchange: Exchange) -> NewOrder:
    """An order without an id of its client's, which does not trade soon."""
    pair = exchange.pairs[case.rng.choice(tuple(exchange.pairs))]
    side = case.rng.choice((Side.BUY, Side.SELL))
    last = exchange.market(pair.symbol).last
    far = Decimal(case.rng.randint(3, 20)) / 100
    price = round_down(last * (1 - far), pair.tick_size) if side is Side.BUY else round_up(last * (1 + far), pair.tick_size)
    least = max(pair.ordermin, pair.costmin / price)
    qty = round_up(least * 2, pair.qty_increment)
    return NewOrder(pair, side, OrderType.LIMIT, qty, limit_price=price)


def _cancels_itself(case: Case) -> Begun:
    exchange = case.stage.exchange.exchange

    def strike() -> str | None:
        mine = [order for order in exchange.open_orders() if order.cl_ord_id is not None]
        if not mine:
            return None
        order = case.rng.choice(mine)
        _end(exchange, order, BY_THE_EXCHANGE)
        return f"the exchange cancelled an order by itself: {order.side} {order.left} {order.pair.symbol}"

    return Begun("the exchange cancels orders by itself", strike, every_s=case.rng.uniform(3.0, 15.0))


def _end(exchange: Exchange, order: SimOrder, reason: str) -> None:
    if order.live:
        exchange.floor.end(order, Status.CANCELED, reason)
        exchange.floor.settle(exchange.market(order.pair.symbol))


def _money_moves(case: Case) -> Begun:
    exchange = case.stage.exchange.exchange
    asset = case.rng.choice(tuple(exchange.balances))
    free = exchange.floor.free(asset)
    amount = round_down(free * Decimal(case.rng.randint(1, 30)) / 100, Decimal("0.01"))
    exchange.deposit(asset, -amount)
    case.undo.callback(exchange.deposit, asset, amount)
    return Begun(f"somebody withdraws {amount} {asset}, and pays it in again at the end")


EXCHANGE: Final = (
    _status("maintenance", "The exchange is in maintenance.", VenueStatus.MAINTENANCE, 0.5),
    _status("cancel-only", "The exchange takes cancels and nothing else.", VenueStatus.CANCEL_ONLY, 0.5),
    _status("post-only", "The exchange takes only orders that do not trade at once.", VenueStatus.POST_ONLY, 0.5),
    _pair_status("limit-only", "One pair takes limit orders only.", PairStatus.LIMIT_ONLY),
    _pair_status(
        "pair-status",
        "One pair is closed, or takes cancels or post-only orders only.",
        PairStatus.CANCEL_ONLY,
        PairStatus.POST_ONLY,
        PairStatus.MAINTENANCE,
        PairStatus.REDUCE_ONLY,
    ),
    _kind("exchange-restart", "The exchange restarts: nothing answers, then everything again.", _restart, weight=0.5),
    _kind("tokens-expire", "WebSocket tokens go stale while they are in use.", _tokens_expire),
    _kind("nonce-used", "Another program with the same key uses nonces up.", _nonce_used, weight=0.5),
    _kind("rest-lag", "REST lies up to a minute behind about orders and fills.", _rest_lag),
    _kind("unknown-fields", "Frames and answers have keys that nobody has heard of, in another order.", _unknown_fields),
    _kind("throttled", "The exchange throttles new orders, and says until when.", _throttled),
    _kind("foreign-order", "Somebody places orders by hand on the same account.", _foreign_order),
    _kind("exchange-cancels", "The exchange cancels orders by itself.", _cancels_itself),
    _kind("money-moves", "Somebody withdraws money from the account, and pays it in again.", _money_moves, weight=0.5),
)
