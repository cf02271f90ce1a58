from decimal import Decimal

import pytest

from seawall.model.errors import BadNumber
from seawall.model.orders import (
    Intent,
    OrderType,
    Side,
    TimeInForce,
    limit_buy,
    limit_sell,
    market_buy,
    market_sell,
    stop_loss_sell,
    take_profit_sell,
)


def test_builders_say_what_they_mean() -> None:
    assert limit_buy("BTC/USD", qty="0.001", price=50000) == Intent(
        "BTC/USD", Side.BUY, OrderType.LIMIT, Decimal("0.001"), limit_price=Decimal(50000)
    )
    assert limit_sell("BTC/USD", qty="1", price="2", post_only=True).post_only
    assert market_buy("BTC/USD", qty="1").order_type is OrderType.MARKET
    assert market_sell("BTC/USD", qty="1").side is Side.SELL
    assert stop_loss_sell("BTC/USD", qty="1", trigger="9").order_type is OrderType.STOP_LOSS
    assert stop_loss_sell("BTC/USD", qty="1", trigger="9", price="8").limit_price == 8
    assert take_profit_sell("BTC/USD", qty="1", trigger="9", price="8").order_type is OrderType.TAKE_PROFIT_LIMIT


def test_floats_never_become_orders() -> None:
    with pytest.raises(BadNumber, match="qty"):
        limit_buy("BTC/USD", qty=0.1, price="1")  # type: ignore[arg-type]  # that is the point
    with pytest.raises(BadNumber, match="price"):
        limit_buy("BTC/USD", qty="1", price=0.1)  # type: ignore[arg-type]  # that is the point


@pytest.mark.parametrize("qty", ["0", "-1", "NaN"])
def test_sizes_that_are_no_sizes_are_refused(qty: str) -> None:
    with pytest.raises(ValueError, match="qty"):
        market_buy("BTC/USD", qty=qty)


def test_contradictions_are_refused_by_name() -> None:
    one = Decimal(1)
    with pytest.raises(ValueError, match="symbol"):
        market_buy("BTCUSD", qty="1")
    with pytest.raises(ValueError, match="limit_price: needed"):
        Intent("BTC/USD", Side.BUY, OrderType.LIMIT, one)
    with pytest.raises(ValueError, match="limit_price: not a part"):
        Intent("BTC/USD", Side.BUY, OrderType.MARKET, one, limit_price=one)
    with pytest.raises(ValueError, match="trigger_price: needed"):
        Intent("BTC/USD", Side.SELL, OrderType.STOP_LOSS, one)
    with pytest.raises(ValueError, match="post_only"):
        Intent("BTC/USD", Side.BUY, OrderType.MARKET, one, post_only=True)
    with pytest.raises(ValueError, match="contradicts"):
        limit_buy("BTC/USD", qty="1", price="1", post_only=True, time_in_force=TimeInForce.IOC)


def test_an_intent_reads_well() -> None:
    assert str(limit_buy("BTC/USD", qty="0.001", price="50000.0")) == "buy 0.001 BTC/USD limit at 50000.0"
    assert str(stop_loss_sell("BTC/USD", qty="1", trigger="9")) == "sell 1 BTC/USD stop-loss once 9"


def test_sides() -> None:
    assert [Side.BUY.sign, Side.SELL.sign] == [1, -1]
    assert [Side.BUY.other, Side.SELL.other] == [Side.SELL, Side.BUY]
