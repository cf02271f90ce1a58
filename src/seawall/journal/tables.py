"""The tables of a journal, the same in every database.

Every record has a number of its own, `seq`, from one count for all tables: the order in which they were handed over. Rows are
added and never changed, but for `leases`. Prices and sizes are text, digit for digit; instants are nanoseconds since the epoch.
"""

from typing import Final

from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, Table, Text

__all__ = ["KEPT", "fills", "intents", "journal", "leases", "metadata", "notes", "order_steps", "runs"]

metadata: Final = MetaData()

WHOLE: Final = BigInteger().with_variant(Integer, "sqlite")
"""64 bits, signed. SQLite's strict tables know them as INTEGER only."""


def _words(name: str, *, nullable: bool = False, unique: bool = False) -> Column[str]:
    return Column(name, Text, nullable=nullable, unique=unique)


def _number(name: str, *, nullable: bool = False) -> Column[int]:
    return Column(name, WHOLE, nullable=nullable)


def _key(name: str) -> Column[int]:
    return Column(name, WHOLE, primary_key=True, autoincrement=False)


journal: Final = Table("journal", metadata, _words("journal_id"), _number("created_ns"), sqlite_strict=True)
"""One row: the journal itself."""

runs: Final = Table("runs", metadata, _key("run"), _number("opened_ns"), _words("holder", nullable=True), sqlite_strict=True)
"""Each opening by an engine; `holder` is its host and process. The newest run is the one that may write."""

intents: Final = Table(
    "intents",
    metadata,
    _key("seq"),
    _words("client_order_id", unique=True),
    _words("owner"),
    _words("symbol"),
    _words("side"),
    _words("order_type"),
    _words("qty"),
    _words("limit_price", nullable=True),
    _words("trigger_price", nullable=True),
    _words("time_in_force"),
    _number("post_only"),
    _number("keep"),
    _number("deadline_ns"),
    _number("at_ns"),
    _words("bid", nullable=True),
    _words("ask", nullable=True),
    _words("position_qty", nullable=True),
    _number("quote_age_ns", nullable=True),
    _number("claimed", nullable=True),
    sqlite_strict=True,
)
"""What was to be sent, and what was seen when that was decided; or, where `claimed` is 1, which order of another hand was taken
over: its `client_order_id` is the exchange's id."""

order_steps: Final = Table(
    "order_steps",
    metadata,
    _key("seq"),
    _words("client_order_id"),
    _words("state"),
    _number("at_ns"),
    _words("order_id", nullable=True),
    _words("qty", nullable=True),
    _words("limit_price", nullable=True),
    _words("filled_qty", nullable=True),
    _words("reason", nullable=True),
    Index("order_steps_by_order", "client_order_id", "seq", "state"),
    sqlite_strict=True,
)

fills: Final = Table(
    "fills",
    metadata,
    _key("seq"),
    _words("exec_id", unique=True),
    _words("owner"),
    _words("order_id"),
    _words("client_order_id", nullable=True),
    _words("symbol"),
    _words("side"),
    _words("qty"),
    _words("price"),
    _words("cost"),
    _words("fees"),
    _number("maker"),
    _number("at_ns"),
    sqlite_strict=True,
)

notes: Final = Table(
    "notes", metadata, _key("seq"), _words("owner"), _words("kind"), _words("text"), _number("at_ns"), sqlite_strict=True
)

leases: Final = Table(
    "leases",
    metadata,
    Column("account", Text, primary_key=True),
    _key("epoch"),
    _words("holder"),
    _number("taken_ns"),
    _number("renewed_ns"),
    _number("valid_until_ns"),
    sqlite_strict=True,
)
"""Each taking of an account by an engine, where engines on several hosts share the database. The newest epoch of an account
is the one that trades it; until `valid_until_ns` (0 once it was let go of) it may believe so unasked. Instants
are of the database's clock."""

KEPT: Final = (intents, order_steps, fills, notes)
"""The tables that share the count of `seq`."""
