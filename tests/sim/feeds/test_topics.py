"""Who listens to what."""

import attrs

from seawall.sim.feeds.topics import Topic, Topics


@attrs.define(eq=False)
class Listener:
    heard: list[str] = attrs.field(factory=list)

    def send(self, frame: str) -> None:
        self.heard.append(frame)


def test_only_those_who_follow_a_topic_hear_it() -> None:
    topics, one, two = Topics(), Listener(), Listener()
    topics.add(Topic("book", "BTC/USD", 10), one)
    topics.add(Topic("book", "BTC/USD", 25), two)

    topics.publish(Topic("book", "BTC/USD", 10), "x")

    assert (one.heard, two.heard) == (["x"], [])


def test_following_twice_and_leaving_twice_is_noticed() -> None:
    topics, one, topic = Topics(), Listener(), Topic("trade", "BTC/USD")

    assert [topics.add(topic, one), topics.add(topic, one)] == [True, False]
    assert [topics.remove(topic, one), topics.remove(topic, one)] == [True, False]
    assert not topics.wanted(topic)


def test_who_leaves_altogether_hears_nothing_more() -> None:
    topics, one = Topics(), Listener()
    for channel in ("trade", "book"):
        topics.add(Topic(channel, "BTC/USD"), one)
    assert (topics.of(one), topics.symbols("book")) == (2, {"BTC/USD"})

    topics.remove_all(one)

    assert (topics.of(one), topics.symbols("book")) == (0, set())
