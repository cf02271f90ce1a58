import subprocess
import sys
from pathlib import Path

import attrs
import pytest
from support.kraken_server import Stage
from trio.testing import MockClock

from seawall.kraken.client.rest.keys import BadNonceFile, KeyInUse, owned_nonce

NOW_NS = 1_795_410_000_000_000_000
HOUR_NS = 3_600_000_000_000


def test_nonces_rise_above_those_of_the_last_run_when_the_clock_was_set_back(tmp_path: Path) -> None:
    path = tmp_path / "nonce"
    with owned_nonce("key", lambda: NOW_NS, path) as nonce:
        last = [nonce.next() for _ in range(3)][-1]
    with owned_nonce("key", lambda: NOW_NS - HOUR_NS, path) as nonce:
        assert nonce.next() == last + 1


def test_the_next_run_goes_on_at_the_clock_when_that_is_ahead(tmp_path: Path) -> None:
    path = tmp_path / "nonce"
    with owned_nonce("key", lambda: NOW_NS, path) as nonce:
        nonce.next()
    with owned_nonce("key", lambda: NOW_NS + 1000, path) as nonce:
        assert nonce.next() == NOW_NS + 1000


KILLED = """
import os, sys
from pathlib import Path
from seawall.kraken.client.rest.keys import owned_nonce
clock = iter(range(int(sys.argv[2]), 2**63, 10**9))
with owned_nonce("key", lambda: next(clock), Path(sys.argv[1])) as nonce:
    for _ in range(200):
        last = nonce.next()
    print(last, flush=True)
    os.kill(os.getpid(), 9)
"""


def test_nonces_rise_above_those_of_a_run_that_was_killed(tmp_path: Path) -> None:
    path = tmp_path / "nonce"
    killed = subprocess.run([sys.executable, "-c", KILLED, str(path), str(NOW_NS)], capture_output=True, text=True, check=False)
    assert killed.returncode == -9, killed.stderr
    last = int(killed.stdout)
    assert last == NOW_NS + 199 * 10**9
    with owned_nonce("key", lambda: NOW_NS - HOUR_NS, path) as nonce:
        assert last < nonce.next() <= last + 120 * 10**9 + 1


def test_no_nonce_is_handed_out_above_what_the_file_says(tmp_path: Path) -> None:
    path = tmp_path / "nonce"
    clock = iter(range(NOW_NS, 2**63, 7 * 10**9))
    with owned_nonce("key", lambda: next(clock), path) as nonce:
        for _ in range(100):
            assert nonce.next() <= int(path.read_text().split()[2])


HOLDER = """
import sys
from pathlib import Path
from seawall.kraken.client.rest.keys import owned_nonce
with owned_nonce("key", lambda: 1, Path(sys.argv[1])) as nonce:
    nonce.next()
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_process_with_the_same_file_is_refused_and_told_who_has_it(tmp_path: Path) -> None:
    path = tmp_path / "nonce"
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(KeyInUse, match=f"process {holder.pid} uses"), owned_nonce("key", lambda: 1, path):
            pytest.fail("it must not open")
        holder.communicate()
    with owned_nonce("key", lambda: 1, path) as nonce:
        assert nonce.next() == 2


def test_a_key_has_one_owner_in_a_process_and_is_free_again_afterwards() -> None:
    with owned_nonce("key", lambda: 1):
        with pytest.raises(KeyInUse, match="another client of this program"), owned_nonce("key", lambda: 1):
            pytest.fail("it must not open")
        with owned_nonce("other", lambda: 1) as nonce:
            assert nonce.next() == 1
    with owned_nonce("key", lambda: 1) as nonce:
        assert nonce.next() == 1


def test_a_file_of_another_key_or_of_something_else_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "nonce"
    with owned_nonce("key", lambda: NOW_NS, path) as nonce:
        nonce.next()
    told = path.read_bytes()
    with pytest.raises(BadNonceFile, match="another API key"), owned_nonce("other", lambda: 1, path):
        pytest.fail("it must not open")
    assert path.read_bytes() == told
    path.write_text("my diary")
    with pytest.raises(BadNonceFile, match="no nonce file"), owned_nonce("key", lambda: 1, path):
        pytest.fail("it must not open")
    assert path.read_text() == "my diary"


def test_the_file_shows_nothing_of_the_key_and_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "nonce"
    with owned_nonce("A-very-secret-key", lambda: NOW_NS, path) as nonce:
        nonce.next()
    assert b"secret" not in path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600


async def test_a_venue_owns_its_key_until_its_block_is_left(rest_only: Stage, autojump_clock: MockClock) -> None:
    async with rest_only.venue():
        with pytest.raises(KeyInUse):
            async with rest_only.venue():
                pytest.fail("it must not open")
    async with rest_only.venue() as venue:
        await venue.balances()


async def test_a_venues_nonces_rise_across_restarts_with_a_clock_that_stands_still(
    rest_only: Stage, autojump_clock: MockClock, tmp_path: Path
) -> None:
    settings = attrs.evolve(rest_only.settings, nonce_file=tmp_path / "nonce")
    for _ in range(3):
        async with rest_only.venue(settings) as venue:
            await venue.balances()
    nonces = [int(params["nonce"]) for params in rest_only.server.called("BalanceEx")]
    assert len(nonces) == 3
    assert nonces == sorted(set(nonces))
