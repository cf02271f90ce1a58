from collections.abc import Callable
from decimal import Decimal

import attrs
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from seawall.console.picture import Trails, picture
from seawall.engine.snapshot import EngineSnapshot, LeaseLine, TreeNode

EMPTY = EngineSnapshot("demo", "sim", "STARTING", 0.0, TreeNode("engine"), (), (), (), ())


def shown(snapshot: EngineSnapshot, width: int, height: int, silent_s: float = 0.0) -> str:
    lines = picture(snapshot, width, height, Trails(), silent_s=silent_s)
    assert len(lines) == height
    assert {cell_len(line.plain) for line in lines} == {width}
    return "\n".join(line.plain.rstrip() for line in lines)


def test_everything_is_there_on_a_small_terminal(snapshot: Callable[..., EngineSnapshot]) -> None:
    text = shown(snapshot(), 80, 24)
    for part in (
        "seawall  demo on sim",
        "RUNNING  up 00:01:23",
        "BTC/USD  64000.10  64000.20",
        "resync",
        "in doubt",
        "0.0005/0.001",
        "-2.26 USD",
        "└─ strategies",
        "05:06:29 order sw-0029 filled",
        "Ctrl+C stops in good order",
    ):
        assert part in text


def test_more_room_shows_more(snapshot: Callable[..., EngineSnapshot]) -> None:
    small, large = shown(snapshot(orders=20), 80, 24), shown(snapshot(orders=20), 160, 60)
    assert "… 17 more" in small
    assert "… " not in large
    assert "a-strategy-with-a-long-name" not in small
    assert "a-strategy-with-a-long-name" in large
    assert "(+" not in large
    assert "sw-0019" in large


def test_a_narrow_terminal_leaves_the_tree_out(snapshot: Callable[..., EngineSnapshot]) -> None:
    text = shown(snapshot(), 50, 24)
    assert "strategies" not in text
    assert "BTC/USD" in text


def test_an_engine_that_has_nothing_yet_says_so() -> None:
    text = shown(EMPTY, 80, 24)
    assert text.count("none") == 3
    assert "STARTING" in text


def test_a_picture_that_is_old_says_so(snapshot: Callable[..., EngineSnapshot]) -> None:
    assert "no picture for 12 s" in shown(snapshot(), 80, 24, silent_s=12.3)
    assert "no picture" not in shown(snapshot(), 80, 24, silent_s=1.0)


def test_the_lease_of_the_account_is_told_where_there_is_one(snapshot: Callable[..., EngineSnapshot]) -> None:
    held = LeaseLine("main", "grid on host, process 7", 3, None)
    for lease, part in (
        (held, "─ account main: leased, 3. taking, by grid on host, process 7 ─"),
        (attrs.evolve(held, doubt="not renewed for 9 s"), "LEASE IN DOUBT, nothing but cancels: not renewed for 9 s"),
        (attrs.evolve(held, epoch=0), "account main: waiting for its lease ─"),
    ):
        assert part in shown(attrs.evolve(snapshot(), lease=lease), 100, 24)
        shown(attrs.evolve(snapshot(), lease=lease), 20, 24)
    assert "account" not in shown(snapshot(), 100, 24)


def test_days_of_running_are_told(snapshot: Callable[..., EngineSnapshot]) -> None:
    assert "up 2d 03:04:05" in shown(snapshot(up_s=2 * 86400 + 3 * 3600 + 4 * 60 + 5), 80, 24)


def test_news_cannot_steer_the_terminal(snapshot: Callable[..., EngineSnapshot]) -> None:
    text = shown(snapshot(news=("05:06:07 grid says \x1b[31mred\x1b[0m",)), 80, 24)
    assert "\x1b" not in text
    assert "05:06:07 grid says ·[31mred·[0m" in text


@given(st.integers(1, 200), st.integers(1, 70), st.text(max_size=30))
def test_every_size_gets_exactly_its_lines_and_cells(width: int, height: int, name: str) -> None:
    shown(attrs.evolve(EMPTY, name=name, news=(name,) * 9, tree=TreeNode(name, (TreeNode(name),) * 9)), width, height)


def test_a_trail_takes_a_price_a_second_and_draws_from_lowest_to_highest(snapshot: Callable[..., EngineSnapshot]) -> None:
    trails = Trails()
    for quarter in range(32):  # eight seconds, four pictures a second
        trails.add(snapshot(up_s=quarter / 4, price=str(Decimal(64000 + quarter // 4))))
    assert trails.curve("BTC/USD", 20) == "▁▂▃▄▅▆▇█"
    assert trails.curve("BTC/USD", 2) == "▁█"
    assert trails.curve("ETH/USD", 20) == "▁" * 8
    assert trails.curve("SOL/EUR", 20) == ""
    assert trails.curve("BTC/USD", 0) == ""


def test_trails_are_bounded(snapshot: Callable[..., EngineSnapshot]) -> None:
    trails = Trails(limit=5)
    for second in range(50):
        trails.add(snapshot(up_s=float(second)))
    assert len(trails.curve("BTC/USD", 100)) == 5
