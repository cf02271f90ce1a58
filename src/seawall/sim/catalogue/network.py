"""Faults of the network between the engine and the exchange."""

from collections.abc import Callable
from typing import Final

from seawall.sim.catalogue.kinds import Begun, Case, FaultKind, Group

__all__ = ["NETWORK"]


def _kind(
    name: str,
    sentence: str,
    begin: Callable[[Case], Begun],
    *,
    lasts_s: tuple[float, float] = (5.0, 40.0),
    weight: float = 1.0,
) -> FaultKind:
    return FaultKind(name, sentence, Group.NETWORK, begin, lasts_s, weight)


def _line(name: str, sentence: str, what: str, **values: object) -> FaultKind:
    """Both ways are like this for a while."""

    def begin(case: Case) -> Begun:
        for link in case.stage.both_ways:
            case.turn(link, **values)
        return Begun(what)

    return _kind(name, sentence, begin)


def _one_way(name: str, sentence: str, what: str, **values: object) -> FaultKind:
    def begin(case: Case) -> Begun:
        link = case.rng.choice(case.stage.both_ways)
        case.turn(link, **values)
        return Begun(f"{what} from {link.source} to {link.target}, and the way back is fine")

    return _kind(name, sentence, begin)


def _broken(name: str, sentence: str, how: Callable[[Case, float], int], what: str) -> FaultKind:
    """Some connections, again and again."""

    def begin(case: Case) -> Begun:
        share = case.rng.choice((0.2, 0.5, 1.0))

        def strike() -> str | None:
            count = how(case, share)
            return f"{count} connections {what}" if count else None

        every_s = case.rng.uniform(4.0, 20.0)
        return Begun(f"{share:.0%} of connections {what}, about every {every_s:.0f} s", strike, every_s)

    return _kind(name, sentence, begin)


def _reset(case: Case, share: float) -> int:
    stage = case.stage
    return stage.network.reset(stage.trader.name, stage.kraken.name, rng=case.rng, share=share)


def _cut_short(case: Case, share: float) -> int:
    stage = case.stage
    return stage.network.cut_short(stage.kraken.name, stage.trader.name, rng=case.rng, share=share)


def _forgotten_there(case: Case, share: float) -> int:
    return case.stage.network.half_open(case.stage.kraken.name, rng=case.rng, share=share)


def _forgotten_here(case: Case, share: float) -> int:
    return case.stage.network.half_open(case.stage.trader.name, rng=case.rng, share=share)


def _refused(case: Case) -> Begun:
    network, kraken = case.stage.network, case.stage.kraken.name
    network.refuse(kraken)
    case.undo.callback(network.refuse, kraken, refused=False)
    ended = network.reset(case.stage.trader.name, kraken)
    return Begun(f"connections are refused; {ended} were reset first")


def _turned_away(case: Case) -> Begun:
    faults = case.stage.exchange.faults
    case.turn(faults, refuse_connections=True)
    ended = faults.close_sockets()
    return Begun(f"connections are taken, and closed before a byte is read; {ended} open sockets were ended first")


def _names(case: Case) -> Begun:
    case.turn(case.stage.network, names_fail=True)
    ended = case.stage.network.reset(case.stage.trader.name, case.stage.kraken.name)
    return Begun(f"no name can be looked up; {ended} connections were reset first")


def _slow_names(case: Case) -> Begun:
    names_s = case.rng.uniform(3.0, 20.0)
    case.turn(case.stage.network, names_s=names_s)
    ended = case.stage.network.reset(case.stage.trader.name, case.stage.kraken.name)
    return Begun(f"a name takes {names_s:.0f} s to be looked up; {ended} connections were reset first")


def _syn_loss(case: Case) -> Begun:
    for link in case.stage.both_ways:
        case.turn(link, unheard=True)
    ended = case.stage.network.reset(case.stage.trader.name, case.stage.kraken.name, rng=case.rng, share=0.5)
    return Begun(f"new connections get no answer, and those there are live on; {ended} were reset first")


def _latency(case: Case) -> Begun:
    latency_s = case.rng.uniform(0.2, 1.5)
    for link in case.stage.both_ways:
        case.turn(link, latency_s=latency_s)
    return Begun(f"every way takes {latency_s * 1000:.0f} ms")


def _jitter(case: Case) -> Begun:
    jitter_s = case.rng.uniform(0.05, 0.8)
    for link in case.stage.both_ways:
        case.turn(link, jitter_s=jitter_s)
    return Begun(f"every way takes up to {jitter_s * 1000:.0f} ms longer, at random")


def _narrow(case: Case) -> Begun:
    bytes_per_s = case.rng.choice((2_000, 8_000, 30_000))
    for link in case.stage.both_ways:
        case.turn(link, bytes_per_s=float(bytes_per_s))
    return Begun(f"the line carries {bytes_per_s} bytes a second, for all connections together")


def _odd_pieces(case: Case) -> Begun:
    pieces = case.rng.randint(2, 1400)
    for link in case.stage.both_ways:
        case.turn(link, pieces=pieces)
    return Begun(f"at most {pieces} bytes arrive together")


def _stutter(case: Case) -> Begun:
    ways = case.stage.both_ways
    for link in ways:
        case.turn(link, stalled=False)

    def strike() -> None:
        for link in ways:
            link.stalled = not link.stalled

    return Begun("the line stops and goes on, again and again", strike, every_s=case.rng.uniform(0.5, 4.0))


NETWORK: Final = (
    _broken("reset", "Connections are reset (RST).", _reset, "are reset"),
    _broken("fin-mid-message", "Connections end properly (FIN) in the middle of a message.", _cut_short, "end in a message"),
    _broken("corruption", "Bytes are damaged on the way, which TLS answers by ending the connection.", _reset, "end as damaged"),
    _broken(
        "half-open", "The exchange has forgotten connections that the engine believes in.", _forgotten_there, "are half open"
    ),
    _broken(
        "half-open-there",
        "The exchange believes in connections that the engine has lost.",
        _forgotten_here,
        "are half open there",
    ),
    _line("stall", "Nothing arrives for a while, either way; then all of it.", "nothing arrives, either way", stalled=True),
    _one_way("stall-one-way", "Nothing arrives for a while, one way only.", "nothing arrives", stalled=True),
    _line(
        "nat-drop",
        "A router forgets every connection that is used: silence for ever, without a word.",
        "connections that are used fall silent for ever",
        lost=True,
    ),
    _one_way("loss-one-way", "Everything that is sent one way is lost for ever.", "everything is lost", lost=True),
    _kind("syn-loss", "New connections get no answer at all, while those there are live on.", _syn_loss),
    _kind("refused", "New connections are refused.", _refused),
    _kind("turned-away", "New connections are taken, and closed before a byte is read.", _turned_away),
    _kind("dns-fails", "Names cannot be looked up.", _names),
    _kind("dns-slow", "Names take many seconds to be looked up.", _slow_names),
    _kind("latency", "The line becomes slow: up to 1.5 seconds each way.", _latency),
    _kind("jitter", "The line becomes uneven: up to 0.8 seconds more or less.", _jitter),
    _kind("narrow-line", "The line becomes narrow: as little as 2 kB a second.", _narrow),
    _line("single-bytes", "Everything arrives byte by byte.", "bytes arrive one by one", pieces=1),
    _kind("odd-pieces", "Everything arrives in pieces of an odd size.", _odd_pieces),
    _kind("stutter", "The line stops and goes on, again and again.", _stutter),
)
