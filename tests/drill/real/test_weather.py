"""A bad line, packet by packet."""

from random import Random

from seawall.drill.real.weather import Weather

PACKET = bytes(range(200))


def test_a_good_line_gives_each_packet_once_at_once_and_whole() -> None:
    weather = Weather(Random(1))
    assert [weather.arrivals(PACKET, float(second)) for second in range(100)] == [
        [(float(second), PACKET)] for second in range(100)
    ]


def test_shares_are_kept() -> None:
    weather = Weather(Random(2), lost=0.1, doubled=0.2, damaged=0.3)
    arrived = [weather.arrivals(PACKET, 0.0) for _ in range(10_000)]

    assert 0.08 < sum(not copies for copies in arrived) / 10_000 < 0.12
    assert 0.18 < sum(len(copies) == 2 for copies in arrived) / sum(bool(copies) for copies in arrived) < 0.22
    contents = [content for copies in arrived for _, content in copies]
    assert 0.27 < sum(content != PACKET for content in contents) / len(contents) < 0.33


def test_damage_is_one_bit_behind_the_headers() -> None:
    weather = Weather(Random(3), damaged=1.0)
    for _ in range(100):
        ((_, content),) = weather.arrivals(PACKET, 0.0)
        changed = [place for place, (before, after) in enumerate(zip(PACKET, content, strict=True)) if before != after]
        assert len(changed) == 1
        assert changed[0] >= 40
        assert (PACKET[changed[0]] ^ content[changed[0]]).bit_count() == 1
    assert weather.arrivals(b"too short to have content", 0.0) == [(0.0, b"too short to have content")]


def test_jitter_lets_packets_overtake_each_other_and_none_arrives_before_it_was_sent() -> None:
    weather = Weather(Random(4), latency_s=0.05, jitter_s=0.1)
    due_s = [weather.arrivals(PACKET, second / 100)[0][0] - second / 100 for second in range(1000)]

    assert min(due_s) == 0.0
    assert 0.14 < max(due_s) <= 0.15 + 1e-9
    arrivals_s = [second / 100 + due for second, due in enumerate(due_s)]
    assert arrivals_s != sorted(arrivals_s)


def test_a_narrow_line_gives_one_packet_after_the_other() -> None:
    weather = Weather(Random(5), bytes_per_s=1000)
    assert [weather.arrivals(PACKET, 0.0)[0][0] for _ in range(3)] == [0.2, 0.4, 0.6000000000000001]
    assert weather.arrivals(PACKET, 10.0)[0][0] == 10.2


def test_nothing_gets_through_in_the_dark_and_a_clear_line_is_as_new() -> None:
    weather = Weather(Random(6), 1.0, 1.0, 0.5, 0.5, 0.5, 10.0, dark=True)
    assert weather.arrivals(PACKET, 0.0) == []
    weather.clear()
    assert [weather.arrivals(PACKET, 1.0) for _ in range(50)] == [[(1.0, PACKET)]] * 50
