"""Private REST calls about the account (docs.kraken.com/api/docs/rest-api/get-trade-balance and its neighbours)."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from itertools import islice
from typing import Final

from seawall.model.numbers import ZERO
from seawall.model.orders import Side
from seawall.sim.exchange.orders import Amend, SimOrder
from seawall.sim.exchange.pairs import FeeSchedule
from seawall.sim.exchange.refusal import ApiError, invalid
from seawall.sim.exchange.valuation import worth
from seawall.sim.feeds.frames import Json
from seawall.sim.server.fields import Form
from seawall.sim.server.rest_public import named_pair
from seawall.sim.server.rest_reads import Reader, page, within
from seawall.sim.server.rest_rows import fixed, ledger_row

__all__ = ["ACCOUNT_READS"]

MAX_QUERIED_ENTRIES: Final = 20
LEVEL3_DEPTHS: Final = (0, 10, 25, 100, 250, 1000)
"""0 is the whole book (docs.kraken.com/api/docs/rest-api/get-level-3-order-book)."""


def _trade_balance(reader: Reader, form: Form) -> Json:
    """Without margin the equity is what the balances are worth together; assets without a price count nothing."""
    wanted, floor = form.text("asset") or "ZUSD", reader.exchange.floor
    asset = next((asset for asset in floor.account.assets.values() if wanted in {asset.id, asset.altname, asset.name}), None)
    if asset is None:
        raise ApiError("EQuery:Unknown asset")
    values = (worth(floor.markets, have, name, asset.name) for name, have in floor.account.balances.items())
    total, nothing = fixed(sum((value for value in values if value is not None), ZERO), 4), fixed(ZERO, 4)
    none = dict.fromkeys(("m", "n", "c", "v", "uv"), nothing)
    return {"eb": total, "tb": total, **none, "e": total, "mf": total}


def _volume_row(steps: FeeSchedule, volume: Decimal) -> Json:
    at = max(place for place, (least, _) in enumerate(steps) if volume >= least)
    following = steps[at + 1] if at + 1 < len(steps) else None
    return {
        "fee": fixed(steps[at][1], 4),
        "minfee": fixed(steps[-1][1], 4),
        "maxfee": fixed(steps[0][1], 4),
        "nextfee": None if following is None else fixed(following[1], 4),
        "nextvolume": None if following is None else fixed(Decimal(following[0]), 4),
        "tiervolume": fixed(Decimal(steps[at][0]), 4),
    }


def _trade_volume(reader: Reader, form: Form) -> Json:
    names, exchange = form.text("pair"), reader.exchange
    volume = exchange.floor.clearing.volume.value(exchange.now_ns())
    pairs = [] if names is None else [named_pair(reader.exchange, name) for name in names.split(",")]
    fees: dict[str, Json] = {pair.rest_id: _volume_row(pair.fees, volume) for pair in pairs}
    fees_maker: dict[str, Json] = {pair.rest_id: _volume_row(pair.fees_maker, volume) for pair in pairs}
    return {"currency": "ZUSD", "volume": fixed(volume, 4), "fees": fees or None, "fees_maker": fees_maker or None}


def _amend_row(order: SimOrder, amend: Amend) -> Json:
    pair = order.pair
    row: dict[str, Json] = {
        "amend_id": amend.amend_id,
        "amend_type": amend.kind,
        "order_qty": fixed(amend.qty, pair.qty_precision),
        "remaining_qty": fixed(amend.left, pair.qty_precision),
        "post_only": amend.post_only,
        "timestamp": amend.at_ns // 10**6,
    }
    if amend.display_qty is not None:
        row["display_qty"] = fixed(amend.display_qty, pair.qty_precision)
    for name, price in (("limit_price", amend.limit_price), ("trigger_price", amend.trigger_price)):
        if price is not None:
            row[name] = fixed(price, pair.price_precision)
    return row if amend.reason is None else row | {"reason": amend.reason}


def _order_amends(reader: Reader, form: Form) -> Json:
    order = reader.exchange.orders.get(form.text("order_id") or "")
    if order is None:
        raise ApiError("EOrder:Invalid order")
    seen = [amend for amend in order.amends if amend.at_ns <= reader.seen_ns()]
    return {"amends": [_amend_row(order, amend) for amend in seen], "count": len(seen)}


def _ledgers(reader: Reader, form: Form) -> Json:
    names, kind = form.text("asset"), form.text("type") or "all"
    wanted = None if names in {None, "all"} else set(str(names).split(","))
    entries = [
        entry
        for entry in reversed(reader.exchange.ledger)
        if entry.at_ns <= reader.seen_ns()
        and within(entry.at_ns, form)
        and kind in {"all", entry.kind}
        and (wanted is None or wanted & {entry.asset.id, entry.asset.altname, entry.asset.name})
    ]
    rows = {entry.ledger_id: ledger_row(entry) for entry in entries[page(form)]}
    return {"ledger": rows} | ({} if form.flag("without_count") else {"count": len(entries)})


def _query_ledgers(reader: Reader, form: Form) -> Json:
    wanted = (form.text("id") or "").split(",")
    if wanted == [""] or len(wanted) > MAX_QUERIED_ENTRIES:
        raise ApiError("EGeneral:Invalid arguments")
    known = {entry.ledger_id: entry for entry in reader.exchange.ledger}
    return {ledger_id: ledger_row(known[ledger_id]) for ledger_id in wanted if ledger_id in known}


def _open_positions(_reader: Reader, form: Form) -> Json:
    """There is no margin here, so there never is a position; consolidated ones would be a list."""
    return {} if form.text("consolidation") is None else []


def _key_info(reader: Reader, _form: Form) -> Json:
    """In the spelling of a fixture of a client's; the page of get-api-key-info has camel case."""
    return {
        "api_key_name": "simulated",
        **reader.key_facts(),
        "valid_until": "0",
        "query_from": "0",
        "query_to": "0",
        "ip_allowlist": [],
    }


def _level3(reader: Reader, form: Form) -> Json:
    pair, depth = named_pair(reader.exchange, form.text("pair")), form.integer("depth")
    depth = 100 if depth is None else depth
    if depth not in LEVEL3_DEPTHS:
        raise invalid("depth")
    market = reader.exchange.market(pair.symbol)
    if market.fed_from_outside:
        raise ApiError("EAPI:Feature disabled:Level3 needs single orders, and this market knows levels only")

    def rows(side: Side) -> list[Json]:
        half = market.book.half(side)
        return [
            {
                "price": fixed(price, max(5, pair.price_precision)),
                "qty": fixed(entry.qty, pair.qty_precision),
                "order_id": market.book.id_of(entry),
                "timestamp": entry.at_ns,
            }
            for price in islice(half.prices(), depth or None)
            for entry in half.queue_at(price)
        ]

    return {"pair": pair.symbol, "bids": rows(Side.BUY), "asks": rows(Side.SELL)}


ACCOUNT_READS: Final[Mapping[str, Callable[[Reader, Form], Json]]] = {
    "TradeBalance": _trade_balance,
    "TradeVolume": _trade_volume,
    "OrderAmends": _order_amends,
    "Ledgers": _ledgers,
    "QueryLedgers": _query_ledgers,
    "OpenPositions": _open_positions,
    "GetApiKeyInfo": _key_info,
    "Level3": _level3,
}
