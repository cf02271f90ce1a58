"""Messages of a socket, decoded and given to whom they concern."""

from collections.abc import Sequence
from typing import Final

import attrs

from seawall.kraken.client.session.conversation import Conversation
from seawall.kraken.client.session.facts import FrameMisunderstood, FrameUnknown, Owner
from seawall.kraken.client.session.feeds import Feeds
from seawall.kraken.dialect.bad import BadFrame
from seawall.kraken.dialect.socket.frames import Frame, decode
from seawall.kraken.dialect.socket.private_frames import Response
from seawall.kraken.dialect.unknown import Unknown
from seawall.model.venue import Probe
from seawall.resilience.probes import tell

__all__ = ["Inbox"]

_ASIDE: Final = frozenset({Response, Unknown})
"""What is not for the owner, and rare. One look at the class passes all that is busy; two `isinstance` of a struct, which
ask its metaclass, would cost a tenth of a ticker."""


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

    def take(self, messages: Sequence[bytes], received_s: float) -> None:
        """Deal with the messages of one read, in order. What it raises is a bug of the owner's."""
        self.messages += len(messages)
        took = self._owner.took
        for message in messages:
            try:
                frame = decode(message)
            except BadFrame as bad:
                self._misunderstood(bad, message)
                continue
            if type(frame) in _ASIDE:
                self._set_aside(frame, received_s)
            else:
                took(frame, received_s)

    def _set_aside(self, frame: Frame, received_s: float) -> None:
        if isinstance(frame, Response):
            taker = self._feeds if frame.method in {"subscribe", "unsubscribe"} else self._conversation
            taker.answered(frame, received_s)
        elif isinstance(frame, Unknown):
            self.unknown += 1
            tell(self._probe, FrameUnknown(self._socket, frame.what, frame.value))

    def _misunderstood(self, bad: BadFrame, message: bytes) -> None:
        self.misunderstood += 1
        tell(self._probe, FrameMisunderstood(self._socket, bad.reason, bad.frame))
        self._conversation.misunderstood(bad, message)
        self._owner.misunderstood(bad, message)
