import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from seawall.resilience import LinkState, LinkStateChanged, Phase, ReconnectStopped
from seawall.resilience.link_board import LinkBoard


def test_each_change_is_told_once(notices: list[object]) -> None:
    board = LinkBoard("public", notices.append)
    connecting = LinkState(Phase.CONNECTING)

    board.enter(connecting)
    board.enter(connecting)

    assert notices == [LinkStateChanged("public", LinkState(Phase.IDLE), connecting)]
    assert board.state == connecting


async def test_a_change_wakes_all_who_wait(notices: list[object], autojump_clock: MockClock) -> None:
    board, seen = LinkBoard("public", notices.append), list[LinkState]()

    async def look() -> None:
        seen.append(await board.wait_change())

    async with trio.open_nursery() as nursery:
        nursery.start_soon(look)
        nursery.start_soon(look)
        nursery.start_soon(board.wait_live)
        await wait_all_tasks_blocked()
        board.enter(LinkState(Phase.CONNECTING))
        board.enter(LinkState(Phase.LIVE))

    assert seen == [LinkState(Phase.LIVE)] * 2, "what lasted for no time was missed"


async def test_who_waits_for_a_link_that_stops_is_told_why(notices: list[object], autojump_clock: MockClock) -> None:
    board = LinkBoard("public", notices.append)
    board.enter(LinkState(Phase.CONNECTING))
    board.enter(LinkState(Phase.STOPPED, reason="the key is refused"))

    with pytest.raises(ReconnectStopped, match="the key is refused"):
        await board.wait_live()


def test_no_link_moves_as_it_likes(notices: list[object]) -> None:
    board = LinkBoard("public", notices.append)
    with pytest.raises(AssertionError, match="idle cannot become live"):
        board.enter(LinkState(Phase.LIVE))
    assert board.state == LinkState(Phase.IDLE)
    assert notices == []
