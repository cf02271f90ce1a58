"""Faults of the exchange's WebSockets: what is said on them, in which order, and how they begin and end."""

from collections.abc import Callable
from typing import Final

from seawall.sim.catalogue.kinds import Begun, Case, FaultKind, Group
from seawall.sim.server.raw import BINARY, TEXT, raw_frame, raw_head
from seawall.sim.settings import Door

__all__ = ["WEBSOCKET"]

OVERSIZE: Final = 16 * 2**20
"""Bytes that such a message announces; more than any frame of the exchange's."""
SHOWN: Final = 4096
"""Bytes that come of it."""
PING: Final = 9
SOCKETS: Final = (Door.PUBLIC, Door.PRIVATE)


def _kind(name: str, sentence: str, begin: Callable[[Case], Begun], *, weight: float = 1.0) -> FaultKind:
    return FaultKind(name, sentence, Group.WEBSOCKET, begin, weight=weight)


def _frames(name: str, sentence: str, knob: str, what: str) -> FaultKind:
    def begin(case: Case) -> Begun:
        chance = case.rng.choice((0.01, 0.05, 0.2))
        frames = case.stage.exchange.faults.frames
        case.turn(frames, **{knob: chance})
        case.undo.callback(frames.release)
        return Begun(f"{chance:.0%} of frames with a number or a checksum {what}")

    return _kind(name, sentence, begin)


def _thrown(name: str, sentence: str, data: Callable[[Case], bytes], what: str, *, then_end: bool = False) -> FaultKind:
    def begin(case: Case) -> Begun:
        door = case.rng.choice(SOCKETS)
        faults = case.stage.exchange.faults

        def strike() -> str:
            count = faults.throw(data(case), door, then_end=then_end)
            return f"{what} on {count} {door} sockets"

        return Begun(f"{what} on {door} sockets, again and again", strike, every_s=case.rng.uniform(4.0, 15.0))

    return _kind(name, sentence, begin)


def _handshake(name: str, sentence: str, what: str, **values: object) -> FaultKind:
    def begin(case: Case) -> Begun:
        faults = case.stage.exchange.faults
        case.turn(faults, **values)
        ended = faults.close_sockets()
        return Begun(f"{what}; {ended} open sockets were ended first")

    return _kind(name, sentence, begin)


def _goodbye(name: str, sentence: str, what: str, said: bytes) -> FaultKind:
    def begin(case: Case) -> Begun:
        case.turn(case.stage.exchange.faults, goodbye=said)
        return Begun(what)

    return _kind(name, sentence, begin)


def _delay(case: Case) -> Begun:
    channel, frames = case.rng.choice(("executions", "book", "balances", "ticker")), case.stage.exchange.faults.frames
    frames.held.add(channel)

    def undo() -> None:
        frames.held.discard(channel)
        frames.release()

    def strike() -> None:
        frames.release()

    case.undo.callback(undo)
    every_s = case.rng.uniform(1.0, 8.0)
    return Begun(f"frames of {channel} are held back, and come together about every {every_s:.0f} s", strike, every_s)


def _wrong_checksum(case: Case) -> Begun:
    symbol = case.rng.choice(tuple(case.stage.exchange.exchange.pairs))
    faults = case.stage.exchange.faults
    case.undo.callback(faults.forgive_checksums, symbol)

    def strike() -> str:
        faults.spoil_checksum(symbol)
        return f"the next book update of {symbol} has a wrong checksum"

    return Begun(f"now and then a book update of {symbol} has a wrong checksum", strike, every_s=case.rng.uniform(3.0, 15.0))


def _silent_subscription(case: Case) -> Begun:
    channel = case.rng.choice(("book", "ticker", "trade", "executions", "balances"))
    public = channel not in {"executions", "balances"}
    symbol = case.rng.choice(tuple(case.stage.exchange.exchange.pairs)) if public else None
    muted = case.stage.exchange.faults.frames.muted
    muted.add((channel, symbol))
    case.undo.callback(muted.discard, (channel, symbol))
    return Begun(f"nothing comes of {channel}{f' {symbol}' if symbol else ''}, while its socket and everything else lives")


def _partial_refusal(case: Case) -> Begun:
    channel = case.rng.choice(("book", "ticker", "trade", "executions"))
    private = channel == "executions"
    symbol = "" if private else case.rng.choice(tuple(case.stage.exchange.exchange.pairs))
    faults = case.stage.exchange.faults
    refused, key = faults.refused_subscriptions, (channel, symbol)
    refused[key] = "EService:Busy"
    case.undo.callback(refused.pop, key, None)
    faults.close_sockets(Door.PRIVATE if private else Door.PUBLIC)
    return Begun(f"after a reconnect, {channel}{f' {symbol}' if symbol else ''} is refused as busy, and all else is taken")


def _silent_door(case: Case) -> Begun:
    door, faults = case.rng.choice(SOCKETS), case.stage.exchange.faults
    faults.go_silent(door)
    case.undo.callback(faults.silent.discard, door)
    return Begun(f"not a byte comes through the {door} sockets, which stay open")


