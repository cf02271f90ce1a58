from decimal import Decimal

from seawall.engine.account import Account
from seawall.engine.order_table import OrderTable
from seawall.model.journal import IntentRecord
from seawall.model.orders import limit_buy, limit_sell, market_buy
from seawall.model.reports import Balance


def test_open_orders_hold_what_they_may_use() -> None:
    account = Account()
    account.told_all([Balance("BTC", Decimal(2)), Balance("USD", Decimal(100_000))])
    account.told("USD", Decimal(90_000))
    table = OrderTable()
    for number, intent in enumerate(
        [
            limit_buy("BTC/USD", qty="0.5", price="50000"),
            limit_sell("BTC/USD", qty="1.5", price="60000"),
            market_buy("BTC/USD", qty="1"),
            limit_buy("ETH/BTC", qty="2", price="0.05"),
        ]
    ):
        table.plan(IntentRecord(f"s{number}", "me", intent, 10, 1))

    usd, btc = account.balance("USD", table.live()), account.balance("BTC", table.live())
    assert (usd.total, usd.held, usd.free) == tuple(map(Decimal, (90_000, 25_000, 65_000)))
    assert (btc.total, btc.held) == (Decimal(2), Decimal("1.60"))
    assert account.balance("DOGE", ()) == Balance("DOGE", Decimal(0))
