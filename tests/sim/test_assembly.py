"""One seed and one clock make one exchange: nothing in it asks the system for time or chance."""

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest
from support.sim import Clock
from support.sim_client import QUIET

import seawall.sim
from seawall.sim import Door, SimSettings
from seawall.sim.assembly import Simulator, assemble
from seawall.sim.market.generator import Generator
from seawall.sim.server.outbox import Outbox
from seawall.sim.server.session import Session

ROOM = Path(inspect.getfile(seawall.sim)).parent
OWNER = "assembly.py"
"""Where the system's clock is taken, when no other is handed in."""

SETTINGS = attrs.evolve(QUIET, seed=11, answer_order="either", events_per_s=1.0)


def session_of(sim: Simulator, door: Door, number: int) -> Session:
    doors = sim.doors
    return Session(
        door,
        number,
        number,
        sim.exchange,
        doors.feeds,
        doors.tokens,
        Outbox(100_000),
        sim.settings.answer_order,
        doors.rng,
        doors.followed,
        doors.rest.key,
        sim.faults.dress,
        sim.faults.frames.carry,
    )


def life_of(settings: SimSettings) -> list[str | bytes]:
    """Every frame of a short life: followed channels, a moving market, orders that are filled and canceled."""
    clock = Clock()
    sim = assemble(attrs.evolve(settings, now_ns=clock), None)
    assert isinstance(sim.source, Generator)
    sim.source.prepare(sim.market)
    public, private = session_of(sim, Door.PUBLIC, 1), session_of(sim, Door.PRIVATE, 2)
    token = sim.doors.tokens.issue(clock())

    def ask(session: Session, method: str, params: str) -> None:
        asked = session.read(f'{{"method":"{method}","params":{{{params}}}}}')
        assert asked is not None
        session.carry_out(asked)

    for channel in ("book", "ticker", "trade", "ohlc"):
        ask(public, "subscribe", f'"channel":"{channel}","symbol":["BTC/USD","ETH/USD"]')
    for channel in ("executions", "balances"):
        ask(private, "subscribe", f'"channel":"{channel}","token":"{token}"')
    order = f'"symbol":"BTC/USD","order_type":"limit","order_qty":0.5,"token":"{token}"'
    for place in range(200):
        clock.advance(0.1)
        sim.source.step(sim.market, ("BTC/USD", "ETH/USD")[place % 2])
        if place % 20 == 0:
            ask(private, "add_order", f'{order},"side":"{("buy", "sell")[place % 40 == 0]}","limit_price":{99 + place % 3}')
        if place % 50 == 49:
            ask(private, "cancel_all", f'"token":"{token}"')
    return [*public.outbox.queued(), *private.outbox.queued()]


def test_equal_seeds_and_clocks_make_equal_frames_to_the_last_byte() -> None:
    first, second = life_of(SETTINGS), life_of(SETTINGS)

    assert first == second
    assert len(first) > 200
    assert any('"exec_type":"trade"' in frame for frame in first)


def test_another_seed_makes_another_market() -> None:
    assert life_of(SETTINGS) != life_of(attrs.evolve(SETTINGS, seed=12))


def named(module: Path) -> Iterator[str]:
    """Every `name.attribute`, and every module from which names are taken."""
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield f"{node.value.id}.{node.attr}"
        elif isinstance(node, ast.ImportFrom):
            yield f"from {node.module}"


EXCHANGE = [path for path in sorted(ROOM.rglob("*.py")) if path.relative_to(ROOM).parts[0] not in {"world", "catalogue"}]
"""The exchange and its doors. Who owns time and chance in a world, a table of all rooms says (`tests/test_architecture.py`)."""


@pytest.mark.parametrize("module", EXCHANGE, ids=lambda path: str(path.relative_to(ROOM)))
def test_time_and_chance_are_handed_in(module: Path) -> None:
    allowed = {"random.Random"} | ({"time.time_ns"} if module.name == OWNER else set())
    sources = ("time.", "random.", "secrets.", "uuid.", "datetime.now", "datetime.utcnow")

    strange = [
        name
        for name in named(module)
        if (name.startswith(sources) and name not in allowed) or name in {"from time", "from random", "from secrets", "from uuid"}
    ]

    assert strange == []
