import pytest

from seawall.drill.suspects import suspects

SOURCE = """
import threading
import time
from time import monotonic
from random import Random

import datetime as dt
from datetime import datetime

early = Random()
steady = Random(7)


async def strategy(market):
    late = Random()
    now = datetime.now(dt.timezone.utc)
    later = dt.datetime.utcnow()
    for symbol in {"BTC/USD", "ETH/USD"}:
        await market.say(symbol)
    for symbol in set(market.symbols):
        await market.say(symbol)
    for symbol in sorted({"BTC/USD"}):
        await market.say(symbol)
    return time.monotonic()
"""


def test_what_a_world_cannot_give_twice_is_found_with_its_line() -> None:
    assert [(suspect.line, suspect.code) for suspect in suspects(SOURCE)] == [
        (2, "import threading"),
        (4, "from time import monotonic"),
        (5, "from random import Random"),
        (10, "Random()"),
        (16, "datetime.now(dt.timezone.utc)"),
        (17, "dt.datetime.utcnow()"),
        (18, "{'BTC/USD', 'ETH/USD'}"),
        (20, "set(market.symbols)"),
    ]


@pytest.mark.parametrize(
    "harmless",
    [
        "import time\nasync def run(market):\n    return time.time()",
        "import random\nasync def run(market):\n    return random.random()",
        "from datetime import datetime\nasync def run(market):\n    return datetime.fromtimestamp(market.now_ns / 1e9)",
        "import trio\nasync def run(market):\n    await trio.sleep(1)",
    ],
)
def test_what_the_world_stands_in_for_is_no_suspect(harmless: str) -> None:
    assert suspects(harmless) == []
