"""A scripted engine that can be ended at any place it comes to.

The whole script does everything that an order can go through, always in the same order, with two strategies that take turns. The
short one does the least of it. Both go over the socket; those by REST do what needs nothing that only the private stream tells.
"""

import time
from decimal import Decimal
from pathlib import Path
from typing import Final

import attrs
import trio

from seawall import Config, Engine, Market, StrategySpec, limit_buy, limit_sell
from seawall.config import Deadlines, Exchange, Mode
from seawall.config.compose import client_settings
from seawall.engine.engine import EngineParts, open_engine_on
from seawall.engine.notices import PrivateStreamRestored
from seawall.engine.settings import DeadMansSwitch, WhenForeign
from seawall.journal import open_journal
from seawall.journal.database import database_at
from seawall.kraken.client import Credentials, open_venue
from seawall.kraken.client.settings import Addresses
from seawall.model.order_states import OrderState
from seawall.model.orders import OrderType, Side
from seawall.sim import DEFAULT_PAIRS, SimAddresses, SimSettings, Simulator
from seawall.sim.exchange.orders import NewOrder
from support.places import Places, WatchedDatabase, WatchedTransport, watched_dial

__all__ = [
    "CLAIMING",
    "EXCHANGE",
    "FOREIGN",
    "SCRIPTS",
    "SYMBOL",
    "Contact",
    "is_settled",
    "place_by_hand",
    "run_restart",
    "run_script",
]

SCRIPTS: Final = ("whole", "short", "by REST", "claims", "claims by REST")
BY_REST: Final = ("by REST", "claims by REST")
CLAIMING: Final = ("claims", "claims by REST")

SYMBOL: Final = "BTC/USD"

FOREIGN: Final = ("byhand1", "byhand2")
"""Client order ids of what another hand has placed, where the script has another hand."""

EXCHANGE: Final = SimSettings(
    pairs=tuple(pair for pair in DEFAULT_PAIRS if pair.symbol == SYMBOL),
    events_per_s=0.0,  # a market that stands still: the script decides what fills
    crowd_levels=10,
    history_min=1,
    limits_enforced=False,
    answer_order="answer first",
)


@attrs.frozen
class Contact:
    """Where the exchange is, the key to it, and where the journal lies."""

    addresses: SimAddresses
    key: str
    secret: str
    journal: Path | str

    def config(self, name: str) -> Config:
        """An engine's configuration. The simulated exchange answers at once: what it does not know was never there."""
        return Config(
            mode=Mode.SIM,
            name=name,
            journal=self.journal,
            exchange=Exchange(**attrs.asdict(self.addresses), tier="pro"),
            deadlines=Deadlines(order_s=3.0, settle_s=0.1, absent_s=0.1, monitor_every_s=0.2),
            dead_mans_switch=DeadMansSwitch(when_foreign=WhenForeign.ON),  # nobody is here to be asked
        )


@attrs.define(eq=False)
class _Strategies:
    """`private` is set once the private stream is there: from then on orders go over the socket."""

    private: trio.Event = attrs.field(factory=trio.Event)
    _turn: trio.Event = attrs.field(factory=trio.Event)
    _done: trio.Event = attrs.field(factory=trio.Event)

    async def first(self, market: Market) -> None:
        """Let one rest and go; have one filled, and one filled in part; change one, and hold it while the other trades."""
        await self.private.wait()
        bid, ask, offered = await _touch(market)
        async with market.working(limit_buy(SYMBOL, qty="0.001", price=bid - 1000)):
            pass
        async with market.working(limit_buy(SYMBOL, qty="0.0005", price=ask)) as order:
            await order.done()
        async with market.working(limit_buy(SYMBOL, qty=offered + Decimal("0.01"), price=ask)) as order:
            await anext(order.fills())
        async with market.working(limit_buy(SYMBOL, qty="0.001", price=bid - 900)) as order:
            await order.amend(price=bid - 950, qty="0.002")
            self._turn.set()
            await self._done.wait()

    async def second(self, market: Market) -> None:
        """Leave one on purpose, and have one filled."""
        await self._turn.wait()
        bid, ask, _ = await _touch(market)
        async with market.working(limit_sell(SYMBOL, qty="0.001", price=ask + 1000, keep=True)):
            pass
        async with market.working(limit_sell(SYMBOL, qty="0.0005", price=bid)) as order:
            await order.done()
        self._done.set()

    async def short(self, market: Market) -> None:
        """Let one rest and go; have one filled; leave one on purpose."""
        await self.private.wait()
        bid, ask, _ = await _touch(market)
        async with market.working(limit_buy(SYMBOL, qty="0.001", price=bid - 1000)):
            pass
        async with market.working(limit_buy(SYMBOL, qty="0.0005", price=ask)) as order:
            await order.done()
        async with market.working(limit_sell(SYMBOL, qty="0.001", price=ask + 1000, keep=True)):
            pass

    async def by_rest(self, market: Market) -> None:
        """Let one rest and go; change one; leave one on purpose."""
        bid, ask, _ = await _touch(market)
        async with market.working(limit_buy(SYMBOL, qty="0.001", price=bid - 1000)):
            pass
        async with market.working(limit_buy(SYMBOL, qty="0.001", price=bid - 900)) as order:
            await order.amend(price=bid - 950)
        async with market.working(limit_sell(SYMBOL, qty="0.001", price=ask + 1000, keep=True)):
            pass

    async def claimer(self, market: Market) -> None:
        """Take over one that has filled in part, change it and let it go; take over one, and leave it on purpose."""
        await self.private.wait()
        await self.claimer_by_rest(market)

    async def claimer_by_rest(self, market: Market) -> None:
        """The same, with nobody to tell of it but who is asked."""
        await _touch(market)
        first, second = FOREIGN
        async with market.claim(first) as order:
            await anext(order.fills())
            await order.amend(qty=order.qty - Decimal("0.005"))
            async with market.claim(second, keep=True):
                pass

    def specs(self, script: str) -> list[StrategySpec]:
        """The strategies of a script."""
        runs = {
            "whole": (self.first, self.second),
            "short": (self.short,),
            "by REST": (self.by_rest,),
            "claims": (self.claimer,),
            "claims by REST": (self.claimer_by_rest,),
        }[script]
        return [StrategySpec(run.__name__, run) for run in runs]

    def hear(self, notice: object) -> None:
        """What the engine tells."""
        if isinstance(notice, PrivateStreamRestored):
            self.private.set()


