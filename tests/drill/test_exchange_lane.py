from support.sim import make_stage

from seawall.drill.exchange_lane import orders_told
from seawall.model.orders import Side


def test_an_order_is_told_from_its_coming_to_its_end() -> None:
    stage, facts = make_stage(), list[tuple[str, str, str]]()
    stage.exchange.listen(orders_told(lambda lane, kind, text: facts.append((lane, kind, text))))
    stage.crowd(Side.SELL, "0.5", "100.2")
    order = stage.place(stage.order(Side.BUY, "2", "100.2", cl_ord_id="s123400001"))
    stage.exchange.cancel_order(order)

    assert facts == [
        ("exchange", "order taken", "takes order …00001: buy 2 BTC/USD at 100.2"),
        ("exchange", "order traded", "fills order …00001: 0.5 at 100.2, 1.5 left"),
        ("exchange", "order ended", "ends order …00001, canceled: User requested"),
    ]


def test_an_order_of_another_hand_is_told_as_one() -> None:
    stage, facts = make_stage(), list[str]()
    stage.exchange.listen(orders_told(lambda _lane, _kind, text: facts.append(text)))
    order = stage.place(stage.order(Side.SELL, "1", "200.0"))

    assert facts == [f"takes foreign order {order.order_id}: sell 1 BTC/USD at 200.0"]
