"""What can happen to the two processes. None of it needs more than the right to signal what one has started."""

import resource
import signal
from typing import Final

import trio

from seawall.drill.real.case import Case
from seawall.drill.real.stage import Broken, Stage

__all__ = ["OF_PROCESSES"]

_UNCONFIRMED: Final = 6
"""The exit code of a stop that the exchange could not confirm."""
_FROZEN_S: Final = 7.0


async def kill(stage: Stage) -> None:
    await stage.kill()
    await stage.start_engine()


async def kill_again_and_again(stage: Stage) -> None:
    for _ in range(4):
        await trio.sleep(stage.rng.uniform(0.0, 2.5))  # into the start, too
        await stage.kill()
        await stage.start_engine()


async def kill_in_doubt(stage: Stage) -> None:
    stage.exchange.freeze()
    try:
        await stage.wait(1.5, "the exchange is frozen, with orders on their way")
        await stage.kill()
    finally:
        stage.exchange.thaw()
    await stage.start_engine()


async def take_over(stage: Stage) -> None:
    first = stage.engine
    await stage.start_engine("--standby")
    await stage.trades()
    await stage.wait(3.0, "a standby waits")
    stage.note("kill -9 of engine 1")
    first.send(signal.SIGKILL)
    await first.ended()


async def freeze_engine(stage: Stage) -> None:
    stage.engine.send(signal.SIGSTOP)
    try:
        await stage.wait(_FROZEN_S, "the engine is frozen")
    finally:
        stage.engine.send(signal.SIGCONT)


async def freeze_engine_past_its_switch(stage: Stage) -> None:
    await stage.until_open(bool, 30.0, "no order was open")
    stage.engine.send(signal.SIGSTOP)
    try:
        stage.note("the engine is frozen")
        within_s = 2.0 * stage.switch_s + 10
        await stage.until_open(lambda orders: not orders, within_s, "the dead man's switch left orders open")
        stage.note("the dead man's switch has fired: nothing is open")
    finally:
        stage.engine.send(signal.SIGCONT)


async def freeze_exchange(stage: Stage) -> None:
    stage.exchange.freeze()
    try:
        await stage.wait(_FROZEN_S, "the exchange is frozen")
    finally:
        stage.exchange.thaw()


async def stop_while_the_exchange_is_frozen(stage: Stage) -> None:
    stage.exchange.freeze()
    try:
        stage.note("the exchange is frozen; SIGTERM")
        stage.engine.send(signal.SIGTERM)
        await stage.ends(_UNCONFIRMED)
        if "unknown: the exchange could not be asked" not in stage.engine.certificate():
            raise Broken("the certificate does not say that the exchange could not be asked")
    finally:
        stage.exchange.thaw()
    await stage.start_engine()


async def starve(stage: Stage) -> None:
    stage.note("the engine has a tenth of the time, for 8 s")
    try:
        for _ in range(20):
            stage.engine.send(signal.SIGSTOP)
            await trio.sleep(0.36)
            stage.engine.send(signal.SIGCONT)
            await trio.sleep(0.04)
    finally:
        stage.engine.send(signal.SIGCONT)


async def cut_sockets(stage: Stage) -> None:
    for _ in range(4):
        ended = await stage.exchange.cut_sockets()
        await stage.wait(stage.rng.uniform(0.2, 2.5), f"{ended} sockets ended without a goodbye")


async def take_descriptors(stage: Stage) -> None:
    pid = stage.engine.process.pid
    before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (3, before[1]))
    try:
        await stage.exchange.cut_sockets()
        await stage.wait(6.0, "every socket is ended, and the engine may open no file")
    finally:
        if stage.engine.running:
            resource.prlimit(pid, resource.RLIMIT_NOFILE, before)


OF_PROCESSES: Final = (
    Case("killed", "The engine is killed (kill -9) while it trades, and started again.", kill),
    Case("killed-again", "The engine is killed four times, at any moment, also while it starts.", kill_again_and_again),
    Case(
        "killed-in-doubt",
        "The exchange hangs, the engine is killed with orders under way, and they arrive afterwards.",
        kill_in_doubt,
    ),
    Case("taken-over", "An engine is killed while a standby waits; nobody starts anything.", take_over),
    Case("frozen", "The engine is stopped (SIGSTOP) for longer than its sockets and orders wait, and goes on.", freeze_engine),
    Case(
        "frozen-long",
        "The engine is stopped until the dead man's switch cancels its orders, and goes on.",
        freeze_engine_past_its_switch,
        switch_s=5,
    ),
    Case("starved", "The engine gets a tenth of its processor's time.", starve),
    Case("exchange-frozen", "The exchange keeps its sockets open, and says nothing.", freeze_exchange),
    Case(
        "stopped-unheard",
        "The engine is told to stop while the exchange says nothing: exit code 6, then a start.",
        stop_while_the_exchange_is_frozen,
    ),
    Case("sockets-cut", "The exchange ends every socket without a goodbye, four times.", cut_sockets),
    Case("no-descriptors", "Every socket is ended while the engine may not open a file or a socket.", take_descriptors),
)