async def _touch(market: Market) -> tuple[Decimal, Decimal, Decimal]:
    """Best bid, best ask, and how much is offered there."""
    async with market.book(SYMBOL) as books:
        book = await anext(books)
        (bid,), (ask,) = book.bids(1), book.asks(1)
        return bid.price, ask.price, ask.qty


async def run_script(contact: Contact, places: Places, script: str) -> None:
    """Run the engine until its strategies have ended, or until it comes to the fatal place."""
    strategies = _Strategies()
    async with open_engine_on(_parts(contact, places, strategies, script)) as engine:
        await engine.stopped()
    assert engine.certificate is not None
    assert engine.certificate.clean, str(engine.certificate)


async def run_restart(contact: Contact, places: Places, script: str) -> None:
    """Run an engine that has nothing to do but what another left, until nothing is undecided, or until the fatal place."""
    async with open_engine_on(_parts(contact, places, _Strategies(), script, only_after=True)) as engine:
        while not is_settled(engine):  # noqa: ASYNC110 - what is waited for is told by no event
            await trio.sleep(0.01)
    assert engine.certificate is not None
    assert engine.certificate.clean, str(engine.certificate)


def is_settled(engine: Engine) -> bool:
    """Whether every order that has not ended is known to be open, and wanted."""
    return all(order.state == OrderState.OPEN for order in engine.snapshot().orders)


def place_by_hand(sim: Simulator) -> None:
    """Another hand places two orders: one that fills in part at once, and one that rests."""
    market = sim.exchange.floor.markets[SYMBOL]
    ask = market.book.asks.best()
    assert ask is not None, "somebody offers"
    for name, side, qty, price in (
        (FOREIGN[0], Side.BUY, Decimal(1), ask),
        (FOREIGN[1], Side.SELL, Decimal("0.001"), ask + 1000),
    ):
        sim.exchange.add_order(NewOrder(market.pair, side, OrderType.LIMIT, qty, limit_price=price, cl_ord_id=name))


def _parts(contact: Contact, places: Places, strategies: _Strategies, script: str, *, only_after: bool = False) -> EngineParts:
    config = contact.config("victim")
    settings = client_settings(config, Addresses(**attrs.asdict(contact.addresses)), Credentials(contact.key, contact.secret))
    sockets = {contact.addresses.public: "public socket"}
    if script not in BY_REST:
        sockets[contact.addresses.private] = "private socket"
    return EngineParts(
        name=config.name,
        settings=config.engine_settings(),
        open_venue=lambda listener, probe: open_venue(
            settings,
            listener,
            probe=probe,
            dial=watched_dial(places, sockets.get),
            transport=WatchedTransport(places),
        ),
        open_journal=lambda probe: open_journal(
            WatchedDatabase(database_at(contact.journal), places), now_ns=time.time_ns, probe=probe
        ),
        strategies=() if only_after else strategies.specs(script),
        probe=strategies.hear,
        now_ns=time.time_ns,
        pause=lambda _: 0.05,
    )
