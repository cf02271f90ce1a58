"""The lease as the engine takes it: by a file, and with PostgreSQL across hosts."""

import os
import socket
import time
from collections.abc import Generator
from pathlib import Path

import pytest
import sqlalchemy as sa
import trio
from support.postgres import PostgresServer, find_postgres, open_postgres

from seawall.journal import JournalInUse, Where, open_journal
from seawall.journal.lease import AccountLease
from seawall.model.errors import AccountLeased, JournalFailed, LeaseLost
from seawall.model.lease import Holder

needs_postgres = pytest.mark.skipif(find_postgres() is None, reason="PostgreSQL's server is not installed (Debian: postgresql)")


@pytest.fixture(scope="module")
def server() -> Generator[PostgresServer, None, None]:
    pytest.importorskip("psycopg", reason="the driver is in the extra `postgres`")
    binaries = find_postgres()
    assert binaries is not None
    with open_postgres(binaries) as running:
        yield running


@pytest.fixture
def url(server: PostgresServer) -> str:
    return server.new_database()


def lease_of(engine: str, journal: Where, directory: Path, *, account: str = "main", valid_s: float = 4.0) -> AccountLease:
    holder = Holder(engine, socket.gethostname(), os.getpid(), time.time_ns())
    return AccountLease(account, holder, directory, journal, valid_s=valid_s, now_ns=time.time_ns)


def query(url: str, statement: str) -> list[tuple[object, ...]]:
    engine = sa.create_engine(sa.make_url(url).set(drivername="postgresql+psycopg"))
    with engine.begin() as connection:
        result = connection.exec_driver_sql(statement)
        rows = [tuple(row) for row in result] if result.returns_rows else []
    engine.dispose()
    return rows