def _closed(case: Case) -> Begun:
    faults = case.stage.exchange.faults

    def strike() -> str:
        door = case.rng.choice((*SOCKETS, None))
        return f"{faults.close_sockets(door)} sockets ended without a goodbye"

    return Begun("sockets end without a goodbye, again and again", strike, every_s=case.rng.uniform(3.0, 12.0))


def _news(case: Case) -> Begun:
    faults = case.stage.exchange.faults
    texts = (
        '{"channel":"moonphase","type":"update","data":[{"phase":1.5}]}',
        '{"channel":"book","type":"merge","data":[]}',
        '{"method":"reboot","success":true}',
        "[]",
        "null",
        '{"channel":"executions","type":"update","data":[{"exec_type":"blessed","order_id":"OAAAAA-BBBBB-CCCCCC"}],"x":{}}',
    )

    def strike() -> str:
        text = case.rng.choice(texts)
        faults.say(text)
        return f"every socket was told {text[:40]}"

    return Begun("sockets bring frames of kinds that nobody has heard of", strike, every_s=case.rng.uniform(3.0, 12.0))


WEBSOCKET: Final = (
    _frames("ws-duplicate", "Frames of the book and of the account come twice.", "doubled", "come twice"),
    _frames("ws-reorder", "Frames of the book and of the account overtake each other.", "swapped", "come after the next one"),
    _frames("ws-gap", "Frames of the book and of the account are missing.", "lost", "are lost"),
    _kind("ws-delay", "One channel comes in bursts, seconds late, while the others keep up.", _delay),
    _thrown(
        "ws-garbage",
        "A socket brings text that is not JSON.",
        lambda case: raw_frame(case.rng.choice((b"CloudFlare WebSocket proxy restarting", b"{", b"\x00", b"NaN,,"))),
        "text that is not JSON",
    ),
    _thrown(
        "ws-not-utf8",
        "A socket brings text that is not UTF-8.",
        lambda _case: raw_frame(b'{"channel":"\xff\xfe"}', TEXT),
        "text that is not UTF-8",
    ),
    _thrown(
        "ws-binary",
        "A socket brings binary frames.",
        lambda case: raw_frame(case.rng.randbytes(64), BINARY),
        "binary frames",
    ),
    _thrown(
        "ws-oversize",
        "A socket announces a message of 16 MiB.",
        lambda _case: raw_head(OVERSIZE) + b" " * SHOWN,
        "a message of 16 MiB",
    ),
    _thrown(
        "ws-unfinished",
        "A socket brings the beginning of a message, and then another message in its middle.",
        lambda _case: raw_frame(b'{"channel":', final=False),
        "a message that is never finished",
    ),
    _thrown(
        "ws-fin-in-frame",
        "A socket ends in the middle of a frame, with a proper FIN.",
        lambda _case: raw_frame(b'{"channel":"book","type":"update"}')[:20],
        "half a frame and the end",
        then_end=True,
    ),
    _thrown(
        "ws-pings",
        "A socket brings hundreds of pings at once.",
        lambda _case: raw_frame(b"are you there", PING) * 300,
        "300 pings",
    ),
    _kind("ws-news", "Sockets bring channels, methods and values that nobody has heard of.", _news),
    _kind("ws-checksum", "Book updates come with a wrong checksum.", _wrong_checksum),
    _kind("ws-closed", "Sockets end without a goodbye.", _closed),
    _kind("ws-silent", "Sockets stay open, and not one byte comes through them.", _silent_door),
    _kind("ws-silent-channel", "One subscription is silent while its socket lives.", _silent_subscription),
    _kind("ws-partial-refusal", "After a reconnect one of many subscriptions is refused.", _partial_refusal),
    _handshake(
        "ws-upgrade-hangs",
        "A WebSocket handshake is never answered, and its connection stays open.",
        "handshakes are not answered",
        handshakes_hang=True,
    ),
    _handshake("ws-upgrade-429", "WebSocket handshakes are refused: too many.", "handshakes get HTTP 429", handshake_status=429),
    _handshake(
        "ws-upgrade-503", "WebSocket handshakes are refused: no service.", "handshakes get HTTP 503", handshake_status=503
    ),
    _handshake(
        "ws-upgrade-wrong",
        "WebSocket handshakes are answered by somebody who does not speak the protocol.",
        "handshakes are accepted with a wrong key",
        wrong_accept=True,
    ),
    _handshake(
        "ws-closed-at-once", "WebSockets are closed as soon as they are open.", "sockets are closed at once", close_at_once=True
    ),
    _goodbye(
        "ws-oversize-goodbye",
        "A goodbye is answered with a message of 16 MiB.",
        "a close frame is answered with the beginning of a message of 16 MiB",
        raw_head(OVERSIZE) + b" " * SHOWN,
    ),
    _goodbye("ws-no-goodbye", "A goodbye is never answered.", "a close frame gets no answer, and the connection stays", b""),
)
