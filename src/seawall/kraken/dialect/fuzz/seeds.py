"""Good frames and answers, one of each kind, written after the pages of docs.kraken.com/api/docs; and those of a folder."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from seawall.kraken.dialect.fuzz.reading import REST_READERS

__all__ = ["FRAMES", "REST_ANSWERS", "Seed", "embedded_seeds", "sample_seeds"]


class Seed(NamedTuple):
    """A good text: a WebSocket frame, or the answer of a REST endpoint."""

    endpoint: str | None
    text: bytes


FRAMES: Final = (
    '{"channel":"heartbeat"}',
    (
        '{"channel":"status","type":"update","data":[{"system":"online","api_version":"v2","connection_id":1844674407370955'
        '1615,"version":"2.0.4"}]}'
    ),
    (
        '{"channel":"book","type":"snapshot","data":[{"symbol":"BTC/USD","bids":[{"price":101.4,"qty":1.50000000},{"price":'
        '101.3,"qty":0.25000001}],"asks":[{"price":101.5,"qty":2.50000000},{"price":102.1,"qty":0.00010001}],"checksum":366'
        '870289,"timestamp":"2026-01-31T12:00:00.000001Z"}]}'
    ),
    (
        '{"channel":"book","type":"update","data":[{"symbol":"BTC/USD","bids":[],"asks":[{"price":101.6,"qty":0.00000000}],'
        '"checksum":0,"timestamp":"2026-01-31T12:00:00.000001Z"}]}'
    ),
    (
        '{"channel":"level3","type":"snapshot","data":[{"symbol":"BTC/USD","checksum":366870289,"bids":[{"order_id":"O0","l'
        'imit_price":101.4,"order_qty":1.50000000,"timestamp":"2026-01-31T12:00:00.000001Z"},{"order_id":"O1","limit_price"'
        ':101.3,"order_qty":0.25000001,"timestamp":"2026-01-31T12:00:00.000001Z"}],"asks":[{"order_id":"O0","limit_price":1'
        '01.5,"order_qty":2.50000000,"timestamp":"2026-01-31T12:00:00.000001Z"},{"order_id":"O1","limit_price":102.1,"order'
        '_qty":0.00010001,"timestamp":"2026-01-31T12:00:00.000001Z"}]}]}'
    ),
    (
        '{"channel":"level3","type":"update","data":[{"symbol":"BTC/USD","checksum":3635138196,"bids":[],"asks":[{"event":"'
        'add","order_id":"O9","limit_price":101.5,"order_qty":0.20000000,"timestamp":"2026-01-31T12:00:00.000001Z"}]}]}'
    ),
    (
        '{"channel":"ticker","type":"update","data":[{"symbol":"BTC/USD","bid":101.4,"bid_qty":1.50000000,"ask":101.5,"ask_'
        'qty":2.50000000,"last":101.4,"volume":385.10362943,"vwap":101.2,"low":99.5,"high":103.2,"change":-9.0,"change_pct"'
        ':-1.29,"trades":129,"timestamp":"2026-01-31T12:00:00.000001Z"}]}'
    ),
    (
        '{"channel":"trade","type":"update","data":[{"symbol":"BTC/USD","side":"sell","price":101.4,"qty":0.25,"ord_type":"'
        'market","trade_id":7,"timestamp":"2026-01-31T12:00:00.000001Z"}]}'
    ),
    (
        '{"channel":"ohlc","type":"snapshot","timestamp":"2026-01-31T12:00:00.000001Z","data":[{"symbol":"BTC/USD","open":1'
        '.5,"high":2.5,"low":1,"close":2,"trades":3,"volume":4.5,"vwap":1.7,"interval_begin":"2026-01-31T12:00:00.000000000'
        'Z","interval":5}]}'
    ),
    (
        '{"channel":"instrument","type":"snapshot","data":{"assets":[{"id":"BTC","status":"enabled","precision":10,"precisi'
        'on_display":5,"borrowable":true,"collateral_value":1.0,"margin_rate":0.01}],"pairs":[{"symbol":"BTC/USD","base":"B'
        'TC","quote":"USD","status":"online","qty_precision":8,"qty_increment":1e-08,"price_precision":1,"cost_precision":5'
        ',"marginable":true,"has_index":true,"cost_min":0.5,"margin_initial":0.2,"position_limit_long":250,"price_increment'
        '":0.1,"qty_min":0.0001}]}}'
    ),
    (
        '{"channel":"executions","type":"snapshot","sequence":1,"data":[{"order_id":"O1","cl_ord_id":"sw1","symbol":"BTC/US'
        'D","order_qty":0.5,"cum_cost":0,"time_in_force":"GTC","exec_type":"pending_new","side":"buy","order_type":"stop-lo'
        'ss-limit","limit_price":80.5,"limit_price_type":"static","order_status":"pending_new","triggers":{"reference":"las'
        't","price":81,"price_type":"static","status":"untriggered"},"contingent":{"order_type":"limit","limit_price":90},"'
        'timestamp":"2026-01-31T12:00:00.000001Z"},{"order_id":"O1","exec_type":"trade","exec_id":"T1","trade_id":7,"symbol'
        '":"BTC/USD","side":"buy","last_qty":0.5,"last_price":80.5,"cost":40.25,"liquidity_ind":"m","fees":[{"asset":"USD",'
        '"qty":0.1}],"order_status":"filled","cum_qty":0.5,"timestamp":"2026-01-31T12:00:00.000001Z"}]}'
    ),
    (
        '{"channel":"executions","type":"update","sequence":2,"data":[{"order_id":"O1","exec_type":"canceled","order_status'
        '":"canceled","cum_qty":0,"cum_cost":0,"avg_price":0,"reason":"User requested","timestamp":"2026-01-31T12:00:00.000'
        '001Z"}]}'
    ),
    (
        '{"channel":"balances","type":"snapshot","sequence":1,"data":[{"asset":"USD","asset_class":"currency","balance":5.5'
        ',"wallets":[{"type":"spot","id":"main","balance":5.5}]}]}'
    ),
    (
        '{"channel":"balances","type":"update","sequence":2,"data":[{"ledger_id":"L1","ref_id":"T1","timestamp":"2026-01-31'
        'T12:00:00.000001Z","type":"trade","asset":"USD","category":"trade","wallet_type":"spot","wallet_id":"main","amount'
        '":-1.5,"fee":0.1,"balance":3.9}]}'
    ),
    (
        '{"method":"add_order","success":true,"req_id":5,"result":{"order_id":"O1","cl_ord_id":"sw1","warnings":[]},"time_i'
        'n":"2026-01-31T12:00:00.000001Z"}'
    ),
    (
        '{"method":"amend_order","success":true,"req_id":5,"result":{"amend_id":"T1","order_id":"O1"},"time_in":"2026-01-31'
        'T12:00:00.000001Z"}'
    ),
    (
        '{"method":"edit_order","success":true,"req_id":5,"result":{"order_id":"O2","original_order_id":"O1"},"time_in":"20'
        '26-01-31T12:00:00.000001Z"}'
    ),
    ('{"method":"cancel_order","success":true,"req_id":5,"result":{"order_id":"O1"},"time_in":"2026-01-31T12:00:00.000001Z"}'),
    '{"method":"cancel_all","success":true,"req_id":5,"result":{"count":1},"time_in":"2026-01-31T12:00:00.000001Z"}',
    (
        '{"method":"cancel_all_orders_after","success":true,"req_id":5,"result":{"currentTime":"2026-01-31T12:00:00Z","trig'
        'gerTime":"2026-01-31T12:01:00Z"},"time_in":"2026-01-31T12:00:00.000001Z"}'
    ),
    (
        '{"method":"batch_add","success":true,"req_id":5,"result":[{"order_id":"O1","order_userref":1},{"error":"EOrder:Ins'
        'ufficient funds"}],"time_in":"2026-01-31T12:00:00.000001Z"}'
    ),
    '{"method":"batch_cancel","success":true,"req_id":5,"orders_cancelled":2,"time_in":"2026-01-31T12:00:00.000001Z"}',
    (
        '{"method":"subscribe","success":true,"req_id":5,"result":{"channel":"book","depth":10,"snapshot":true,"symbol":"BT'
        'C/USD"},"time_in":"2026-01-31T12:00:00.000001Z"}'
    ),
    (
        '{"method":"subscribe","success":true,"req_id":5,"result":{"channel":"executions","maxratecount":180,"snap_orders":'
        'true,"snap_trades":true},"time_in":"2026-01-31T12:00:00.000001Z"}'
    ),
    '{"method":"pong","req_id":5,"time_in":"2026-01-31T12:00:00.000001Z"}',
    '{"error":"EService:Throttled: 1769860860","method":"subscribe","req_id":5,"success":false,"symbol":"BTC/USD"}',
    '{"Error":"Exceeded msg rate"}',
)

REST_ANSWERS: Final = (
    ("AddOrder", '{"error":[],"result":{"descr":{"order":"buy 1","close":"close"},"txid":["O1"]}}'),
    (
        "AddOrderBatch",
        '{"error":[],"result":{"orders":[{"txid":"O1","descr":{"order":"buy"}},{"error":"EOrder:Rate"}]}}',
    ),
    ("AmendOrder", '{"error":[],"result":{"amend_id":"T1"}}'),
    (
        "AssetPairs",
        (
            '{"error":[],"result":{"XXBTZUSD":{"altname":"XBTUSD","wsname":"XBT/USD","base":"XXBT","quote":"ZUSD","cost_decimal'
            's":5,"pair_decimals":1,"lot_decimals":8,"leverage_buy":[2,3],"fees":[[0,0.4]],"fees_maker":[[0,0.25]],"ordermin":"'
            '0.00005","costmin":"0.5","tick_size":"0.1","status":"online"}}}'
        ),
    ),
    (
        "Assets",
        (
            '{"error":[],"result":{"XXBT":{"aclass":"currency","altname":"XBT","decimals":10,"display_decimals":5,"collateral_v'
            'alue":1,"status":"enabled"}}}'
        ),
    ),
    ("Balance", '{"error":[],"result":{"ZUSD":"171288.6158","ETH2.S":"198.39"}}'),
    ("BalanceEx", '{"error":[],"result":{"XXBT":{"balance":"1.5","hold_trade":"0.5"}}}'),
    ("CancelAll", '{"error":[],"result":{"count":1}}'),
    ("CancelAllOrdersAfter", '{"error":[],"result":{"currentTime":"2026-01-31T12:00:00Z","triggerTime":"2026-01-31T12:01:00Z"}}'),
    ("CancelOrder", '{"error":[],"result":{"count":1,"pending":true}}'),
    (
        "ClosedOrders",
        (
            '{"error":[],"result":{"closed":{"O1":{"status":"canceled","opentm":1700000000.1234,"starttm":0,"expiretm":0,"userr'
            'ef":null,"cl_ord_id":"sw1","descr":{"pair":"XBTUSD","type":"buy","ordertype":"stop-loss-limit","price":"80.0","pri'
            'ce2":"80.5","leverage":"none","order":"buy","close":""},"vol":"1.25","vol_exec":"0.375","cost":"30.2","fee":"0.1",'
            '"price":"80.5","stopprice":"0","limitprice":"0","oflags":"post","trades":["T1"],"closetm":1700000001.5,"reason":"U'
            'ser requested"}},"count":51}}'
        ),
    ),
    ("Depth", '{"error":[],"result":{"XXBTZUSD":{"asks":[["101.5","0.136",7]],"bids":[["101.4","0.002",8]]}}}'),
    (
        "EditOrder",
        ('{"error":[],"result":{"txid":"O2","originaltxid":"O1","status":"ok","orders_cancelled":1,"descr":{"order":"buy 1"}}}'),
    ),
    (
        "GetApiKeyInfo",
        (
            '{"error":[],"result":{"api_key_name":"K","nonce":"1","nonceWindow":"15","permissions":["query-funds"],"valid_until'
            '":"0"}}'
        ),
    ),
    ("GetWebSocketsToken", '{"error":[],"result":{"token":"tok","expires":900}}'),
    (
        "GroupedBook",
        (
            '{"error":[],"result":{"pair":"BTC/USD","grouping":10,"bids":[{"price":"9.0","qty":"1"}],"asks":[{"price":"10.0","q'
            'ty":"2"}]}}'
        ),
    ),
    (
        "Ledgers",
        (
            '{"error":[],"result":{"ledger":{"L1":{"refid":"T1","time":1700000000.5,"type":"trade","subtype":"","aclass":"curre'
            'ncy","asset":"ZUSD","amount":"-24.5","fee":"0.049","balance":"9.1"}},"count":2}}'
        ),
    ),
    (
        "Level3",
        (
            '{"error":[],"result":{"pair":"BTC/USD","bids":[{"price":"9.0","qty":"1","order_id":"O1","timestamp":17656220085942'
            '92000}],"asks":[]}}'
        ),
    ),
    (
        "OHLC",
        (
            '{"error":[],"result":{"XXBTZUSD":[[1688671200,"30306.1","30306.2","30305.7","30305.7","30306.1","3.39",23]],"last"'
            ":1688671200}}"
        ),
    ),
    (
        "OpenOrders",
        (
            '{"error":[],"result":{"open":{"O1":{"status":"open","opentm":1700000000.1234,"starttm":0,"expiretm":0,"userref":nu'
            'll,"cl_ord_id":"sw1","descr":{"pair":"XBTUSD","type":"buy","ordertype":"stop-loss-limit","price":"80.0","price2":"'
            '80.5","leverage":"none","order":"buy","close":""},"vol":"1.25","vol_exec":"0.375","cost":"30.2","fee":"0.1","price'
            '":"80.5","stopprice":"0","limitprice":"0","oflags":"post","trades":["T1"]}}}}'
        ),
    ),
    (
        "OpenPositions",
        (
            '{"error":[],"result":{"P1":{"ordertxid":"O1","posstatus":"open","pair":"XXBTZUSD","time":1700000000.5,"type":"buy"'
            ',"ordertype":"limit","cost":"10.0","fee":"0.1","vol":"2","vol_closed":"0.5","margin":"2","value":"14.5","net":"+4.'
            '5"}}}'
        ),
    ),
    (
        "OpenPositions",
        (
            '{"error":[],"result":[{"ordertxid":"O1","posstatus":"open","pair":"XXBTZUSD","time":1700000000.5,"type":"buy","ord'
            'ertype":"limit","cost":"10.0","fee":"0.1","vol":"2","vol_closed":"0.5","margin":"2","value":"14.5","net":"+4.5"}]}'
        ),
    ),
    (
        "OrderAmends",
        (
            '{"error":[],"result":{"count":1,"amends":[{"amend_id":"T1","amend_type":"original","order_qty":"5.1","limit_price"'
            ':"0.95","timestamp":1728821182545}]}}'
        ),
    ),
    (
        "QueryLedgers",
        (
            '{"error":[],"result":{"L1":{"refid":"T1","time":1700000000.5,"type":"trade","subtype":"","aclass":"currency","asse'
            't":"ZUSD","amount":"-24.5","fee":"0.049","balance":"9.1"}}}'
        ),
    ),
    (
        "QueryOrders",
        (
            '{"error":[],"result":{"O1":{"status":"canceled","opentm":1700000000.1234,"starttm":0,"expiretm":0,"userref":null,"'
            'cl_ord_id":"sw1","descr":{"pair":"XBTUSD","type":"buy","ordertype":"stop-loss-limit","price":"80.0","price2":"80.5'
            '","leverage":"none","order":"buy","close":""},"vol":"1.25","vol_exec":"0.375","cost":"30.2","fee":"0.1","price":"8'
            '0.5","stopprice":"0","limitprice":"0","oflags":"post","trades":["T1"],"closetm":1700000001.5,"reason":"User reques'
            'ted"}}}'
        ),
    ),
    (
        "QueryTrades",
        (
            '{"error":[],"result":{"T1":{"ordertxid":"O1","pair":"XXBTZUSD","time":1700000000.5,"type":"sell","ordertype":"limi'
            't","price":"3.0","cost":"6.0","fee":"0.01","vol":"2.0","margin":"0","misc":"","trade_id":7,"maker":true}}}'
        ),
    ),
    ("Spread", '{"error":[],"result":{"XXBTZUSD":[[1688671834,"30292.1","30297.5"]],"last":1688672106}}'),
    ("SystemStatus", '{"error":[],"result":{"status":"online","timestamp":"2026-01-31T12:00:00Z"}}'),
    (
        "Ticker",
        (
            '{"error":[],"result":{"XXBTZUSD":{"a":["1.5","1","1.0"],"b":["1.4","1","1.0"],"c":["1.4","0.1"],"v":["1","2"],"p":'
            '["1","2"],"t":[3,4],"l":["1","1"],"h":["2","2"],"o":"1.1"}}}'
        ),
    ),
    ("Time", '{"error":[],"result":{"unixtime":1762820224,"rfc1123":"Tue, 11 Nov 25 00:17:04 +0000"}}'),
    (
        "TradeBalance",
        (
            '{"error":[],"result":{"eb":"1101.3","tb":"392.2","m":"7.0","n":"-10.0","c":"21.1","v":"31.1","e":"382.2","mf":"375'
            '.1","ml":"5432.5"}}'
        ),
    ),
    (
        "TradeVolume",
        (
            '{"error":[],"result":{"currency":"ZUSD","volume":"5.5","fees":{"XXBTZUSD":{"fee":"0.1","minfee":"0.1","nextfee":nu'
            'll}},"fees_maker":null}}'
        ),
    ),
    (
        "Trades",
        (
            '{"error":[],"result":{"XXBTZUSD":[["30243.4","0.34507674",1688669597.8277369,"b","m","",61044952]],"last":"1688671'
            '969993150842"}}'
        ),
    ),
    (
        "TradesHistory",
        (
            '{"error":[],"result":{"trades":{"T1":{"ordertxid":"O1","pair":"XXBTZUSD","time":1700000000.5,"type":"sell","ordert'
            'ype":"limit","price":"3.0","cost":"6.0","fee":"0.01","vol":"2.0","margin":"0","misc":"","trade_id":7,"maker":true}'
            '},"count":1}}'
        ),
    ),
    ("OpenOrders", '{"error":["EService:Throttled: 1769860860","WGeneral:note"]}'),
)


def embedded_seeds() -> list[Seed]:
    """One of each kind, from this module."""
    frames = [Seed(None, text.encode()) for text in FRAMES]
    return frames + [Seed(name, text.encode()) for name, text in REST_ANSWERS]


def sample_seeds(folder: Path) -> list[Seed]:
    """Frames of `ws_*.json` and answers of `rest_*.json` in a folder; none where there is no such folder.

    A file holds one payload, a list of them, or an object whose keys beginning with `response` do.
    """
    seeds = [Seed(None, text) for path in sorted(folder.glob("ws_*.json")) for text in _payloads(path)]
    for path in sorted(folder.glob("rest_*.json")):
        endpoint = path.stem.removeprefix("rest_").partition("_")[0]
        if endpoint in REST_READERS:
            seeds += [Seed(endpoint, text) for text in _payloads(path)]
    return seeds


def _payloads(path: Path) -> Iterator[bytes]:
    held = json.loads(path.read_text("utf-8"))
    inner = [value for key, value in held.items() if key.startswith("response")] if isinstance(held, dict) else held
    for value in inner or [held]:
        for payload in value if isinstance(value, list) else [value]:
            yield json.dumps(payload).encode()