END_HOLDERS = (
    "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


async def test_on_one_host_a_file_is_enough_and_each_taking_raises_the_epoch(tmp_path: Path) -> None:
    first, second = (lease_of(name, tmp_path / f"{name}.sqlite", tmp_path / "state") for name in ("first", "second"))
    await first.take()
    await first.renew()
    with pytest.raises(AccountLeased, match=r"\(first on .+, process \d+, since "):
        await second.take()
    await first.release()
    with pytest.raises(LeaseLost):
        await first.renew()
    await second.take()
    assert (first.epoch, second.epoch) == (1, 2)
    await second.release()


async def test_a_journal_that_another_engine_has_is_not_waited_for_with_the_account_in_hand(tmp_path: Path) -> None:
    journal = tmp_path / "seawall.sqlite"
    lease = lease_of("first", journal, tmp_path)
    async with open_journal(journal, now_ns=time.time_ns):
        with pytest.raises(JournalInUse):
            await lease.take()
        other = lease_of("other", tmp_path / "other.sqlite", tmp_path)
        await other.take()
        await other.release()
    await lease.take()
    await lease.release()


async def test_letting_go_of_what_was_never_taken_does_no_harm(tmp_path: Path) -> None:
    await lease_of("first", tmp_path / "seawall.sqlite", tmp_path).release()


@needs_postgres
async def test_across_hosts_the_second_is_refused_with_the_holder(url: str, tmp_path: Path) -> None:
    """Two directories of lock files are two hosts."""
    first, second = lease_of("first", url, tmp_path / "a"), lease_of("second", url, tmp_path / "b")
    await first.take()
    await first.renew()
    for _ in range(2):
        with pytest.raises(AccountLeased, match=r"\(first on .+, process \d+, since "):
            await second.take()
    await first.release()
    began_s = trio.current_time()
    await second.take()
    assert trio.current_time() - began_s < 3, "waited for a promise that was taken back"
    await second.renew()
    assert (first.epoch, second.epoch) == (1, 2)
    assert query(url, "SELECT account, epoch, valid_until_ns > 0 FROM leases ORDER BY epoch") == [
        ("main", 1, False),
        ("main", 2, True),
    ]
    await second.release()


@needs_postgres
async def test_the_next_one_waits_until_the_promise_of_the_one_before_has_run_out(url: str, tmp_path: Path) -> None:
    first = lease_of("first", url, tmp_path / "a", valid_s=1.5)
    second = lease_of("second", url, tmp_path / "b", valid_s=1.5)
    await first.take()
    await first.renew()
    renewed_s = trio.current_time()
    query(url, END_HOLDERS)
    await second.take()
    assert trio.current_time() - renewed_s > 1.4
    with pytest.raises(LeaseLost, match="the session that holds the account main has ended"):
        await first.renew()
    await first.release()
    await second.renew()
    await second.release()


@needs_postgres
async def test_on_the_same_host_the_lock_file_proves_that_the_one_before_is_dead(url: str, tmp_path: Path) -> None:
    first = lease_of("first", url, tmp_path, valid_s=30)
    await first.take()
    first._file.release()  # as its death does; the session ends with it, a little later
    second = lease_of("second", url, tmp_path)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(second.take)
        await trio.sleep(0.3)
        assert second.epoch == 0, "the server had not noticed yet"
        query(url, END_HOLDERS)
        with trio.fail_after(10):
            while not second.epoch:  # noqa: ASYNC110 - no event is set for it
                await trio.sleep(0.01)
    await first.release()
    await second.release()


@needs_postgres
async def test_a_newer_epoch_ends_an_older_one_that_still_has_its_session(url: str, tmp_path: Path) -> None:
    lease = lease_of("first", url, tmp_path)
    await lease.take()
    query(url, "INSERT INTO leases SELECT account, epoch + 1, 'somebody', taken_ns, renewed_ns, valid_until_ns FROM leases")
    with pytest.raises(LeaseLost, match="a newer epoch than 1"):
        await lease.renew()
    await lease.release()


@needs_postgres
async def test_a_table_that_does_not_answer_holds_up_the_renewal_and_not_the_loop(url: str, tmp_path: Path) -> None:
    lease = lease_of("first", url, tmp_path)
    await lease.take()
    engine = sa.create_engine(sa.make_url(url).set(drivername="postgresql+psycopg"))
    with engine.connect() as connection:
        connection.exec_driver_sql("LOCK TABLE leases IN ACCESS EXCLUSIVE MODE")
        with trio.move_on_after(0.3) as renewing:
            await lease.renew()
        assert renewing.cancelled_caught
        with trio.move_on_after(0.3) as again:
            await lease.renew()
        assert again.cancelled_caught, "one thread at a time"
        connection.rollback()
    engine.dispose()
    with trio.fail_after(10):
        await lease.renew()
        await lease.release()


@needs_postgres
async def test_a_taking_that_nobody_waits_for_any_more_lets_go_by_itself(url: str, tmp_path: Path) -> None:
    made = lease_of("made", url, tmp_path / "a")
    await made.take()
    await made.release()
    lease = lease_of("late", url, tmp_path / "b")
    engine = sa.create_engine(sa.make_url(url).set(drivername="postgresql+psycopg"))
    with engine.connect() as connection:
        connection.exec_driver_sql("LOCK TABLE leases IN ACCESS EXCLUSIVE MODE")
        with trio.move_on_after(0.5):
            await lease.take()
        with trio.move_on_after(0.1):
            await lease.release()  # its thread hangs in the taking
        connection.rollback()
    engine.dispose()
    other = lease_of("other", url, tmp_path / "b")
    with trio.fail_after(10):
        while not other.epoch:
            try:
                await other.take()
            except AccountLeased:
                await trio.sleep(0.05)
    await other.release()


@needs_postgres
async def test_a_server_that_is_not_there_is_named_and_the_file_is_free_again(server: PostgresServer, tmp_path: Path) -> None:
    nowhere = f"postgresql://seawall@/nowhere?host={server.directory}"
    with pytest.raises(JournalFailed, match=r"the lease of the account main cannot be asked for: .*nowhere"):
        await lease_of("first", nowhere, tmp_path).take()
    other = lease_of("other", tmp_path / "seawall.sqlite", tmp_path)
    await other.take()
    await other.release()


@needs_postgres
async def test_two_accounts_in_one_database_do_not_know_of_each_other(url: str, tmp_path: Path) -> None:
    one, other = lease_of("one", url, tmp_path), lease_of("other", url, tmp_path, account="spare")
    await one.take()
    await other.take()
    await one.renew()
    await other.renew()
    await one.release()
    await other.release()
