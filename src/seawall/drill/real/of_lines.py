"""What can happen to the line between the two. Each case has a line of its own, made for it by root."""

from typing import Final

import trio

from seawall.drill.real.case import Case, Harm
from seawall.drill.real.needs import FILTERS, KILLS_SOCKETS, NETWORKS, TUNNELS
from seawall.drill.real.networks import Direction, Place
from seawall.drill.real.stage import Stage

__all__ = ["OF_LINES"]

_TO: Final[Direction] = "to the exchange"
_FROM: Final[Direction] = "from the exchange"
_SHORT_S: Final = 7.0
_LONG_S: Final = 12.0


def drop(*directions: Direction, lasts_s: float = _SHORT_S, share: float = 1.0) -> Harm:
    async def harm(stage: Stage) -> None:
        await stage.cable.drop(*directions, share=share)
        await stage.wait(lasts_s, f"{share:.0%} of the packets {' and '.join(directions)} vanish")
        await stage.cable.let_through()

    return harm


async def kill_half_open(stage: Stage) -> None:
    await stage.cable.drop(_FROM)
    await stage.wait(1.5, "no answer comes through")
    await stage.kill()
    await stage.cable.let_through()
    await stage.start_engine()


async def refuse(stage: Stage) -> None:
    await stage.cable.refuse()
    await stage.wait(_SHORT_S, "every packet is answered with a reset")
    await stage.cable.let_through()


async def reset(stage: Stage) -> None:
    for _ in range(6):
        await stage.cable.kill_sockets()
        await stage.wait(stage.rng.uniform(0.1, 2.0), "every connection is reset")


async def unplug(stage: Stage) -> None:
    await stage.cable.set_link(up=False)
    await stage.wait(_SHORT_S, "the cable is pulled out")
    await stage.cable.set_link(up=True)


async def flap(stage: Stage) -> None:
    stage.note("the cable is pulled out and put back ten times")
    for _ in range(10):
        await stage.cable.set_link(up=False)
        await trio.sleep(stage.rng.uniform(0.05, 1.0))
        await stage.cable.set_link(up=True)
        await trio.sleep(stage.rng.uniform(0.05, 1.0))


async def slow(stage: Stage) -> None:
    weather = stage.router.weather
    weather.latency_s, weather.jitter_s = 0.4, 0.2
    await stage.wait(_LONG_S, "packets take 0.2 to 0.6 s, and overtake each other")
    weather.clear()


async def lossy(stage: Stage) -> None:
    weather = stage.router.weather
    weather.latency_s, weather.jitter_s = 0.05, 0.03
    weather.lost, weather.doubled, weather.damaged = 0.05, 0.02, 0.01
    await stage.wait(_LONG_S, "5 % of the packets are lost, 2 % come twice, 1 % damaged, all 50±30 ms late")
    weather.clear()


async def narrow(stage: Stage) -> None:
    stage.router.weather.bytes_per_s = 4_000
    await stage.wait(_LONG_S, "the line carries 4 kB a second")
    stage.router.weather.clear()


async def storm(stage: Stage) -> None:
    """Bad weather that goes dark now and then; the engine is killed in the midst of it."""
    weather = stage.router.weather
    weather.latency_s, weather.jitter_s = 0.1, 0.08
    weather.lost, weather.doubled, weather.damaged = 0.1, 0.05, 0.02
    for turn in range(4):
        await stage.wait(stage.rng.uniform(0.5, 3.0), "a tenth of the packets is lost")
        weather.dark = True
        await stage.wait(stage.rng.uniform(0.5, 4.0), "nothing gets through")
        if turn == 1:
            await stage.kill()
            await stage.start_engine()
        weather.dark = False
    weather.clear()


def _case(name: str, sentence: str, harm: Harm) -> Case:
    return Case(name, sentence, harm, needs=(NETWORKS, FILTERS), place=Place.CABLE)


def _weather_case(name: str, sentence: str, harm: Harm) -> Case:
    return Case(name, sentence, harm, needs=(TUNNELS,), place=Place.ROUTER)


OF_LINES: Final = (
    _case("answers-lost", "What the engine sends arrives; what it is answered vanishes (packets dropped).", drop(_FROM)),
    _case("requests-lost", "What the engine sends vanishes, and it still hears the exchange (packets dropped).", drop(_TO)),
    _case("blackout", "Nothing arrives in either direction, and no connection says so.", drop(_TO, _FROM, lasts_s=_LONG_S)),
    _case("leaky", "A fifth of all packets vanishes.", drop(_TO, _FROM, lasts_s=_LONG_S, share=0.2)),
    _case("killed-unanswered", "Answers vanish, the engine is killed before it knows, and started again.", kill_half_open),
    _case("refused", "Connections break, and new ones are refused (a reset answers every packet).", refuse),
    Case("resets", "Every connection is reset, six times (ss -K).", reset, needs=(NETWORKS, KILLS_SOCKETS), place=Place.CABLE),
    Case("unplugged", "The network's cable is out for a while.", unplug, needs=(NETWORKS,), place=Place.CABLE),
    Case("flapping", "The network's cable is pulled out and put back ten times.", flap, needs=(NETWORKS,), place=Place.CABLE),
    _weather_case("slow-line", "Packets take up to 0.6 s, and overtake each other.", slow),
    _weather_case("lossy-line", "Packets are late, lost, doubled and damaged.", lossy),
    _weather_case("narrow-line", "The line carries 4 kB a second: less than the market says.", narrow),
    _weather_case("storm", "A bad line that goes dark four times; the engine is killed in the midst of it.", storm),
)
