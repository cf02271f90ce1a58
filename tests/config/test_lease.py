"""Which account an engine trades, and where its lock file is."""

from collections.abc import Callable
from pathlib import Path

import pytest

from seawall.config import Config, Exchange, Lease, Mode
from seawall.config.lease import account_of, lease_directory, lease_terms

KEY = "kQH5HW/8p1uGOVjbgWA7FunAmGO8lsSUXNsu3eow76sz84Q18fWxnyRzBHCd3pd5"
LOCAL = Exchange(rest="http://localhost:1", public="ws://localhost:2", private="ws://localhost:3", level3="ws://localhost:4")


def test_a_key_is_named_by_a_digest_that_does_not_show_it() -> None:
    account = account_of(Config(mode=Mode.LIVE), KEY)
    assert account.startswith("key-")
    assert KEY[:6] not in account
    assert account == account_of(Config(mode=Mode.LIVE, name="another", journal=Path("other.sqlite")), KEY)
    assert account != account_of(Config(mode=Mode.LIVE), KEY.lower())


def test_a_name_that_was_given_names_it_whatever_the_key() -> None:
    config = Config(mode=Mode.LIVE, lease=Lease(account="main"))
    assert account_of(config, KEY) == account_of(config, "another") == "main"


def test_equal_keys_of_two_simulated_exchanges_are_two_accounts() -> None:
    elsewhere = Exchange(
        rest="http://localhost:9", public="ws://localhost:2", private="ws://localhost:3", level3="ws://localhost:4"
    )
    accounts = {account_of(Config(mode=Mode.SIM, exchange=exchange), KEY) for exchange in (LOCAL, elsewhere)}
    assert len(accounts) == 2
    assert account_of(Config(mode=Mode.LIVE), KEY) not in accounts


@pytest.mark.parametrize(
    ("environ", "directory"),
    [
        ({"XDG_STATE_HOME": "/state", "HOME": "/home/me"}, "/state/seawall"),
        ({"HOME": "/home/me"}, "/home/me/.local/state/seawall"),
        ({"XDG_STATE_HOME": "relative", "HOME": "/home/me"}, "/home/me/.local/state/seawall"),
        ({}, str(Path.home() / ".local/state/seawall")),
    ],
)
def test_lock_files_are_in_the_users_state_directory(environ: dict[str, str], directory: str) -> None:
    assert str(lease_directory(Config(mode=Mode.LIVE), environ)) == directory


def test_a_directory_that_was_given_is_taken(tmp_path: Path) -> None:
    assert lease_directory(Config(mode=Mode.LIVE, lease=Lease(directory=tmp_path)), {"XDG_STATE_HOME": "/state"}) == tmp_path


@pytest.mark.parametrize(
    "text",
    ['mode = "paper"\nlease.standby = true', 'mode = "sim"\nlease.standby = true'],
)
def test_an_account_that_is_made_anew_cannot_be_waited_for(faults: Callable[[str], list[str]], text: str) -> None:
    [fault] = faults(text)
    assert fault.startswith("lease.standby: mode = ")


def test_a_renewal_that_comes_too_late_for_a_second_try_is_a_fault(faults: Callable[[str], list[str]]) -> None:
    [fault] = faults('mode = "sim"\ndeadlines.lease_every_s = 3')
    assert fault == (
        "deadlines.lease_every_s: expected at most half of lease_valid_s (4), so that one renewal may be late; found 3"
    )


def test_a_name_that_is_no_name_of_a_file_is_a_fault(faults: Callable[[str], list[str]]) -> None:
    [fault] = faults('mode = "sim"\nlease.account = "../main"')
    assert fault.startswith("lease.account: expected lower-case letters")


def test_the_terms_are_those_of_the_configuration(load: Callable[[str], Config], tmp_path: Path) -> None:
    strategies = 'strategies = [{ name = "a", use = "a:b", symbols = ["BTC/USD", "ETH/USD"] }, { name = "c", use = "a:b" }]'
    config = load(f'mode = "sim"\nname = "grid"\n{strategies}\n[lease]\ndirectory = "state"\n')
    assert lease_terms(config, None, {}, lambda: 7, standby=True) is None
    terms = lease_terms(config, KEY, {}, lambda: 7, standby=True)
    assert terms is not None
    assert (terms.every_s, terms.valid_s, terms.standby, terms.follow) == (1.0, 4.0, True, ("BTC/USD", "ETH/USD"))
    assert (terms.lease.holder.engine, terms.lease.holder.since_ns) == ("grid", 7)
    assert config.lease.directory == tmp_path / "state"
