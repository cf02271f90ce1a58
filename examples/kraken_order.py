"""One order on Kraken from a program of your own: placed far from the market, watched, amended, and cancelled for certain.

    KRAKEN_API_KEY=... KRAKEN_API_SECRET=... python examples/kraken_order.py [--sim PORT] [PAIR]

**Without `--sim` this is a real order**, half way below the best bid, post only, of the smallest size the pair takes. With it,
the order goes to the exchange that `seawall sim --port PORT` serves; it prints the key and the secret to use.
"""

import argparse
import os
import sys
import time

import trio

from seawall.kraken import Addresses, AmendRequest, ClientSettings, Credentials, Kraken, OrderRequest, open_kraken
from seawall.model.errors import NotSent, OutcomeUnknown, RefusedByExchange
from seawall.model.numbers import round_down, round_up
from seawall.model.reports import OrderReport, OrderStatus


def simulated(port: int) -> Addresses:
    """Where `seawall sim --port PORT` listens: REST first, then the three sockets."""
    sockets = (f"ws://127.0.0.1:{port + number}/v2" for number in (1, 2, 3))
    return Addresses(f"http://127.0.0.1:{port}", *sockets)


async def far_below(kraken: Kraken, symbol: str) -> OrderRequest:
    """A bid at half the best one, of the smallest size."""
    pair = kraken.instrument(symbol)
    async with kraken.books(symbol) as books:
        bid = (await books.next()).best_bid()
    if bid is None:
        raise SystemExit(f"nobody bids for {symbol}")
    price = round_down(bid.price / 2, pair.price_increment)
    qty = max(pair.qty_min, round_up(pair.cost_min / price, pair.qty_increment))
    return OrderRequest(
        order_type="limit",
        side="buy",
        symbol=symbol,
        order_qty=qty,
        limit_price=price,
        post_only=True,
        cl_ord_id=f"ex{time.time_ns() // 1_000_000:x}",
        deadline_ns=kraken.now_ns() + 5_000_000_000,
    )


async def try_an_order(kraken: Kraken, order: OrderRequest) -> None:
    """Place it, move it up a tick, and cancel it: whatever happens in between, the cancel is sent."""
    assert order.cl_ord_id is not None
    assert order.limit_price is not None
    async with kraken.executions() as executions:
        try:
            with trio.fail_after(8):
                added = await kraken.orders.place(order)
                print("placed   ", added.order_id, order.order_qty, "at", order.limit_price)
                higher = order.limit_price + kraken.instrument(order.symbol).price_increment
                await kraken.orders.amend(AmendRequest(cl_ord_id=order.cl_ord_id, limit_price=higher))
                print("amended  ", higher)
        except (NotSent, RefusedByExchange) as no:
            print("refused  ", no)
            return
        except (OutcomeUnknown, trio.TooSlowError) as unknown:
            print("unknown  ", unknown)  # it may rest there: the cancel below says
        finally:
            with trio.move_on_after(10, shield=True):
                (answer,) = await kraken.orders.cancel(order.cl_ord_id)
                print("cancelled" if answer.accepted else "not open ", answer.reason or "")
        with trio.move_on_after(5):
            async for said in executions:
                if isinstance(said, OrderReport) and said.status is OrderStatus.CANCELED:
                    print("and gone ", said.order_id)
                    break


async def main(settings: ClientSettings, pair: str) -> None:
    """One order, from beginning to end."""
    async with open_kraken(settings) as kraken:
        with trio.fail_after(30):
            order = await far_below(kraken, kraken.symbol(pair))
        await try_an_order(kraken, order)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Place, amend and cancel one order.")
    parser.add_argument("pair", nargs="?", default="BTC/USD", metavar="PAIR")
    parser.add_argument("--sim", type=int, metavar="PORT", help="use `seawall sim --port PORT` in place of Kraken")
    arguments = parser.parse_args()
    try:
        key = Credentials(os.environ["KRAKEN_API_KEY"], os.environ["KRAKEN_API_SECRET"])
    except KeyError as missing:
        sys.exit(f"set {missing.args[0]} in the environment")
    chosen = ClientSettings(credentials=key) if arguments.sim is None else ClientSettings(simulated(arguments.sim), key)
    trio.run(main, chosen, arguments.pair)
