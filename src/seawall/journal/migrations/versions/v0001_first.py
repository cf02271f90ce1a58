"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_WHOLE = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def _words(name: str, *, nullable: bool = False, unique: bool = False) -> "sa.Column[str]":
    return sa.Column(name, sa.Text, nullable=nullable, unique=unique)


def _number(name: str) -> "sa.Column[int]":
    return sa.Column(name, _WHOLE, nullable=False)


def _key(name: str) -> "sa.Column[int]":
    return sa.Column(name, _WHOLE, primary_key=True, autoincrement=False)


def upgrade() -> None:
    """Make them."""
    op.create_table("journal", _words("journal_id"), _number("created_ns"), sqlite_strict=True)
    op.create_table("runs", _key("run"), _number("opened_ns"), sqlite_strict=True)
    op.create_table(
        "intents",
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
        sqlite_strict=True,
    )
    op.create_table(
        "order_steps",
        _key("seq"),
        _words("client_order_id"),
        _words("state"),
        _number("at_ns"),
        _words("order_id", nullable=True),
        _words("qty", nullable=True),
        _words("limit_price", nullable=True),
        _words("filled_qty", nullable=True),
        _words("reason", nullable=True),
        sqlite_strict=True,
    )
    op.create_index("order_steps_by_order", "order_steps", ["client_order_id", "seq", "state"])
    op.create_table(
        "fills",
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
    op.create_table("notes", _key("seq"), _words("owner"), _words("kind"), _words("text"), _number("at_ns"), sqlite_strict=True)
