"""What can happen to the machine under an engine: its disk, and its clock."""

import signal
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import trio

from seawall.drill.real.case import Case
from seawall.drill.real.disks import fill_up, make_read_only, make_room, repair
from seawall.drill.real.needs import MAKES_EXT4, MOUNTS, TRACES, Missing, find_program
from seawall.drill.real.stage import Stage

__all__ = ["OF_MACHINES"]

_JOURNAL_FAILED: Final = 7
"""The exit code of an engine that could not keep a record, and cancelled what was open."""
_HOUR_S: Final = 3600.0
_ATTACHED_S: Final = 10.0


async def fill_disk(stage: Stage) -> None:
    disk = _disk(stage)
    await trio.to_thread.run_sync(fill_up, disk)
    stage.note("the disk is full")
    await stage.ends(_JOURNAL_FAILED)
    await stage.until_open(lambda orders: not orders, 5.0, "orders were left open")
    make_room(disk)
    await stage.start_engine()


async def spoil_disk(stage: Stage) -> None:
    disk = _disk(stage)
    await trio.to_thread.run_sync(make_read_only, disk)
    stage.note("the disk is read-only")
    await stage.ends(_JOURNAL_FAILED)
    await stage.until_open(lambda orders: not orders, 5.0, "orders were left open")
    await trio.to_thread.run_sync(repair, disk)
    await stage.start_engine()


async def fail_to_sync(stage: Stage) -> None:
    async with _injected(stage, "error=EIO"):
        stage.note("the disk fails to sync (EIO)")
        await stage.ends(_JOURNAL_FAILED)
    await stage.until_open(lambda orders: not orders, 5.0, "orders were left open")
    await stage.start_engine()


async def slow_disk(stage: Stage) -> None:
    async with _injected(stage, "delay_enter=700000"):
        await stage.wait(8.0, "each sync of the disk takes 0.7 s longer")


async def jump(stage: Stage) -> None:
    assert stage.clock is not None
    for ahead_s in (_HOUR_S, -2 * _HOUR_S, -30.0, 0.0):
        stage.clock.set(ahead_s)
        await stage.wait(3.0, f"the engine's clock is {ahead_s:+.0f} s off")


async def restart_in_the_past(stage: Stage) -> None:
    """Nonces must rise all the same, and no order may be taken for an old one."""
    assert stage.clock is not None
    stage.clock.set(-_HOUR_S)
    await stage.kill()
    await stage.start_engine()
    await stage.trades()
    stage.clock.set(0.0)


def _disk(stage: Stage) -> Path:
    assert stage.disk is not None, "the case does not say that it needs a disk of its own"
    return stage.disk


@asynccontextmanager
async def _injected(stage: Stage, what: str) -> AsyncGenerator[None, None]:
    """Have the kernel's answers to `fsync` and `fdatasync` changed for the engine (man 1 strace, `inject`)."""
    calls = "fsync,fdatasync"
    command = [find_program("strace", "strace"), "-f", "-p", str(stage.engine.process.pid), "-o", "/dev/null"]
    told = stage.directory / "strace.errors"
    with told.open("wb") as errors:
        tracer = await trio.lowlevel.open_process(
            [*command, "-e", f"trace={calls}", "-e", f"inject={calls}:{what}"], stderr=errors
        )
    try:
        with trio.fail_after(_ATTACHED_S):
            while "attached" not in told.read_text():  # noqa: ASYNC110 - it is another program
                if tracer.poll() is not None:
                    raise Missing(f"strace: {told.read_text().strip()}")
                await trio.sleep(0.02)
        yield
    finally:
        if tracer.poll() is None:
            tracer.send_signal(signal.SIGINT)  # it lets go of the engine, and ends
        with trio.move_on_after(_ATTACHED_S, shield=True):
            await tracer.wait()


OF_MACHINES: Final = (
    Case(
        "disk-full",
        "The journal's disk is full: exit code 7 with nothing open, then room, and a start.",
        fill_disk,
        needs=(MOUNTS,),
        disk="tmpfs",
    ),
    Case(
        "disk-read-only",
        "The journal's disk fails, and is read-only: exit code 7, then a repair, and a start.",
        spoil_disk,
        needs=(MOUNTS, MAKES_EXT4),
        disk="ext4",
    ),
    Case(
        "sync-fails",
        "The disk takes the journal's bytes and cannot keep them (fsync fails): exit code 7, then a start.",
        fail_to_sync,
        needs=(TRACES,),
    ),
    Case("sync-slow", "The disk takes 0.7 s to keep a record.", slow_disk, needs=(TRACES,)),
    Case("clock-jumps", "The engine's clock jumps an hour ahead, two back, and more.", jump, sets_clock=True),
    Case(
        "clock-behind",
        "The engine is killed, and started with its clock an hour behind.",
        restart_in_the_past,
        sets_clock=True,
    ),
)
