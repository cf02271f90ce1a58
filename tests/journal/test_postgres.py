"""The journal in PostgreSQL: the same promises as in a file."""

import random
import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from support.postgres import PostgresServer, find_postgres, open_postgres

from seawall.journal import (
    JournalBroke,
    JournalInUse,
    NotAJournal,
    open_journal,
    read_fills,
    read_notes,
    read_orders,
    records,
)
from seawall.journal.database import database_at
from seawall.journal.store import Store, open_store
from seawall.journal.tables import metadata
from seawall.model.errors import JournalFailed
from seawall.model.journal import FillRecord, IntentRecord, NoteRecord, OrderRecord, Record, Replayed
from seawall.model.order_states import OrderState

Planned = Callable[[str], IntentRecord]
Said = Callable[[str], NoteRecord]
Step = Callable[[str, OrderState], OrderRecord]

pytestmark = pytest.mark.skipif(find_postgres() is None, reason="PostgreSQL's server is not installed (Debian: postgresql)")


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


@contextmanager
def opened(url: str) -> Generator[Store, None, None]:
    with open_store(database_at(url), now_ns=lambda: 7, rng=random.Random(1)) as store:
        yield store


def reopened(url: str, *appended: Record) -> Replayed:
    with opened(url) as store:
        store.append(map(records.row, appended))
    with opened(url) as store:
        return store.replayed


def execute(url: str, statement: str) -> None:
    engine = sa.create_engine(sa.make_url(url).set(drivername="postgresql+psycopg"))
    with engine.begin() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()


def test_orders_that_have_not_ended_and_all_fills_are_replayed(
    url: str, planned: Planned, step: Step, filled: Callable[[str, int], FillRecord]
) -> None:
    known = reopened(
        url,
        planned("c-1"),
        planned("c-2"),
        planned("c-3"),
        step("c-1", OrderState.SENT),
        step("c-3", OrderState.CANCELED),
        step("c-1", OrderState.OPEN),
        filled("T-2", 20),
        filled("T-1", 10),
        filled("T-2", 20),
    )
    assert known.intents == (planned("c-1"), planned("c-2"))
    assert known.orders == (step("c-1", OrderState.OPEN),)
    assert known.fills == (filled("T-1", 10), filled("T-2", 20))
    again = reopened(url)
    assert (again.journal_id, again.run, known.run) == (known.journal_id, 4, 2)


def test_a_group_is_kept_whole_or_not_at_all(url: str, planned: Planned) -> None:
    with opened(url) as store:
        with pytest.raises(sa.exc.IntegrityError, match="client_order_id"):
            store.append([records.row(planned("c-1")), records.row(planned("c-1"))])
        store.append([records.row(planned("c-2"))])
    assert reopened(url).intents == (planned("c-2"),)


def test_the_migrations_make_the_tables_that_the_code_works_with(url: str) -> None:
    with database_at(url).opened(now_ns=lambda: 7, rng=random.Random(1)) as connection, connection.begin():
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_a_second_engine_is_refused_with_the_holder(url: str) -> None:
    with (
        opened(url),
        pytest.raises(JournalInUse, match=r"in use by another engine \(seawall on .+, process \d+\)"),
        opened(url),
    ):
        pytest.fail("two engines have it")
    assert reopened(url).run == 3


def test_two_journals_of_one_server_do_not_know_of_each_other(server: PostgresServer, url: str) -> None:
    with opened(url) as one, opened(server.new_database()) as other:
        assert one.replayed.run == other.replayed.run == 1
    execute(url, "CREATE SCHEMA beside")
    with opened(url) as one, opened(f"{url}&options=-csearch_path%3Dbeside") as beside:
        assert (one.replayed.run, beside.replayed.run) == (2, 1)


def test_an_engine_that_dies_leaves_the_journal_free(url: str, planned: Planned) -> None:
    program = (
        "import random, sys, time\n"
        "from seawall.journal.database import database_at\n"
        "from seawall.journal.store import open_store\n"
        "with open_store(database_at(sys.argv[1]), now_ns=time.time_ns, rng=random.Random(1)):\n"
        "    print('open', flush=True)\n"
        "    time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program, url], stdout=subprocess.PIPE) as engine:
        assert engine.stdout is not None
        assert engine.stdout.readline() == b"open\n"
        with pytest.raises(JournalInUse), opened(url):
            pytest.fail("two engines have it")
        engine.kill()
    for _ in range(100):  # the server notices in its own time
        try:
            assert reopened(url, planned("c-1")).run == 3
        except JournalInUse:
            continue
        return
    pytest.fail("the server never let go of it")


def test_tables_of_another_program_are_refused_and_left_as_they_are(url: str) -> None:
    execute(url, "CREATE TABLE fills (id int)")
    with pytest.raises(NotAJournal, match=r"tables of another program \(fills\)"):
        reopened(url)
    execute(url, "DROP TABLE fills")


def test_a_journal_of_a_newer_version_is_refused(url: str) -> None:
    reopened(url)
    execute(url, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(NotAJournal, match="of version 9999"):
        reopened(url)
    with pytest.raises(NotAJournal, match="of version 9999"):
        read_notes(url)


def test_a_journal_that_is_not_there_is_not_made_by_reading_it(url: str) -> None:
    with pytest.raises(JournalFailed, match="there is no such journal"):
        read_orders(url)
    assert reopened(url).run == 2


def test_a_password_is_never_shown(server: PostgresServer) -> None:
    database = database_at(f"postgresql://seawall:secret@/nowhere?host={server.directory}")
    assert "secret" not in repr(database) + database.name
    with (
        pytest.raises(JournalFailed, match=r"postgresql://seawall:\*\*\*@/nowhere") as caught,
        open_store(database, now_ns=lambda: 7, rng=random.Random(1)),
    ):
        pytest.fail("opened")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("sync", [True, False])
async def test_an_engine_keeps_and_others_read_meanwhile(
    url: str, planned: Planned, said: Said, filled: Callable[[str, int], FillRecord], sync: bool
) -> None:
    async with open_journal(url, now_ns=lambda: 7, sync=sync) as journal:
        journal.note([said("a"), filled("T-1", 10)])
        await journal.keep([planned("c-1")])
        assert [order.intent for order in read_orders(url)] == [planned("c-1")]
        assert (read_fills(url), read_notes(url)) == ((filled("T-1", 10),), (said("a"),))


async def test_a_server_that_is_gone_breaks_the_journal_and_says_so(
    server: PostgresServer, url: str, planned: Planned, said: Said
) -> None:
    notices: list[object] = []
    async with open_journal(url, now_ns=lambda: 7, probe=notices.append) as journal:
        await journal.keep([planned("c-1")])
        server.stop()
        try:
            with pytest.raises(JournalFailed, match="the journal is broken"):
                await journal.keep([planned("c-2")])
            with pytest.raises(JournalFailed):
                journal.note([said("too late")])
        finally:
            server.start()
    (broke,) = notices
    assert isinstance(broke, JournalBroke)
    assert broke.records_lost == 1
    assert reopened(url).intents == (planned("c-1"),)


def test_a_url_of_neither_kind_is_refused_without_its_password() -> None:
    with pytest.raises(ValueError, match=r"mysql:// is no journal: give a file, or postgresql://") as caught:
        database_at("mysql://me:secret@host/x")
    assert "secret" not in str(caught.value)
