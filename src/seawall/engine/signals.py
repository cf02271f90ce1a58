"""Signals: the first asks the engine to stop, the second insists."""

import signal
from collections.abc import Callable

import trio

__all__ = ["watch_signals"]


async def watch_signals(
    stop: Callable[[str], None],
    stop_now: Callable[[str], None],
    *,
    task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Call `stop` at the first SIGINT or SIGTERM, `stop_now` at each later one; never returns."""
    with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        task_status.started()
        asked = False
        async for number in signals:
            name = signal.Signals(number).name
            if asked:
                stop_now(f"a second signal, {name}")
            else:
                stop(name)
            asked = True
