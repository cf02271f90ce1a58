"""Who listens to what."""

from typing import NamedTuple, Protocol

import attrs

__all__ = ["Subscriber", "Topic", "Topics"]


class Subscriber(Protocol):
    """Takes frames; never blocks."""

    def send(self, frame: str) -> None:
        """Queue one frame for the wire."""
        ...


class Topic(NamedTuple):
    """One subscription's key: `option` is the depth of a book, the interval of candles, the trigger of a ticker."""

    channel: str
    symbol: str = ""
    option: int | str = 0


@attrs.define(eq=False)
class Topics:
    """Subscribers by topic, in the order in which they came."""

    _by_topic: dict[Topic, dict[Subscriber, None]] = attrs.field(factory=dict)

    def add(self, topic: Topic, subscriber: Subscriber) -> bool:
        """Subscribe; False when it was subscribed already."""
        known = self._by_topic.setdefault(topic, {})
        if subscriber in known:
            return False
        known[subscriber] = None
        return True

    def has(self, topic: Topic, subscriber: Subscriber) -> bool:
        """Whether it is subscribed."""
        return subscriber in self._by_topic.get(topic, {})

    def remove(self, topic: Topic, subscriber: Subscriber) -> bool:
        """Unsubscribe; False when it was not subscribed."""
        known = self._by_topic.get(topic, {})
        if subscriber not in known:
            return False
        del known[subscriber]
        if not known:
            del self._by_topic[topic]
        return True

    def remove_all(self, subscriber: Subscriber) -> None:
        """Forget a subscriber that left."""
        for topic in [topic for topic, known in self._by_topic.items() if subscriber in known]:
            self.remove(topic, subscriber)

    def of(self, subscriber: Subscriber) -> int:
        """How many subscriptions it has."""
        return sum(subscriber in known for known in self._by_topic.values())

    def wanted(self, topic: Topic) -> bool:
        """Whether anybody would hear it."""
        return topic in self._by_topic

    def symbols(self, channel: str) -> set[str]:
        """The symbols that somebody follows on a channel; for membership tests only, as it has no order."""
        return {topic.symbol for topic in self._by_topic if topic.channel == channel}

    def publish(self, topic: Topic, frame: str) -> None:
        """Hand a frame to every subscriber of the topic."""
        for subscriber in tuple(self._by_topic.get(topic, ())):
            subscriber.send(frame)
