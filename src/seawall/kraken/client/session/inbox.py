"""Messages of a socket, decoded and given to whom they concern."""

from collections.abc import Sequence

import attrs

from seawall.kraken.client.session.conversation import Conversation
from seawall.kraken.client.session.facts import FrameMisunderstood, FrameUnknown, Owner, Takers
from seawall.kraken.client.session.feeds import Feeds
from seawall.kraken.dialect.bad import BadFrame
from seawall.kraken.dialect.socket.frames import decode
from seawall.kraken.dialect.socket.private_frames import Response
from seawall.kraken.dialect.unknown import Unknown
from seawall.model.venue import Probe
from seawall.resilience.probes import tell

__all__ = ["Inbox"]


@attrs.define(eq=False)
class Inbox:
    """Answers go to the conversation or the feeds, facts to the owner. What makes no sense is counted and told."""

    _socket: str
    _conversation: Conversation
    _feeds: Feeds
    _owner: Owner
    _probe: Probe
    messages: int = attrs.field(default=0, init=False)
    misunderstood: int = attrs.field(default=0, init=False)
    unknown: int = attrs.field(default=0, init=False)
    _takers: Takers = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        # One look into a table by class: an `isinstance` of a struct asks its metaclass, and two would be a tenth of a ticker.
        self._takers = {Response: self._take_response, Unknown: self._take_unknown, **self._owner.takers()}

    def take(self, messages: Sequence[bytes], received_s: float) -> None:
        """Deal with the messages of one read, in order. What it raises is a bug of the owner's."""
        self.messages += len(messages)
        taker_of = self._takers.get
        for message in messages:
            try:
                frame = decode(message)
            except BadFrame as bad:
                self._misunderstood(bad, message)
                continue
            taker = taker_of(type(frame))
            if taker is not None:
                taker(frame, received_s)

    def _take_response(self, frame: Response, received_s: float) -> None:
        taker = self._feeds if frame.method in {"subscribe", "unsubscribe"} else self._conversation
        taker.answered(frame, received_s)

    def _take_unknown(self, frame: Unknown, _received_s: float) -> None:
        self.unknown += 1
        tell(self._probe, FrameUnknown(self._socket, frame.what, frame.value))

    def _misunderstood(self, bad: BadFrame, message: bytes) -> None:
        self.misunderstood += 1
        tell(self._probe, FrameMisunderstood(self._socket, bad.reason, bad.frame))
        self._conversation.misunderstood(bad, message)
        self._owner.misunderstood(bad, message)
